//! Tells the values in a request (names, quotations, paths) from the words that say what is wanted.
//!
//! `Find news about climate change in "The Times"` wants news; what the news is about would lead to the
//! wrong tools, though it must not count for nothing either.

use crate::shapes;
use crate::tuning::Tuning;
use std::ops::Range;

/// The parts of a request that are values rather than wishes.
pub(crate) struct Values {
    spans: Vec<(Range<usize>, f32)>,
    proper: f32,
}

impl Values {
    pub(crate) fn find(request: &str, tuning: &Tuning) -> Self {
        let mut spans = Vec::new();
        quotations(request, tuning.value, &mut spans);
        pieces(request, tuning.value, &mut spans);
        subjects(request, tuning.subject, &mut spans);
        Self { spans, proper: tuning.proper }
    }

    /// What a word that begins at `at` counts for; `named` tells whether a tool or server is called so.
    pub(crate) fn weight(&self, request: &str, at: usize, named: bool) -> f32 {
        let inside = self.spans.iter().filter(|(span, _)| span.contains(&at)).map(|(_, weight)| *weight);
        let proper = if !named && is_proper(request, at) { self.proper } else { 1.0 };
        inside.fold(proper, f32::min)
    }
}

/// Text between quotation marks that open after a blank and close before one.
fn quotations(request: &str, value: f32, spans: &mut Vec<(Range<usize>, f32)>) {
    const PAIRS: [(char, char); 6] = [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('‘', '’'), ('«', '»')];
    for (open, close) in PAIRS {
        let mut from = 0;
        while let Some(start) = request[from..].find(open).map(|at| from + at) {
            let inner = start + open.len_utf8();
            from = inner;
            if request[..start].chars().next_back().is_some_and(char::is_alphanumeric) {
                continue;
            }
            let Some(end) = request[inner..].find(close).map(|at| inner + at) else {
                break;
            };
            spans.push((inner..end, value));
            from = end + close.len_utf8();
        }
    }
}

/// Addresses, paths, selectors and the like.
fn pieces(request: &str, value: f32, spans: &mut Vec<(Range<usize>, f32)>) {
    let mut at = 0;
    for piece in request.split_inclusive(char::is_whitespace) {
        if shapes::is_value(piece) {
            spans.push((at..at + piece.len(), value));
        }
        at += piece.len();
    }
}

/// From "about" or "regarding" to the end of the clause.
fn subjects(request: &str, subject: f32, spans: &mut Vec<(Range<usize>, f32)>) {
    for mark in [" about ", " regarding ", " concerning ", " titled ", " named ", " called "] {
        for (at, _) in request.match_indices(mark) {
            let start = at + mark.len();
            let end = request[start..].find(['.', ',', ';', '?', '!', '\n']).map_or(request.len(), |end| start + end);
            spans.push((start..end, subject));
        }
    }
}

/// Whether the word is capitalised though no sentence begins with it.
fn is_proper(request: &str, at: usize) -> bool {
    let before = request[..at].trim_end_matches(|c: char| c.is_whitespace() || "\"'`(“‘".contains(c));
    let inside = before.chars().next_back().is_some_and(|c| !".!?:\n".contains(c));
    inside && request[at..].starts_with(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_count_less_than_wishes() {
        let request = "Play the song 'Let It Be' by Paul, then read ./a/notes.md about bread.";
        let tuning = Tuning::default();
        let values = Values::find(request, &tuning);
        let weight = |word: &str| values.weight(request, request.find(word).unwrap(), false);
        assert_eq!(weight("Play"), 1.0, "a sentence may begin with a capital");
        assert_eq!(weight("song"), 1.0);
        assert_eq!(weight("Let"), tuning.value);
        assert_eq!(weight("Paul"), tuning.proper);
        assert_eq!(weight("notes"), tuning.value);
        assert_eq!(weight("bread"), tuning.subject);
        assert_eq!(weight("read"), 1.0);
    }

    #[test]
    fn apostrophes_open_no_quotation() {
        let request = "the user's file and the team's plan";
        assert_eq!(
            Values::find(request, &Tuning::default()).weight(request, request.find("file").unwrap(), false),
            1.0
        );
    }
}
