//! The decision: which hosts, which of their addresses, which methods. No connection is made without it.

use crate::address;
use crate::host::Host;
use crate::pattern::{Pattern, PatternError, Private};
use crate::refusal::Refusal;
use crate::target::{Scheme, Target};
use std::net::{IpAddr, SocketAddr};

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// What is granted.
#[derive(Debug)]
pub(crate) struct Policy {
    allow: Vec<Pattern>,
    private: Vec<Private>,
}

/// Addresses that were checked; only [`Policy::addresses`] makes one.
#[derive(Debug)]
pub(crate) struct Checked {
    addresses: Vec<SocketAddr>,
}

impl Checked {
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
}

impl Policy {
    pub(crate) fn new(allow: &[String], private: &[String]) -> Result<Self, PatternError> {
        Ok(Self {
            allow: allow.iter().map(|text| Pattern::parse(text)).collect::<Result<_, _>>()?,
            private: private.iter().map(|text| Private::parse(text)).collect::<Result<_, _>>()?,
        })
    }

    /// Whether a method may be used at all.
    pub(crate) fn method(method: &str) -> Result<(), Refusal> {
        if METHODS.contains(&method) {
            return Ok(());
        }
        let shown: String = method.chars().take(20).collect();
        Err(Refusal::denied(format!("the method {shown:?} is not offered; there are {}", METHODS.join(", "))))
    }

    /// Whether a host is granted by its name, before anybody is asked where it is.
    pub(crate) fn name(&self, target: &Target) -> Result<(), Refusal> {
        if target.scheme == Scheme::Http && target.port == 443 {
            return Err(Refusal::denied(format!("{target} is for https; plain http needs its own port in the grant")));
        }
        let listed = match target.host {
            Host::Address(address) => self.private(address, target.port),
            Host::Name(_) => false,
        };
        if listed || self.allow.iter().any(|pattern| pattern.grants(&target.host, target.port)) {
            return Ok(());
        }
        let key = match target.host {
            Host::Address(address) if address::refused(address).is_some() => "allow_private",
            _ => "allow",
        };
        if matches!(&target.host, Host::Name(name) if name == "localhost") {
            let grant = grant("allow_private", &format!("127.0.0.1:{}", target.port));
            return Err(Refusal::denied(format!("{target} is not granted: ask for 127.0.0.1, and {grant}")));
        }
        Err(Refusal::denied(format!("{target} is not granted: {}", grant(key, &target.to_string()))))
    }

    /// Checks every address that was found. One that is refused refuses all: a name with two minds is a trap.
    pub(crate) fn addresses(&self, target: &Target, found: &[IpAddr]) -> Result<Checked, Refusal> {
        let mut addresses = Vec::new();
        for address in found.iter().map(|address| address::canonical(*address)) {
            if let Some(kind) = address::refused(address)
                && !self.private(address, target.port)
            {
                let shown = SocketAddr::new(address, target.port).to_string();
                return Err(Refusal::denied(format!(
                    "{target} is at {address}, an address that is {kind}: {}",
                    grant("allow_private", &shown)
                )));
            }
            addresses.push(SocketAddr::new(address, target.port));
        }
        Ok(Checked { addresses })
    }

    fn private(&self, address: IpAddr, port: u16) -> bool {
        self.private.iter().any(|private| private.grants(address, port))
    }
}

fn grant(key: &str, line: &str) -> String {
    format!("the operator can grant it with [sandbox.network] {key} = [\"{line}\"]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        let allow = ["api.example.com", "*.corp.example:443", "old.example:80", "1.1.1.1:443"].map(String::from);
        Policy::new(&allow, &["10.0.0.5:8080".into(), "10.0.0.6:443".into()]).unwrap()
    }

    fn named(address: &str) -> Result<(), String> {
        policy().name(&Target::parse(address).unwrap()).map_err(|refusal| refusal.text)
    }

    #[test]
    fn a_denial_says_how_to_grant() {
        assert_eq!(
            named("https://evil.example/").unwrap_err(),
            "evil.example:443 is not granted: the operator can grant it with [sandbox.network] allow = [\"evil.example:443\"]"
        );
        let localhost = named("http://localhost:8099/").unwrap_err();
        assert!(localhost.contains("ask for 127.0.0.1") && localhost.ends_with("allow_private = [\"127.0.0.1:8099\"]"));
        assert!(named("http://10.0.0.5/").unwrap_err().ends_with("allow_private = [\"10.0.0.5:80\"]"));
    }

    #[test]
    fn plain_http_needs_its_port() {
        assert!(named("https://api.example.com/").is_ok() && named("http://old.example/").is_ok());
        assert!(named("http://api.example.com/").is_err() && named("http://api.example.com:443/").is_err());
        assert!(named("http://10.0.0.5:8080/").is_ok());
    }

    #[test]
    fn one_private_address_refuses_all() {
        let target = Target::parse("https://api.example.com").unwrap();
        let check = |list: &[&str]| {
            let found: Vec<IpAddr> = list.iter().map(|text| text.parse().unwrap()).collect();
            policy().addresses(&target, &found).map(|checked| checked.addresses().to_vec())
        };
        assert_eq!(check(&["1.2.3.4", "::ffff:1.2.3.5"]).unwrap()[1], "1.2.3.5:443".parse().unwrap());
        assert!(check(&["1.2.3.4", "127.0.0.1"]).unwrap_err().text.contains("this machine"));
        assert!(check(&["10.0.0.6"]).is_ok(), "listed with this port");
        assert!(check(&["10.0.0.5"]).is_err(), "listed with another");
    }

    #[test]
    fn methods_are_few() {
        assert!(Policy::method("PATCH").is_ok());
        for method in ["TRACE", "CONNECT", "get", "", "BREW", "GET\r\nX: y"] {
            assert!(Policy::method(method).is_err(), "{method}");
        }
    }
}
