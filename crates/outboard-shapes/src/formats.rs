//! Formats that strings of one place have in common, as a set of bits.

type Holds = fn(&[u8]) -> bool;

/// Each format, and what tells it. The order is the order in which one is chosen.
const FORMATS: [(&str, Holds); 6] = [
    ("date-time", is_date_time),
    ("date", is_date),
    ("uuid", is_uuid),
    ("email", is_email),
    ("uri", is_uri),
    ("ipv4", is_ipv4),
];

/// The formats that every string so far has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Formats(pub(crate) u8);

impl Default for Formats {
    fn default() -> Self {
        Self((1 << FORMATS.len()) - 1)
    }
}

impl Formats {
    /// Keeps only the formats that the text has too.
    pub(crate) fn narrow(&mut self, text: &str) {
        for (at, (_, holds)) in FORMATS.iter().enumerate() {
            if self.0 & (1 << at) != 0 && !holds(text.as_bytes()) {
                self.0 &= !(1 << at);
            }
        }
    }

    /// The name in JSON Schema, where there is one.
    pub(crate) fn name(self) -> Option<&'static str> {
        FORMATS.iter().enumerate().find(|(at, _)| self.0 & (1 << at) != 0).map(|(_, (name, _))| *name)
    }
}

/// `0` stands for a digit, anything else for itself.
fn fits(text: &[u8], pattern: &[u8]) -> bool {
    text.len() == pattern.len()
        && text.iter().zip(pattern).all(|(b, p)| if *p == b'0' { b.is_ascii_digit() } else { b == p })
}

fn is_date(text: &[u8]) -> bool {
    let two = |at: usize| (text[at] - b'0') * 10 + (text[at + 1] - b'0');
    fits(text, b"0000-00-00") && (1..=12).contains(&two(5)) && (1..=31).contains(&two(8))
}

/// With an offset, as the standard has it; times without one are plain strings.
fn is_date_time(text: &[u8]) -> bool {
    if text.len() < 20 || !is_date(&text[..10]) || !matches!(text[10], b'T' | b't') || !fits(&text[11..19], b"00:00:00")
    {
        return false;
    }
    let rest = &text[19..];
    let fraction = match rest.first() {
        Some(b'.') => 1 + rest[1..].iter().take_while(|b| b.is_ascii_digit()).count(),
        _ => 0,
    };
    match &rest[fraction..] {
        [b'Z' | b'z'] => fraction != 1,
        [b'+' | b'-', offset @ ..] => fraction != 1 && fits(offset, b"00:00"),
        _ => false,
    }
}

fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

fn is_email(text: &[u8]) -> bool {
    let Some(at) = text.iter().position(|b| *b == b'@') else { return false };
    let (name, host) = (&text[..at], &text[at + 1..]);
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+');
    let dotted = host.contains(&b'.') && !host.starts_with(b".") && !host.ends_with(b".");
    !name.is_empty() && text.len() <= 254 && name.iter().all(plain) && host.iter().all(plain) && dotted
}

fn is_uri(text: &[u8]) -> bool {
    let web = text.starts_with(b"https://") || text.starts_with(b"http://");
    web && text.len() > 8 && text.iter().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(b))
}

fn is_ipv4(text: &[u8]) -> bool {
    let number = |part: &[u8]| {
        (1..=3).contains(&part.len())
            && part.iter().all(u8::is_ascii_digit)
            && part.iter().fold(0_u16, |sum, b| sum * 10 + u16::from(b - b'0')) < 256
    };
    text.len() <= 15 && text.split(|b| *b == b'.').count() == 4 && text.split(|b| *b == b'.').all(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Option<&'static str> {
        let mut formats = Formats::default();
        texts.iter().for_each(|text| formats.narrow(text));
        formats.name()
    }

    #[test]
    fn a_format_is_what_all_strings_have() {
        assert_eq!(of(&["2026-01-31", "1999-12-01"]), Some("date"));
        assert_eq!(of(&["2026-01-31T10:00:00Z", "2026-01-31T10:00:00.25+02:00"]), Some("date-time"));
        assert_eq!(of(&["0d9e1f0a-1b2c-4d3e-8f90-a1b2c3d4e5f6"]), Some("uuid"));
        assert_eq!(of(&["a.b+c@mail.example"]), Some("email"));
        assert_eq!(of(&["https://a.example/x?y=1"]), Some("uri"));
        assert_eq!(of(&["10.0.0.255"]), Some("ipv4"));
    }

    #[test]
    fn one_string_without_it_ends_a_format() {
        for texts in [
            ["2026-01-31", ""],
            ["2026-01-31", "2026-13-01"],
            ["2026-01-31T10:00:00Z", "2026-01-31T10:00:00"],
            ["https://a.example", "http:// no"],
            ["10.0.0.1", "10.0.0.256"],
            ["a@b.example", "a@b"],
        ] {
            assert_eq!(of(&texts), None, "{texts:?}");
        }
        assert_eq!(of(&["2026-01-31T10:00:00.Z"]), None);
    }
}
