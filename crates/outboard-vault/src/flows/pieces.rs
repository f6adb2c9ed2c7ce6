//! What the texts of a call spell when they are put together, in their order and against it.

use super::leaves::Leaf;

/// As much of a long text's beginning and end may belong to a value that goes on in its neighbours.
const EDGE: usize = 256;

/// Texts that may be numbers of characters.
const SHORT: usize = 8;

/// What the values of a call spell together: of long ones their edges alone. One text where there is nothing to join.
pub(super) fn joined(leaves: &[Leaf]) -> Vec<String> {
    let texts: Vec<&str> = leaves.iter().filter(|leaf| !leaf.is_key).map(|leaf| leaf.text.trim()).collect();
    let keys: Vec<&str> = leaves.iter().filter(|leaf| leaf.is_key).map(|leaf| leaf.text.trim()).collect();
    let mut all = Vec::new();
    for texts in [texts, keys] {
        if texts.len() > 1 {
            // Numbers of characters run into each other.
            if texts.iter().all(|text| text.len() <= SHORT) {
                all.push(texts.join(" "));
            }
            all.push(texts.iter().map(|text| edges(text)).collect());
            all.push(texts.iter().rev().map(|text| edges(text)).collect());
        }
    }
    all
}

fn edges(text: &str) -> String {
    if text.len() <= EDGE * 2 {
        return text.to_owned();
    }
    format!("{}\u{0}{}", first(text, EDGE), last(text, EDGE))
}

/// At most so many bytes of the beginning.
pub(super) fn first(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// At most so many bytes of the end.
pub(super) fn last(text: &str, most: usize) -> &str {
    let mut start = text.len().saturating_sub(most);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}
