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
        || (start > 0 && matches!(bytes[start - 1], b'.' | b'-' | b'_'))
        || text[..start].ends_with("==")
        || text[..start].ends_with(">=")
        || is_release(&text[end..]);
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

/// What goes on as releases do: a stage, or the ending of a package.
fn is_release(after: &str) -> bool {
    const STAGES: &[&str] = &["-alpha", "-beta", "-rc", "-snapshot", "-dev", "-pre", "+"];
    const PACKAGES: &[&str] =
        &[".tar", ".tgz", ".zip", ".jar", ".deb", ".rpm", ".whl", ".exe", ".dll", ".dmg", ".msi", ".so"];
    let starts = |word: &&str| after.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    STAGES.iter().chain(PACKAGES).any(starts)
}

const VERSION: &[&str] = &[
    "version",
    "ver.",
    "release",
    "build",
    "firmware",
    "chrome/",
    "section",
    "v.",
    "chapter",
    "clause",
    "paragraph",
    "figure",
    "appendix",
    "annex",
    "revision",
    "rev.",
    "oid",
    "sdk",
    "jdk",
    "kernel",
    "driver",
];

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
        return (!in_dump(&bytes[..start])).then(|| Finding::new(start..end, Kind::Mac, 0.95, "mac"));
    }
    found.parse::<Ipv6Addr>().ok()?;
    let path = text[..start].ends_with("::") || leads_on(&bytes[end..]);
    (!path && is_likely(found)).then(|| Finding::new(start..prefix(bytes, zone(bytes, end)), Kind::Ip, 0.95, "ipv6"))
}

/// Whether a name follows as in a path: `0:0::/tmp`, `a1::b2::c3`. Behind an address a slash has digits.
fn leads_on(after: &[u8]) -> bool {
    match after {
        [b'/', next, ..] => !next.is_ascii_digit(),
        [b':', next, ..] => next.is_ascii_alphabetic() || *next == b':',
        _ => false,
    }
}

/// Whether another byte in hexadecimal digits stands before, as in dumps and fingerprints.
fn in_dump(before: &[u8]) -> bool {
    let [rest @ .., one, two, b':'] = before else { return false };
    one.is_ascii_hexdigit() && two.is_ascii_hexdigit() && !rest.last().is_some_and(u8::is_ascii_alphanumeric)
}

/// Whether what can be read as an address is meant as one. Code (`a::b`), ratios, clocks and dumps can be read so too.
fn is_likely(found: &str) -> bool {
    let groups: Vec<&str> = found.split(':').filter(|group| !group.is_empty()).collect();
    if !found.contains("::") {
        // A dump of bytes has two digits in each group, a count one.
        return groups.iter().any(|group| group.len() > 2);
    }
    if groups.len() > 3 {
        return true;
    }
    if found.starts_with("::") {
        return found == "::1" || found.contains('.') || (groups.len() > 1 && groups[0].eq_ignore_ascii_case("ffff"));
    }
    // With so little to go by, it has to begin as addresses that are given out do.
    let first = groups[0].to_ascii_lowercase();
    let given_out = first.len() == 4 && (first.starts_with(['2', '3']) || GIVEN_OUT.contains(&&first[..2]));
    let digits = found.bytes().any(|byte| byte.is_ascii_digit());
    digits && (given_out || found.starts_with("64:ff9b:"))
}

/// The first digits of addresses for one network, one link, and many at once.
const GIVEN_OUT: [&str; 4] = ["fc", "fd", "fe", "ff"];

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
        && (letters || (found.len() == 17 && !is_moment(found)))
        && !bytes.get(start + run).is_some_and(u8::is_ascii_alphanumeric))
    .then(|| Finding::new(start..start + found.len(), Kind::Mac, 0.9, "mac"))
}

/// Six numbers that end as a time of day does: `20-10-05-12-30-45`.
fn is_moment(digits: &str) -> bool {
    let numbers: Vec<u8> = digits.split('-').filter_map(|number| number.parse().ok()).collect();
    matches!(numbers[..], [_, _, _, hours, minutes, seconds] if hours < 24 && minutes < 60 && seconds < 60)
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

    /// Everything that was found in a text, as kind and words.
    fn all(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        crate::scan::scan(text, &mut found);
        found.retain(|one| matches!(one.kind, Kind::Ip | Kind::Mac));
        found.into_iter().map(|one| text[one.range].to_owned()).collect()
    }

    #[test]
    fn what_only_looks_like_an_address_is_none() {
        for text in [
            "0:0::/tmp",
            "0::/user.slice/session-2.scope",
            "12:cpuset:/\n0::/init.scope",
            "started at 12:30:45 and took 0:00:09",
            "12:30:45:678",
            "timecode 01:00:00:00",
            "a ratio of 3:2:1, or 1:2:3:4:5:6:7:8",
            "10::20",
            "1:2::3",
            "use a1::b2::c3;",
            "e2e::abc::run()",
            "let x = e2e::abc;",
            "f32::f64",
            "impl ::f64",
            "std::dead",
            "crate::ab::cd",
            "abc::1",
            "dead::beef",
            "a::before { color: #abc }",
            "[a1::b2]",
            "48:65:6c:6c:6f:20:77:6f",
            "SHA1:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd",
            "MD5:1b:44:11:3a:b7:00:1b:44:11:3a:b7:00:1b:44:11:3a",
            "commit 4f8ac99e:dc86faf9",
            "pci 0000:00:1f.2",
            "usb 046d:c52b",
            "localhost:8080, :::80",
            "version 1.2.3.4",
            "v1.2.3.4 and ~1.2.3.4",
            "requests==1.2.3.4, flask>=2.0.1.3",
            "tool 10.2.3.4-beta1",
            "tool_10.2.3.4.tar.gz, lib.so.1.2.3.4",
            "get 10.2.3.4.zip",
            "see chapter 1.2.3.4 and appendix 2.1.1.9",
            "OID 1.3.6.1 and 1.3.6.1.4.1",
            "jdk 17.0.1.12",
            "1.2.3.4.5, 999.1.1.1, 1.2.3",
            "0.0.0.0:80 and 127.0.0.1:80",
            "taken 20-10-05-12-30-45",
            "1234.5678.9012",
        ] {
            assert_eq!(all(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn addresses_are_found_where_the_text_says_nothing_against_them() {
        for (text, found) in [
            ("from 10.1.2.3:8080.", "10.1.2.3"),
            ("peer=10.1.2.3;", "10.1.2.3"),
            ("ip:fe80::1%eth0 up", "fe80::1%eth0"),
            ("route 2001:db8::/32 via", "2001:db8::/32"),
            ("http://[2001:db8::7]/path", "2001:db8::7"),
            ("fd00::5 answered", "fd00::5"),
            ("ff02::1", "ff02::1"),
            ("64:ff9b::10.2.3.4", "64:ff9b::10.2.3.4"),
            ("::ffff:10.0.0.1", "::ffff:10.0.0.1"),
            ("::ffff:a00:1", "::ffff:a00:1"),
            ("2001:db8:0:0:0:0:0:1", "2001:db8:0:0:0:0:0:1"),
            ("beef:1:2::9:1", "beef:1:2::9:1"),
            ("00-14-22-71-93-95", "00-14-22-71-93-95"),
            ("00:1b:44:11:3a:b7", "00:1b:44:11:3a:b7"),
        ] {
            assert_eq!(all(text), [found], "{text}");
        }
    }
}
