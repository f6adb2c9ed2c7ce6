//! Text as it looks or decodes, in plain lower-case letters, so that one phrase has one spelling.

use outboard_catalog::is_hidden;

/// Letters that look like ASCII ones.
const ALIKE: &[(&str, &str)] = &[
    ("аеорсухіјѕԁһԛԝкмтвнгё", "aeopcyxijsdhqwkmtbhre"),
    ("АВЕКМНОРСТУХІЈЅ", "ABEKMHOPCTYXIJS"),
    ("ονρυικηωχτ", "ovpuiknwxt"),
    ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX"),
    ("ıɡⅼⅰⅽⅾ", "iglicd"),
    ("’‘“”–—", "''\"\"--"),
];

/// The ASCII letter that a letter of another script looks like.
pub(super) fn lookalike(c: char) -> Option<char> {
    if c.is_ascii() {
        return None;
    }
    let code = u32::from(c);
    let (code, base) = match code {
        0xff01..=0xff5e => (code - 0xff01, 0x21),
        0x1d400..=0x1d6a3 => match (code - 0x1d400) % 52 {
            upper @ 0..=25 => (upper, 0x41),
            lower => (lower - 26, 0x61),
        },
        0x24d0..=0x24e9 => (code - 0x24d0, 0x61),
        0x1f130..=0x1f149 => (code - 0x1f130, 0x41),
        _ => return ALIKE.iter().find_map(|(from, to)| to.chars().nth(from.chars().position(|other| other == c)?)),
    };
    char::from_u32(base + code)
}

/// Lower case, lookalikes as ASCII, tag characters as the letters they stand for, nothing invisible, one
/// space between words, line breaks kept.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let c = match u32::from(c) {
            tag @ 0xe0020..=0xe007e => char::from_u32(tag - 0xe0000).unwrap_or(' '),
            _ => lookalike(c).unwrap_or(c),
        };
        match c {
            '\n' => out.push('\n'),
            c if c.is_whitespace() && out.ends_with([' ', '\n']) => {}
            c if c.is_whitespace() => out.push(' '),
            c if is_hidden(c) || c == '\u{301}' => {}
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

/// Letters only, with digits that stand for letters read as such; what is left of spaced-out or
/// "leet" spelling.
pub(super) fn squeezed(plain: &str) -> String {
    let letter = |c: char| match c {
        '0' => Some('o'),
        '1' | '!' => Some('i'),
        '3' => Some('e'),
        '4' | '@' => Some('a'),
        '5' | '$' => Some('s'),
        '7' => Some('t'),
        c => c.is_ascii_alphabetic().then_some(c),
    };
    plain.chars().filter_map(letter).collect()
}

/// Letters turned by 13 places.
pub(super) fn rot13(squeezed: &str) -> String {
    squeezed.bytes().map(|byte| char::from(b'a' + (byte - b'a' + 13) % 26)).collect()
}

/// The text with percent signs, HTML entities and `\u0069` resolved; `None` if it holds none in a row.
pub(super) fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut resolved) = (text, 0);
    while let Some(c) = rest.chars().next() {
        match escape(rest) {
            Some((plain, length)) => {
                out.push(plain);
                resolved += 1;
                rest = &rest[length..];
            }
            None => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    (resolved >= 6).then_some(out)
}

fn escape(text: &str) -> Option<(char, usize)> {
    let hex = |from: usize, to: usize| u32::from_str_radix(text.get(from..to)?, 16).ok().and_then(char::from_u32);
    match text.as_bytes() {
        [b'%', ..] => Some((hex(1, 3)?, 3)),
        [b'\\', b'u', ..] => Some((hex(2, 6)?, 6)),
        [b'\\', b'x', ..] => Some((hex(2, 4)?, 4)),
        [b'&', b'#', ..] => {
            let end = text.get(..10.min(text.len())).unwrap_or_default().find(';')?;
            let digits = &text[2..end];
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => digits.parse().ok()?,
            };
            Some((char::from_u32(code)?, end + 1))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_of_equal_length() {
        for (from, to) in ALIKE {
            assert_eq!(from.chars().count(), to.chars().count(), "{from}");
        }
    }

    #[test]
    fn one_phrase_has_one_spelling() {
        assert_eq!(plain("IGN\u{200b}ORE  аll\u{e0041}"), "ignore alla");
        assert_eq!(squeezed("1gn0r3 4ll"), "ignoreall");
        assert_eq!(rot13("vtaber"), "ignore");
        assert_eq!(unescaped("&#105;&#x67;%6e\\u006f\\x72%65").unwrap(), "ignore");
        assert!(unescaped("100%25 of \\u").is_none());
    }
}
