//! Which addresses are nobody's business: one table, with the reason for each line.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    first: IpAddr,
    bits: u8,
}

const fn four(a: u8, b: u8, c: u8, d: u8, bits: u8) -> Range {
    Range { first: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), bits }
}

const fn six(head: [u16; 4], tail: [u16; 4], bits: u8) -> Range {
    let first = Ipv6Addr::new(head[0], head[1], head[2], head[3], tail[0], tail[1], tail[2], tail[3]);
    Range { first: IpAddr::V6(first), bits }
}

const REFUSED: &[(Range, &str)] = &[
    (four(169, 254, 169, 254, 32), "the metadata service of a cloud"),
    (four(168, 63, 129, 16, 32), "the metadata service of a cloud"),
    (four(100, 100, 100, 200, 32), "the metadata service of a cloud"),
    (four(0, 0, 0, 0, 8), "unspecified"),
    (four(10, 0, 0, 0, 8), "private"),
    (four(100, 64, 0, 0, 10), "shared by a carrier"),
    (four(127, 0, 0, 0, 8), "this machine"),
    (four(169, 254, 0, 0, 16), "link-local"),
    (four(172, 16, 0, 0, 12), "private"),
    (four(192, 0, 0, 0, 24), "reserved for protocols"),
    (four(192, 0, 2, 0, 24), "for documentation"),
    (four(192, 88, 99, 0, 24), "a relay of 6to4"),
    (four(192, 168, 0, 0, 16), "private"),
    (four(198, 18, 0, 0, 15), "for benchmarks"),
    (four(198, 51, 100, 0, 24), "for documentation"),
    (four(203, 0, 113, 0, 24), "for documentation"),
    (four(224, 0, 0, 0, 4), "multicast"),
    (four(255, 255, 255, 255, 32), "broadcast"),
    (four(240, 0, 0, 0, 4), "reserved"),
    (six([0xfd00, 0x0ec2, 0, 0], [0, 0, 0, 0x0254], 128), "the metadata service of a cloud"),
    (six([0xfd20, 0x00ce, 0, 0], [0, 0, 0, 0x0254], 128), "the metadata service of a cloud"),
    (six([0, 0, 0, 0], [0, 0, 0, 1], 128), "this machine"),
    (six([0, 0, 0, 0], [0, 0, 0, 0], 128), "unspecified"),
    (six([0xfc00, 0, 0, 0], [0; 4], 7), "private"),
    (six([0xfe80, 0, 0, 0], [0; 4], 10), "link-local"),
    (six([0xfec0, 0, 0, 0], [0; 4], 10), "private"),
    (six([0xff00, 0, 0, 0], [0; 4], 8), "multicast"),
    (six([0x0064, 0xff9b, 1, 0], [0; 4], 48), "a translation of private IPv4"),
    (six([0x0100, 0, 0, 0], [0; 4], 64), "for discarding"),
    (six([0x2001, 0x0db8, 0, 0], [0; 4], 32), "for documentation"),
    (six([0x3fff, 0, 0, 0], [0; 4], 20), "for documentation"),
    (six([0x2001, 0, 0, 0], [0; 4], 23), "reserved for protocols"),
];

/// All of IPv6 that is given out to the public.
const PUBLIC_SIX: Range = six([0x2000, 0, 0, 0], [0; 4], 3);
const NAT64: Range = six([0x0064, 0xff9b, 0, 0], [0; 4], 96);
const SIX_TO_FOUR: Range = six([0x2002, 0, 0, 0], [0; 4], 16);
const COMPATIBLE: Range = six([0; 4], [0; 4], 96);

impl Range {
    /// One address, or a range as `10.0.0.0/8`; `None` for anything else, and for ranges that hold half the world.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (first, bits) = match text.split_once('/') {
            Some((first, bits)) => (first, Some(bits.parse::<u8>().ok()?)),
            None => (text, None),
        };
        let first = first.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(first);
        let first: IpAddr = first.parse().ok()?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        (8..=most).contains(&bits).then_some(Self { first, bits })
    }

    pub(crate) fn holds(&self, address: IpAddr) -> bool {
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(other)) => {
                let shift = 32 - u32::from(self.bits);
                u32::from(first).checked_shr(shift) == u32::from(other).checked_shr(shift)
            }
            (IpAddr::V6(first), IpAddr::V6(other)) => {
                let shift = 128 - u32::from(self.bits);
                u128::from(first).checked_shr(shift) == u128::from(other).checked_shr(shift)
            }
            _ => false,
        }
    }
}

/// IPv4 that is written as IPv6 is IPv4; that is how the kernel takes it too.
pub(crate) fn canonical(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// The IPv4 address that packets to an IPv6 address end at.
fn inner(six: Ipv6Addr) -> Option<Ipv4Addr> {
    let address = IpAddr::V6(six);
    let [.., a, b, c, d] = six.octets();
    if NAT64.holds(address) || COMPATIBLE.holds(address) {
        return Some(Ipv4Addr::new(a, b, c, d));
    }
    let octets = six.octets();
    SIX_TO_FOUR.holds(address).then(|| Ipv4Addr::new(octets[2], octets[3], octets[4], octets[5]))
}

/// What kind of address this is, where it is none of the public network.
pub fn refused(address: IpAddr) -> Option<&'static str> {
    let address = canonical(address);
    if let Some((_, kind)) = REFUSED.iter().find(|(range, _)| range.holds(address)) {
        return Some(kind);
    }
    let IpAddr::V6(six) = address else { return None };
    if let Some(kind) = inner(six).and_then(|four| refused(four.into())) {
        return Some(kind);
    }
    (!PUBLIC_SIX.holds(address) && !NAT64.holds(address)).then_some("not given out to the public")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Option<&'static str> {
        refused(text.parse().unwrap())
    }

    #[test]
    fn the_public_is_reachable() {
        for text in ["1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "198.20.0.1", "2606:4700::1111"] {
            assert_eq!(kind(text), None, "{text}");
        }
        assert_eq!(kind("64:ff9b::101:101"), None, "a public address through NAT64");
    }

    #[test]
    fn the_rest_is_not() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.0.9",
            "168.63.129.16",
            "169.254.1.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::10.0.0.1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:a00:1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::a00:1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "2002:c0a8:101::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "fdff::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
            "5f00::1",
            "1::1",
        ] {
            assert!(kind(text).is_some(), "{text}");
        }
        assert_eq!(kind("169.254.169.254"), Some("the metadata service of a cloud"));
    }

    #[test]
    fn ranges_are_read() {
        let range = Range::parse("10.0.0.0/8").unwrap();
        assert!(range.holds("10.9.9.9".parse().unwrap()) && !range.holds("11.0.0.1".parse().unwrap()));
        assert!(Range::parse("[fd00::]/8").is_some() && Range::parse("fd00::1").is_some());
        for text in ["0.0.0.0/0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/7", "a/8", "", "10.0.0"] {
            assert_eq!(Range::parse(text), None, "{text}");
        }
    }
}
