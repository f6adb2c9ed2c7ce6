//! Where a request goes: scheme, canonical host, port and path, read from the address once.

use crate::host::Host;
use crate::pattern::split;
use crate::refusal::Refusal;
use std::fmt;
use url::{Position, Url};

/// Longest address that is read.
const LONGEST: usize = 16 << 10;

/// How the request travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
    /// Bytes that only the ends understand.
    Tunnel,
}

/// Where a request goes.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) scheme: Scheme,
    pub(crate) host: Host,
    pub(crate) port: u16,
    url: Option<Url>,
}

impl Target {
    /// Reads an absolute address. The host is cut out and made canonical here, so that no other reader decides.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() > LONGEST {
            return Err(Refusal::malformed("the address is longer than 16 KiB"));
        }
        if let Some(bad) = text.chars().find(|one| one.is_control() || one.is_whitespace() || *one == '\\') {
            return Err(Refusal::malformed(format!("the address holds {bad:?}; encode it with a percent sign")));
        }
        let (scheme, name, rest) = scheme(text)?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let (host, port) = authority_of(authority)?;
        let port = port.unwrap_or(if scheme == Scheme::Http { 80 } else { 443 });
        let url = Url::parse(&format!("{name}://{host}:{port}{tail}"))
            .map_err(|error| Refusal::malformed(format!("the address cannot be read: {error}")))?;
        Ok(Self { scheme, host, port, url: Some(url) })
    }

    /// Reads what `CONNECT` names: host and port.
    pub(crate) fn tunnel(text: &str) -> Result<Self, Refusal> {
        let (host, port) = authority_of(text)?;
        let port =
            port.ok_or_else(|| Refusal::malformed("CONNECT names a host and a port, such as api.example.com:443"))?;
        Ok(Self { scheme: Scheme::Tunnel, host, port, url: None })
    }

    /// Where a redirect leads; a relative one is read from here.
    pub(crate) fn join(&self, location: &str) -> Result<Self, Refusal> {
        if has_scheme(location) {
            return Self::parse(&location.replace(' ', "%20"));
        }
        if location.len() > LONGEST || location.chars().any(|one| one.is_control() || one == '\\') {
            return Err(Refusal::malformed("the redirect's address cannot be read"));
        }
        let url = self.url.as_ref().and_then(|url| url.join(location).ok());
        let url = url.ok_or_else(|| Refusal::malformed("the redirect's address cannot be read"))?;
        Self::parse(url.as_str())
    }

    /// Path and query, as the request line has them.
    pub(crate) fn path(&self) -> &str {
        self.url.as_ref().map_or("/", |url| &url[Position::BeforePath..Position::AfterQuery])
    }

    /// The whole address without its fragment.
    pub(crate) fn address(&self) -> String {
        self.url.as_ref().map_or_else(|| self.to_string(), |url| url[..Position::AfterQuery].to_owned())
    }

    /// The `Host` header.
    pub(crate) fn authority(&self) -> String {
        match (self.scheme, self.port) {
            (Scheme::Http, 80) | (Scheme::Https, 443) => self.host.to_string(),
            _ => self.to_string(),
        }
    }

    /// Whether both are the same scheme, host and port: where credentials may be sent again.
    pub(crate) fn same_origin(&self, other: &Self) -> bool {
        (self.scheme, &self.host, self.port) == (other.scheme, &other.host, other.port)
    }
}

/// Host and port, as rules are written.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Whether an address is absolute (RFC 3986, section 3.1): `://` may also stand in the query of a relative one.
fn has_scheme(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|one| one.is_ascii_alphanumeric() || matches!(one, '+' | '-' | '.'))
    })
}

fn scheme(text: &str) -> Result<(Scheme, &'static str, &str), Refusal> {
    let unknown = || Refusal::malformed("an address starts with https:// or http://");
    let (scheme, rest) = text.split_once("://").ok_or_else(unknown)?;
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Ok((Scheme::Https, "https", rest)),
        "http" => Ok((Scheme::Http, "http", rest)),
        _ => Err(unknown()),
    }
}

fn authority_of(text: &str) -> Result<(Host, Option<u16>), Refusal> {
    if text.contains('@') {
        return Err(Refusal::malformed(
            "an address here has no user name and no password; use an Authorization header",
        ));
    }
    let (host, port) = split(text).ok_or_else(|| Refusal::malformed("the port is a number from 1 to 65535"))?;
    let host = Host::parse(host).map_err(|error| Refusal::malformed(error.to_string()))?;
    Ok((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_once() {
        for (text, host, path) in [
            ("https://API.example.com", "api.example.com:443", "/"),
            ("HTTP://api.example.com:8080/a b/../c?d#e".replace(' ', "%20").as_str(), "api.example.com:8080", "/c?d"),
            ("https://api.example.com?x=1", "api.example.com:443", "/?x=1"),
            ("http://[::ffff:127.0.0.1]/é", "127.0.0.1:80", "/%C3%A9"),
        ] {
            let target = Target::parse(text).unwrap();
            assert_eq!((target.to_string().as_str(), target.path()), (host, path), "{text}");
        }
    }

    #[test]
    fn two_readers_could_differ_here() {
        for text in [
            "",
            "api.example.com",
            "//api.example.com/",
            "ftp://a/",
            "file:///etc/passwd",
            "https://",
            "https:///a",
            "https://a@b/",
            "https://a:b@c/",
            "https://a\\@b/",
            "https://a\r\nHost: b/",
            "https://a b/",
            "https://a\0.b/",
            "https://a:/",
            "https://a:99999/",
            "https://a:443:443/",
            "https://a%2eb/",
            "https://[::1/",
            "https:/a/",
            "https://a:4 3/",
            "javascript:x",
        ] {
            assert!(Target::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn redirects_are_read_from_where_they_come() {
        let from = Target::parse("https://a.example/x/y?z").unwrap();
        assert_eq!(from.join("../w").unwrap().address(), "https://a.example/w");
        assert_eq!(
            from.join("/in?next=http://a.example/").unwrap().address(),
            "https://a.example/in?next=http://a.example/"
        );
        assert_eq!(from.join("#x://").unwrap().address(), "https://a.example/x/y?z");
        assert_eq!(from.join("https://b.example/a b").unwrap().address(), "https://b.example/a%20b");
        assert!(from.join("https://a b/").is_err() && from.join("ftp://a/").is_err());
        assert_eq!(from.join("//b.example/q").unwrap().to_string(), "b.example:443");
        assert_eq!(from.join("http://169.254.169.254/latest").unwrap().to_string(), "169.254.169.254:80");
        assert!(from.join("https://u@b/").is_err() && from.join("/a\nb").is_err() && from.join("data:,x").is_err());
    }
}
