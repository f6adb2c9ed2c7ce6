//! What an operator writes to grant hosts: `api.example.com:443`, `*.example.com`, `10.0.0.5:8080`.

use crate::address::Range;
use crate::host::{Host, HostError};
use std::net::IpAddr;

const HTTPS: u16 = 443;

/// Why a line of the settings grants nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// The host part is no host.
    #[error(
        "{pattern:?} in [sandbox.network] allow: {why}. Write a host and a port, such as \"api.example.com:443\" or \"*.example.com:443\"."
    )]
    Host {
        /// The line.
        pattern: String,
        /// What is wrong with it.
        why: HostError,
    },
    /// The port is no port.
    #[error(
        "{0:?} in [sandbox.network]: what follows the colon is a port, 1 to 65535, as in \"api.example.com:443\"; neither https:// nor a path belongs there."
    )]
    Port(String),
    /// Not an address or a range of addresses.
    #[error(
        "{0:?} in [sandbox.network] allow_private: write an address or a range and a port, such as \"10.0.0.5:8080\" or \"10.0.0.0/24:443\"."
    )]
    Range(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Which {
    Exactly(Host),
    /// Names that end so, with a dot before it.
    Below(String),
}

/// One granted host with its port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    which: Which,
    port: u16,
}

impl Pattern {
    pub(crate) fn parse(text: &str) -> Result<Self, PatternError> {
        let host = |why| PatternError::Host { pattern: text.to_owned(), why };
        let (name, port) = split(text).ok_or_else(|| PatternError::Port(text.to_owned()))?;
        let which = match name.strip_prefix("*.") {
            Some(rest) => match Host::parse(rest).map_err(host)? {
                Host::Name(name) => Which::Below(name),
                Host::Address(_) => return Err(host(HostError::Neither(name.to_owned()))),
            },
            None => Which::Exactly(Host::parse(name).map_err(host)?),
        };
        Ok(Self { which, port: port.unwrap_or(HTTPS) })
    }

    pub(crate) fn grants(&self, host: &Host, port: u16) -> bool {
        self.port == port
            && match (&self.which, host) {
                (Which::Exactly(granted), host) => granted == host,
                (Which::Below(parent), Host::Name(name)) => {
                    name.strip_suffix(parent.as_str()).is_some_and(|start| start.len() > 1 && start.ends_with('.'))
                }
                (Which::Below(_), Host::Address(_)) => false,
            }
    }
}

/// Addresses that are refused unless they are listed here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Private {
    range: Range,
    port: u16,
}

impl Private {
    pub(crate) fn parse(text: &str) -> Result<Self, PatternError> {
        let (range, port) = split(text).ok_or_else(|| PatternError::Port(text.to_owned()))?;
        let range = Range::parse(range).ok_or_else(|| PatternError::Range(text.to_owned()))?;
        Ok(Self { range, port: port.unwrap_or(HTTPS) })
    }

    pub(crate) fn grants(&self, address: IpAddr, port: u16) -> bool {
        self.port == port && self.range.holds(address)
    }
}

/// Host and port as written; `None` where the port is none.
pub(crate) fn split(text: &str) -> Option<(&str, Option<u16>)> {
    let bracket = text.rfind(']').map_or(0, |at| at + 1);
    let Some(colon) = text[bracket..].find(':') else { return Some((text, None)) };
    let (host, port) = (&text[..bracket + colon], &text[bracket + colon + 1..]);
    let digits = (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse::<u16>().ok().filter(|port| digits && *port > 0)?;
    Some((host, Some(port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(pattern: &str, host: &str, port: u16) -> bool {
        Pattern::parse(pattern).unwrap().grants(&Host::parse(host).unwrap(), port)
    }

    #[test]
    fn a_pattern_grants_what_it_says() {
        assert!(grants("api.example.com", "API.example.com.", 443));
        assert!(grants("api.example.com:8443", "api.example.com", 8443));
        assert!(grants("*.Example.com", "a.b.example.com", 443));
        assert!(grants("[2606:4700::1111]:443", "[2606:4700:0::1111]", 443));
        assert!(grants("1.1.1.1", "0x01010101", 443));
    }

    #[test]
    fn and_nothing_else() {
        assert!(!grants("api.example.com", "api.example.com", 80));
        assert!(!grants("api.example.com", "x.api.example.com", 443));
        assert!(!grants("*.example.com", "example.com", 443));
        assert!(!grants("*.example.com", "evilexample.com", 443));
        assert!(!grants("*.example.com", "example.com.evil.test", 443));
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for text in [
            "",
            "*",
            "*.",
            "a:",
            "a:0",
            "a:65536",
            "a:+1",
            "a:x",
            "*.1.2.3.4",
            "a.*.b",
            "*a.b",
            "https://a",
            "a/b",
            ":443",
            "a:1:2",
        ] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
        for text in ["example.com:443", "10.0.0.5:", "10.0.0.0/0:80", "*", ""] {
            assert!(Private::parse(text).is_err(), "{text}");
        }
        let private = Private::parse("10.0.0.0/24:8080").unwrap();
        assert!(private.grants("10.0.0.9".parse().unwrap(), 8080));
        assert!(!private.grants("10.0.0.9".parse().unwrap(), 80) && !private.grants("10.0.1.9".parse().unwrap(), 8080));
    }
}
