//! A whole text backwards, turned by thirteen letters, with characters that nobody sees, with letters of another script that
//! look the same.

/// Backwards.
pub(crate) fn reversed(text: &str) -> String {
    if text.is_ascii() {
        return ascii(text.bytes().rev());
    }
    text.chars().rev().collect()
}

/// Each letter thirteen further on.
pub(crate) fn turned(text: &str) -> String {
    let turn = |byte: u8| match byte {
        b'a'..=b'm' | b'A'..=b'M' => byte + 13,
        b'n'..=b'z' | b'N'..=b'Z' => byte - 13,
        other => other,
    };
    // Only letters of ASCII change, each into one.
    ascii(text.bytes().map(turn))
}

/// Bytes that are a text: of one that is in ASCII, or where every other byte stays.
fn ascii(bytes: impl Iterator<Item = u8>) -> String {
    String::from_utf8(bytes.collect()).unwrap_or_default()
}

/// Without the separators that base64 and hexadecimal digits in pieces have between them; `None` where there are none.
pub(crate) fn glued(text: &str) -> Option<String> {
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    (!text.bytes().all(|byte| belongs(&byte))).then(|| ascii(text.bytes().filter(belongs)))
}

/// Letters and digits alone.
pub(crate) fn squeezed(text: &str) -> String {
    if text.is_ascii() {
        return ascii(text.bytes().filter(u8::is_ascii_alphanumeric));
    }
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Without characters that nobody sees, in small letters already; `None` where there are none.
pub(crate) fn visible(text: &str) -> Option<String> {
    let hidden = |c: char| {
        matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
    };
    text.contains(hidden).then(|| text.replace(hidden, ""))
}

/// With Latin letters in place of Cyrillic, Greek and other ones that look like them; `None` where there are none.
pub(crate) fn latin(text: &str) -> Option<String> {
    let mut changed = false;
    let one = |c: char| {
        let like = looks_like(c);
        changed |= like.is_some();
        like.unwrap_or(c)
    };
    let text: String = text.chars().map(one).collect();
    changed.then_some(text)
}

fn looks_like(c: char) -> Option<char> {
    if c.is_ascii() {
        return None;
    }
    Some(match c {
        '\u{430}' | '\u{3b1}' | '\u{251}' | '\u{237a}' => 'a',
        '\u{432}' | '\u{184}' | '\u{3b2}' => 'b',
        '\u{441}' | '\u{3f2}' | '\u{1d04}' => 'c',
        '\u{501}' | '\u{13e7}' => 'd',
        '\u{435}' | '\u{451}' | '\u{3b5}' | '\u{4bd}' => 'e',
        '\u{261}' | '\u{581}' => 'g',
        '\u{43d}' | '\u{4bb}' | '\u{3b7}' => 'h',
        '\u{456}' | '\u{131}' | '\u{3b9}' | '\u{269}' | '\u{4cf}' => 'i',
        '\u{458}' | '\u{3f3}' => 'j',
        '\u{43a}' | '\u{3ba}' => 'k',
        '\u{4c0}' | '\u{1c0}' | '\u{5c0}' => 'l',
        '\u{43c}' => 'm',
        '\u{578}' | '\u{57c}' => 'n',
        '\u{43e}' | '\u{3bf}' | '\u{585}' | '\u{1d0f}' => 'o',
        '\u{440}' | '\u{3c1}' => 'p',
        '\u{51b}' => 'q',
        '\u{433}' => 'r',
        '\u{455}' | '\u{a731}' => 's',
        '\u{442}' | '\u{3c4}' => 't',
        '\u{57d}' | '\u{3c5}' | '\u{1d1c}' => 'u',
        '\u{475}' | '\u{3bd}' => 'v',
        '\u{51d}' | '\u{461}' | '\u{1d21}' => 'w',
        '\u{445}' | '\u{3c7}' => 'x',
        '\u{443}' | '\u{3b3}' | '\u{4af}' => 'y',
        '\u{1d22}' => 'z',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reader_undoes_is_undone() {
        assert_eq!(reversed("abcé"), "écba");
        assert_eq!(turned("Nqn@k"), "Ada@x");
        assert_eq!(squeezed("a-d.a @é"), "adaé");
        assert_eq!(visible("a\u{200b}d\u{feff}a").as_deref(), Some("ada"));
        assert_eq!(latin("\u{430}d\u{430}").as_deref(), Some("ada"));
        assert!(visible("ada").is_none() && latin("adé").is_none());
        assert_eq!(glued("YWRh, QGxv").as_deref(), Some("YWRhQGxv"));
    }
}
