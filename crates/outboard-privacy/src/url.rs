//! Passwords inside addresses: `scheme://user:password@host`.

use crate::{Finding, Kind};

/// Looks behind `://`, which ends at `from`.
pub(crate) fn credentials(text: &str, from: usize) -> Option<Finding> {
    let bytes = text.as_bytes();
    let run = bytes[from..]
        .iter()
        .take(200)
        .take_while(|b| !b.is_ascii_whitespace() && !matches!(b, b'/' | b'"' | b'<' | b'>'))
        .count();
    let authority = &bytes[from..from + run];
    let sign = authority.iter().rposition(|b| *b == b'@')?;
    let colon = authority[..sign].iter().position(|b| *b == b':')?;
    let value = from + colon + 1..from + sign;
    (value.len() >= 3).then(|| Finding::new(value, Kind::Secret, 0.99, "url-password"))
}
