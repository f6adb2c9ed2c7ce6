//! The words around a place, within a bounded distance.

const BEFORE: usize = 48;
const AFTER: usize = 16;

/// Returns at most 48 bytes before.
pub(crate) fn before(text: &str, at: usize) -> &str {
    let mut from = at.saturating_sub(BEFORE);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    &text[from..at]
}

/// Returns at most 16 bytes after.
pub(crate) fn after(text: &str, at: usize) -> &str {
    let mut to = (at + AFTER).min(text.len());
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    &text[at..to]
}

/// Says whether one of the words, which are in small letters, begins at the start of a word in the text.
pub(crate) fn has(text: &str, words: &[&str]) -> bool {
    let bytes = text.as_bytes();
    let mut inside = false;
    text.char_indices().any(|(at, c)| {
        let begins = !std::mem::replace(&mut inside, c.is_alphanumeric());
        begins && words.iter().any(|word| starts(&bytes[at..], word.as_bytes()))
    })
}

/// Says whether the text ends with a word in small letters; returns what stands before it.
pub(crate) fn ends<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let from = text.len().checked_sub(word.len())?;
    (starts(&text.as_bytes()[from..], word.as_bytes())).then(|| text.get(..from))?
}

fn starts(bytes: &[u8], word: &[u8]) -> bool {
    bytes.len() >= word.len() && bytes.iter().zip(word).all(|(byte, small)| same(*byte, *small))
}

/// Capital and small letters of Latin scripts differ by one bit, in their last byte.
fn same(byte: u8, small: u8) -> bool {
    byte.to_ascii_lowercase() == small || (byte >= 0x80 && byte | 0x20 == small | 0x20)
}
