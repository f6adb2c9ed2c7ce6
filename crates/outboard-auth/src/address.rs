//! Which addresses are followed: encrypted ones, and none in a private network unless the server is in one.

use crate::error::{AuthError, Reason, harmless};
use std::net::IpAddr;
use url::{Host, Url};

/// A longer address is not read.
const LONGEST: usize = 2_048;

/// Where the addresses that a server names may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The public network: the server is there itself.
    Public,
    /// Private networks as well: the server is in one.
    Private,
}

impl Reach {
    /// What a server's own address allows, as far as it can be seen without looking its name up.
    pub(crate) fn of(server: &Url) -> Self {
        if is_local(server) || literal(server).is_some_and(is_private) { Self::Private } else { Self::Public }
    }
}

/// Whether an address belongs to no public network.
pub(crate) fn is_private(address: IpAddr) -> bool {
    outboard_egress::not_public(address).is_some()
}

fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(four) => Some(four.into()),
        Host::Ipv6(six) => Some(six.into()),
        Host::Domain(_) => None,
    }
}

/// Whether an address leads to this machine by its name or number.
pub(crate) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(four)) => four.is_loopback(),
        Some(Host::Ipv6(six)) => six.is_loopback(),
        None => false,
    }
}

/// Reads an address; `what` says whose it is.
pub(crate) fn checked(text: &str, what: &str, reach: Reach) -> Result<Url, AuthError> {
    let refuse = |reason, why: &str| AuthError::new(reason, format!("{what} {why}"));
    if text.len() > LONGEST {
        return Err(refuse(Reason::BadMetadata, "is too long"));
    }
    let url = Url::parse(text).map_err(|_| refuse(Reason::BadMetadata, "is no address"))?;
    let local = reach == Reach::Private && is_local(&url);
    match url.scheme() {
        "https" => {}
        "http" if local => {}
        "http" => return Err(refuse(Reason::InsecureAddress, &format!("is not encrypted: {}", shown(&url)))),
        scheme => return Err(refuse(Reason::InsecureAddress, &format!("has the scheme {:?}", harmless(scheme)))),
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(refuse(Reason::BadMetadata, "holds a user or a fragment"));
    }
    if reach == Reach::Public && (is_local(&url) || literal(&url).is_some_and(is_private)) {
        return Err(refuse(Reason::PrivateAddress, &format!("leads into a private network: {}", shown(&url))));
    }
    Ok(url)
}

/// Without its query, which may hold a secret.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    harmless(url.as_str())
}

/// Whether an endpoint may be trusted because of the host that names it: the same host, one above or below it,
/// or one that the settings name.
pub(crate) fn belongs(endpoint: &Url, owner: &Url, named: &[String]) -> bool {
    let (Some(host), Some(owner)) = (endpoint.host_str(), owner.host_str()) else { return false };
    let below = |inner: &str, outer: &str| outer.contains('.') && inner.ends_with(&format!(".{outer}"));
    host == owner
        || below(host, owner)
        || below(owner, host)
        || named.iter().any(|name| name.eq_ignore_ascii_case(host))
}

/// Whether a resource identifier stands for the server: itself, or what lies above it on the same origin.
pub(crate) fn covers(resource: &Url, server: &Url) -> bool {
    let (above, path) = (resource.path().trim_end_matches('/'), server.path().trim_end_matches('/'));
    resource.origin() == server.origin()
        && path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str, reach: Reach) -> Option<Reason> {
        checked(text, "it", reach).err().map(|error| error.reason)
    }

    #[test]
    fn only_encrypted_public_addresses_are_followed() {
        assert_eq!(reason("https://as.example/token", Reach::Public), None);
        for text in ["http://as.example/", "javascript:alert(1)", "file:///etc/passwd", "data:text/html,x"] {
            assert_eq!(reason(text, Reach::Public), Some(Reason::InsecureAddress), "{text}");
            assert_eq!(reason(text, Reach::Private), Some(Reason::InsecureAddress), "{text}");
        }
        for text in ["https://10.0.0.1/", "https://[::1]/", "https://127.1/", "https://localhost/", "https://0x7f.1/"] {
            assert_eq!(reason(text, Reach::Public), Some(Reason::PrivateAddress), "{text}");
            assert_eq!(reason(text, Reach::Private), None, "{text}");
        }
        assert_eq!(reason("http://127.0.0.1:9/", Reach::Private), None);
        assert_eq!(reason("http://10.0.0.1/", Reach::Private), Some(Reason::InsecureAddress));
        assert_eq!(reason("https://a@as.example/", Reach::Public), Some(Reason::BadMetadata));
    }

    #[test]
    fn endpoints_belong_to_their_host() {
        let url = |text: &str| Url::parse(text).unwrap();
        let owner = url("https://login.example.com/tenant");
        for (endpoint, fits) in [
            ("https://login.example.com/token", true),
            ("https://api.login.example.com/token", true),
            ("https://example.com/token", true),
            ("https://com/token", false),
            ("https://other.example.com/token", false),
            ("https://evillogin.example.com/token", false),
            ("https://tokens.example.net/", true),
        ] {
            assert_eq!(belongs(&url(endpoint), &owner, &["tokens.example.net".into()]), fits, "{endpoint}");
        }
    }

    #[test]
    fn a_resource_covers_what_lies_below_it() {
        let server = Url::parse("https://mcp.example/a/mcp?x=1").unwrap();
        for (resource, fits) in [
            ("https://mcp.example/a/mcp", true),
            ("https://mcp.example/", true),
            ("https://mcp.example/a/", true),
            ("https://mcp.example/a/m", false),
            ("https://mcp.example:444/", false),
            ("https://evil.example/a/mcp", false),
        ] {
            assert_eq!(covers(&Url::parse(resource).unwrap(), &server), fits, "{resource}");
        }
    }
}
