//! IP addresses and hardware addresses.

use crate::context;
use crate::{Finding, Kind};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Four numbers with points, unless they are rather a version.
pub(crate) fn v4(text: &str, start: usize) -> Option<Finding> {
    let bytes = text.as_bytes();
    let window = bytes[start..].iter().take(16).take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    let mut end = start + window;
    if bytes[end - 1] == b'.' {
        end -= 1;
    }
    let address: Ipv4Addr = text[start..end].parse().ok()?;
    let inside = matches!(bytes.get(end), Some(b) if b.is_ascii_alphanumeric() || *b == b'_')
        || (bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit))
        || (start > 0 && matches!(bytes[start - 1], b'.' | b'-' | b'_'));
    // This machine is nobody in particular.
    if inside || address == Ipv4Addr::LOCALHOST || address.is_unspecified() || version(text, start, address) {
        return None;
    }
    Some(Finding::new(start..prefix(bytes, end), Kind::Ip, 0.95, "ipv4"))
}

/// A network's width belongs to the address.
fn prefix(bytes: &[u8], end: usize) -> usize {
    let digits = bytes.get(end + 1..).map_or(0, |rest| rest.iter().take(3).take_while(|b| b.is_ascii_digit()).count());
    if bytes.get(end) == Some(&b'/') && (1..3).contains(&digits) { end + 1 + digits } else { end }
}

const VERSION: &[&str] = &["version", "ver.", "release", "build", "firmware", "chrome/", "section", "v."];

fn version(text: &str, start: usize, address: Ipv4Addr) -> bool {
    if start > 0 && matches!(text.as_bytes()[start - 1], b'v' | b'V' | b'/' | b'^' | b'~' | b'@') {
        return !context::before(text, start).ends_with("//") && text.as_bytes()[start - 1] != b'@';
    }
    let [a, b, c, d] = address.octets();
    let small = a < 10 && b < 100 && c < 100 && d < 100;
    let before = context::before(text, start);
    let near = &before[before.char_indices().rev().nth(19).map_or(0, |(at, _)| at)..];
    context::has(near, VERSION) && !context::has(before, &["ip", "host", "address"]) || (small && a == 0 && d != 0)
}

/// Groups of hexadecimal digits with colons: an IPv6 address or a hardware address.
pub(crate) fn colons(text: &str, start: usize) -> Option<Finding> {
    let bytes = text.as_bytes();
    let run = bytes[start..].iter().take(64).take_while(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.')).count();
    let mut found = &text[start..start + run];
    found = found.trim_end_matches('.');
    if found.ends_with(':') && !found.ends_with("::") {
        found = &found[..found.len() - 1];
    }
    let end = start + found.len();
    if run == 64 || bytes.get(end).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_') {
        return None;
    }
    if mac(found) {
        return Some(Finding::new(start..end, Kind::Mac, 0.95, "mac"));
    }
    let groups = found.matches(':').count();
    found.parse::<Ipv6Addr>().ok()?;
    // `::` alone and `a::b` are rather code than an address.
    let digits = found.bytes().filter(u8::is_ascii_digit).count();
    let plain = digits == 0 || (groups == 2 && found.len() < 6 && !found.starts_with("::"));
    (!plain).then(|| Finding::new(start..prefix(bytes, zone(bytes, end)), Kind::Ip, 0.95, "ipv6"))
}

fn zone(bytes: &[u8], end: usize) -> usize {
    let width =
        bytes.get(end + 1..).map_or(0, |rest| rest.iter().take(15).take_while(|b| b.is_ascii_alphanumeric()).count());
    if bytes.get(end) == Some(&b'%') && width > 0 { end + 1 + width } else { end }
}

/// Says whether the whole value is a hardware address in one of its three spellings.
pub(crate) fn mac(value: &str) -> bool {
    let groups = |by: char, count: usize, width: usize| {
        let mut seen = 0;
        value.split(by).all(|group| {
            seen += 1;
            group.len() == width && group.bytes().all(|b| b.is_ascii_hexdigit())
        }) && seen == count
    };
    groups(':', 6, 2) || groups('-', 6, 2) || groups('.', 3, 4)
}

/// A hardware address with dashes or points.
pub(crate) fn mac_at(text: &str, start: usize) -> Option<Finding> {
    let bytes = text.as_bytes();
    let run = bytes[start..].iter().take(18).take_while(|b| b.is_ascii_hexdigit() || matches!(b, b'-' | b'.')).count();
    let found = text[start..start + run].trim_end_matches(['.', '-']);
    let digits = found.bytes().any(|b| b.is_ascii_digit());
    let letters = found.bytes().any(|b| b.is_ascii_alphabetic());
    (mac(found)
        && digits
        && (letters || found.len() == 17)
        && !bytes.get(start + run).is_some_and(u8::is_ascii_alphanumeric))
    .then(|| Finding::new(start..start + found.len(), Kind::Mac, 0.9, "mac"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_but_not_versions() {
        assert!(v4("10.1.2.3", 0).is_some());
        assert_eq!(v4("10.1.2.0/24", 0).map(|f| f.range), Some(0..11));
        assert!(v4("version 1.2.3.4", 8).is_none());
        assert!(v4("1.2.3.4.5", 0).is_none());
        assert!(v4("999.2.3.4", 0).is_none());
        for good in ["2001:db8::1", "::1", "::ffff:10.0.0.1", "fe80::1%eth0", "4f8a:c99e:dc86:faf9:5988:5f63:375e:8a2a"]
        {
            assert_eq!(colons(good, 0).map(|f| (f.range.len(), f.kind)), Some((good.len(), Kind::Ip)), "{good}");
        }
        for bad in ["12:30:45", "::", "a::b", "std::dead"] {
            assert!(colons(bad, 0).is_none(), "{bad}");
        }
        assert_eq!(colons("00:1b:44:11:3a:b7", 0).map(|f| f.kind), Some(Kind::Mac));
        assert!(mac_at("00-1B-44-11-3A-B7", 0).is_some() && mac_at("001b.4411.3ab7", 0).is_some());
    }
}
