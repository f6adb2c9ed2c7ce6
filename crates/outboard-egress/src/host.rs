//! A host as somebody wrote it, made canonical once. Nothing later looks at the text again.

use crate::address;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// Longest text that is looked at.
const LONGEST: usize = 1024;

/// A host in its one canonical form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name: lower case, ASCII, without a dot at its end.
    Name(String),
    /// An address; IPv4 in IPv6's clothes is IPv4.
    Address(IpAddr),
}

/// Why a text is no host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// There is no text.
    #[error("the host is empty")]
    Empty,
    /// It is longer than any host.
    #[error("the host is longer than 253 characters")]
    Long,
    /// A character that no host has.
    #[error("the host holds {0:?}, which no host name may")]
    Character(char),
    /// Neither a name nor an address.
    #[error("{0:?} is neither a host name nor an address")]
    Neither(String),
}

impl Host {
    /// Reads a host: a name in any script, an address in any of the forms that systems accept.
    ///
    /// # Errors
    ///
    /// Whatever could be read in two ways is refused: percent signs, user names, control characters, blanks.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        if text.is_empty() {
            return Err(HostError::Empty);
        }
        if text.len() > LONGEST {
            return Err(HostError::Long);
        }
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or_else(|| HostError::Neither(text.to_owned()))?;
            let address: Ipv6Addr = inner.parse().map_err(|_| HostError::Neither(text.to_owned()))?;
            return Ok(Self::Address(address::canonical(address.into())));
        }
        if let Some(bad) = text.chars().find(|letter| !may_stand(*letter)) {
            return Err(HostError::Character(bad));
        }
        match url::Host::parse(text) {
            Ok(url::Host::Domain(name)) => Self::name(&name, text),
            Ok(url::Host::Ipv4(address)) => Ok(Self::Address(address.into())),
            Ok(url::Host::Ipv6(_)) | Err(_) => Err(HostError::Neither(text.to_owned())),
        }
    }

    fn name(name: &str, written: &str) -> Result<Self, HostError> {
        let name = name.strip_suffix('.').unwrap_or(name);
        if name.len() > 253 {
            return Err(HostError::Long);
        }
        let is_number = |label: &str| {
            label.bytes().all(|byte| byte.is_ascii_digit()) || label.starts_with("0x") || label.starts_with("0X")
        };
        if !name.split('.').all(is_label) || name.rsplit('.').next().is_some_and(is_number) {
            return Err(HostError::Neither(written.to_owned()));
        }
        Ok(Self::Name(name.to_ascii_lowercase()))
    }
}

/// Letters of hosts as people write them. Outside ASCII, the mapping of international names decides.
fn may_stand(letter: char) -> bool {
    letter.is_ascii_alphanumeric()
        || matches!(letter, '-' | '.' | '_')
        || (!letter.is_ascii() && !letter.is_control() && !letter.is_whitespace())
}

fn is_label(label: &str) -> bool {
    let letters = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    letters && (1..=63).contains(&label.len())
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Host::parse(text).map_or_else(|_| "refused".into(), |host| host.to_string())
    }

    #[test]
    fn every_spelling_has_one_form() {
        for (written, meant) in [
            ("API.Example.COM", "api.example.com"),
            ("api.example.com.", "api.example.com"),
            ("api。example．com", "api.example.com"),
            ("ａpi.example.com", "api.example.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("my_host.example", "my_host.example"),
            ("2130706433", "127.0.0.1"),
            ("0x7f.1", "127.0.0.1"),
            ("0x7f000001", "127.0.0.1"),
            ("0177.0.0.01", "127.0.0.1"),
            ("127.1", "127.0.0.1"),
            ("127.0.0.1.", "127.0.0.1"),
            ("①②⑦.0.0.1", "127.0.0.1"),
            ("[::ffff:10.0.0.1]", "10.0.0.1"),
            ("[0:0:0:0:0:FFFF:7f00:1]", "127.0.0.1"),
            ("[2606:4700::1111]", "[2606:4700::1111]"),
        ] {
            assert_eq!(shown(written), meant, "{written}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_no_host() {
        let long = format!("{}.example", "a".repeat(64));
        let longer = "a.".repeat(600);
        for text in [
            "",
            ".",
            "..",
            "a..b",
            ".a",
            "a..",
            "a b",
            "a\tb",
            "a\0b",
            "a\r\nb",
            "u@a",
            "a%2eb",
            "a%00",
            "a/b",
            "a\\b",
            "a#b",
            "a?b",
            "a:1",
            "*.a",
            "::1",
            "[::1",
            "[::1]x",
            "[fe80::1%25eth0]",
            "[fe80::1%eth0]",
            "1.2.3.4.5",
            "256.256.256.256",
            "0x1ffffffff",
            "1.2.3.08x.9",
            "a.0x7f",
            "a.1",
            "xn--a",
            "a\u{a0}b",
            "a\u{2028}b",
            "a,b",
            "a'b",
            "$a",
            long.as_str(),
            longer.as_str(),
        ] {
            assert_eq!(shown(text), "refused", "{text:?}");
        }
    }

    proptest::proptest! {
        /// Whatever comes in, what comes out is its own canonical form and holds nothing that could mislead.
        #[test]
        fn a_canonical_host_stays_as_it_is(text in "[a-zA-Z0-9.\\-_:%@\\[\\]x\u{3002}\u{ff11}\u{e9} /]{0,40}|\\PC{0,40}") {
            if let Ok(host) = Host::parse(&text) {
                let shown = host.to_string();
                proptest::prop_assert_eq!(Host::parse(&shown), Ok(host));
                proptest::prop_assert!(shown.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte)));
            }
        }
    }
}
