//! What a program needs of the machine that it is copied to.

use std::fmt;

/// A version of the C library.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Version(u32, u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// The newest `GLIBC_2.x` that a program names; loaders refuse to start it with an older one.
pub(super) fn glibc(program: &[u8]) -> Version {
    const MARK: &[u8] = b"GLIBC_2.";
    let starts = program.windows(MARK.len()).enumerate().filter(|(_, bytes)| *bytes == MARK);
    let minor = |(at, _): (usize, &[u8])| {
        let digits: Vec<u8> =
            program[at + MARK.len()..].iter().copied().take(3).take_while(u8::is_ascii_digit).collect();
        std::str::from_utf8(&digits).ok()?.parse().ok()
    };
    Version(2, starts.filter_map(minor).max().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_newest_name_counts() {
        assert_eq!(super::glibc(b"..GLIBC_2.4\0GLIBC_2.34\0GLIBC_2.9\0GLIBC_PRIVATE GLIBC_2.").to_string(), "2.34");
        assert_eq!(super::glibc(b"static").to_string(), "2.0");
    }
}
