//! The words around a place, within a bounded distance.

const BEFORE: usize = 48;
const AFTER: usize = 16;

/// Returns at most 48 bytes before, in small letters.
pub(crate) fn before(text: &str, at: usize) -> String {
    let mut from = at.saturating_sub(BEFORE);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text[from..at].to_lowercase()
}

/// Returns at most 16 bytes after, in small letters.
pub(crate) fn after(text: &str, at: usize) -> String {
    let mut to = (at + AFTER).min(text.len());
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    text[at..to].to_lowercase()
}

/// Says whether one of the words begins at the start of a word in the text.
pub(crate) fn has(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| {
        text.match_indices(word).any(|(at, _)| !text[..at].chars().next_back().is_some_and(char::is_alphanumeric))
    })
}
