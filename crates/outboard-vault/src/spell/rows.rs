//! Known values that a program spelled out or turned round before it showed them: `a-d-a-@`, a character a line, backwards.
//!
//! What a model undoes by looking at it is looked for in texts of a bounded length, as no model reads longer ones. What a
//! program encodes in a way of its own stays what it is.

use super::whole::reversed;
use crate::needles::Needles;
use std::collections::HashMap;
use std::ops::Range;

/// Longer texts are not looked at in this way.
const LONGEST: usize = 1 << 20;

/// Shorter hits are chance.
const SHORTEST_HIT: usize = 8;

/// Fewer characters are no value that is spelled out.
const FEWEST: usize = 6;

/// Longest text between two characters.
const LONGEST_GAP: usize = 6;

/// The places where a known value stands spelled out or backwards, in no particular order.
pub(crate) fn bent(text: &str, known: &[&Needles]) -> Vec<Range<usize>> {
    if text.len() > LONGEST || text.len() < SHORTEST_HIT || known.iter().all(|known| known.is_empty()) {
        return Vec::new();
    }
    let mut all = backwards(text, known);
    all.extend(spelled(text, known));
    all.sort_by_key(|range| range.start);
    all
}

fn backwards(text: &str, known: &[&Needles]) -> Vec<Range<usize>> {
    let turned = reversed(text);
    let hits = known.iter().flat_map(|known| known.search(turned.as_bytes()));
    let long = hits.filter(|hit| hit.range.len() >= SHORTEST_HIT);
    let back = long.map(|hit| text.len() - hit.range.end..text.len() - hit.range.start);
    back.filter(|range| text.is_char_boundary(range.start) && text.is_char_boundary(range.end)).collect()
}

/// Characters with one and the same text between each two of them.
fn spelled(text: &str, known: &[&Needles]) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    // A row with the same gap that begins inside of one is its end; one with another gap may be what counts.
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (at, c) in text.char_indices() {
        let first = at + c.len_utf8();
        for gap in gaps(&text[first..]) {
            if seen.get(gap).is_some_and(|end| at < *end) {
                continue;
            }
            let row = row(text, at, gap);
            if row.len() >= FEWEST {
                seen.insert(gap, row.last().map_or(first, |last| last + 1));
                all.extend(hits(text, &row, known));
            }
        }
    }
    all
}

/// What may stand between the characters of a row that begins before `rest`.
fn gaps(rest: &str) -> impl Iterator<Item = &str> {
    let all = rest.char_indices().skip(1).map(|(end, _)| &rest[..end]);
    all.take_while(|gap| gap.len() <= LONGEST_GAP && !gap.contains(char::is_alphanumeric))
}

/// Where the characters stand that have this gap between them.
fn row(text: &str, at: usize, gap: &str) -> Vec<usize> {
    let mut row = vec![at];
    let mut next = at + text[at..].chars().next().map_or(0, char::len_utf8);
    while let Some(behind) = text[next..].strip_prefix(gap) {
        let Some(c) = behind.chars().next() else { break };
        row.push(next + gap.len());
        next += gap.len() + c.len_utf8();
    }
    row
}

/// Known values in the characters of a row, as places of the text.
fn hits(text: &str, row: &[usize], known: &[&Needles]) -> Vec<Range<usize>> {
    let word: String = row.iter().filter_map(|at| text[*at..].chars().next()).collect();
    let place = |byte: usize| row[word[..byte].chars().count().min(row.len() - 1)];
    let mut all = Vec::new();
    for hit in known.iter().flat_map(|known| known.search(word.as_bytes())) {
        if hit.range.len() >= FEWEST && word.is_char_boundary(hit.range.start) && word.is_char_boundary(hit.range.end) {
            let last = place(word[..hit.range.end].char_indices().next_back().map_or(0, |(at, _)| at));
            all.push(place(hit.range.start)..last + text[last..].chars().next().map_or(0, char::len_utf8));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::needles::Needle;

    fn found(text: &str) -> Vec<&str> {
        let mut known = Needles::default();
        for (owner, value) in (0..).zip(["ada@lovelace.example", "José Núñez", "4155550123"]) {
            known.add(&Needle { text: value, owner, exact: false, bounded: true });
        }
        bent(text, &[&known]).into_iter().map(|range| &text[range]).collect()
    }

    fn letters(value: &str, gap: &str) -> String {
        value.chars().map(String::from).collect::<Vec<_>>().join(gap)
    }

    #[test]
    fn what_is_spelled_out_or_backwards_is_found() {
        for gap in ["-", " ", "\n", ", ", " | ", "\u{200b}", "\",\"", "."] {
            let spelled = letters("ada@lovelace.example", gap);
            assert_eq!(found(&format!("it is: {spelled}\n")), [spelled.as_str()], "{gap:?}");
        }
        assert_eq!(found(&format!("<{}>", letters("José Núñez", "_"))), [letters("José Núñez", "_")]);
        assert_eq!(found("x elpmaxe.ecalevol@ada y"), ["elpmaxe.ecalevol@ada"]);
        assert_eq!(found("zeñúN ésoJ"), ["zeñúN ésoJ"]);
        assert_eq!(found("4 1 5 5 5 5 0 1 2 3"), ["4 1 5 5 5 5 0 1 2 3"]);
    }

    #[test]
    fn what_is_ordinary_stays_and_hostile_texts_cost_their_length() {
        for text in ["", "a b c d e f g", "1, 2, 3, 4, 5, 6, 7, 8", "I. II. III. IV.", "------------------------"] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
        for piece in ["a-", "-", " a  ", "\u{200b}", "é.", "a....."] {
            found(&piece.repeat((1 << 20) / piece.len()));
        }
    }
}
