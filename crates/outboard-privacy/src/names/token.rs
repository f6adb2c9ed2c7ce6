//! A text as a row of words, each with what stands before it.

use super::lexicon::{Known, known};

/// How a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// `Ann`, `McDonald`.
    Capital,
    /// `ann`.
    Lower,
    /// `ANN`.
    Upper,
    /// `A` or `A.`.
    Initial,
    /// Digits are in it.
    Number,
}

/// What stands between a word and the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// One blank, or a few.
    Blank,
    /// A full stop and a blank.
    Stop,
    /// A comma and blanks.
    Comma,
    /// A colon and blanks.
    Colon,
    /// A line's end.
    Line,
    /// Anything else, quotes and brackets for instance.
    Other,
    /// Nothing but a mark that joins: `a/b`, `a@b`, `a_b`, `a.b`.
    Joined,
}

/// A word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    /// The word itself, without a genitive.
    pub(super) text: &'a str,
    pub(super) start: usize,
    pub(super) shape: Shape,
    pub(super) gap: Gap,
    pub(super) known: Known,
}

impl Token<'_> {
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Written as a name is, in a text that knows capital letters.
    pub(super) fn capital(&self) -> bool {
        matches!(self.shape, Shape::Capital | Shape::Upper)
    }

    pub(super) fn is(&self, words: &[&str]) -> bool {
        self.text.len() < 24 && words.iter().any(|word| word.eq_ignore_ascii_case(self.text))
    }
}

/// Splits a text into words.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::with_capacity(text.len() / 6);
    let mut end = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if !c.is_alphanumeric() {
            continue;
        }
        let mut stop = start + c.len_utf8();
        while let Some(&(at, c)) = chars.peek() {
            let inside = c.is_alphanumeric() || joins(text, at, c);
            if !inside {
                break;
            }
            stop = at + c.len_utf8();
            chars.next();
        }
        let word = text[start..stop].strip_suffix("'s").or_else(|| text[start..stop].strip_suffix("’s"));
        let word = word.unwrap_or(&text[start..stop]);
        let shape = shape(word);
        let known = if shape == Shape::Number { Known::default() } else { known(word) };
        found.push(Token { text: word, start, shape, gap: gap(&text[end..start], found.is_empty()), known });
        end = start + word.len();
    }
    found
}

/// A dash or an apostrophe between two letters belongs to the word.
fn joins(text: &str, at: usize, c: char) -> bool {
    matches!(c, '-' | '\'' | '’') && text[at + c.len_utf8()..].starts_with(char::is_alphabetic)
}

fn shape(word: &str) -> Shape {
    let mut chars = word.chars();
    let first = chars.next().unwrap_or(' ');
    if word.bytes().any(|b| b.is_ascii_digit()) || !first.is_alphabetic() {
        return Shape::Number;
    }
    let rest = chars.as_str();
    match (first.is_uppercase(), rest.is_empty()) {
        (true, true) => Shape::Initial,
        (true, false) if rest.chars().all(|c| !c.is_lowercase()) => Shape::Upper,
        (true, false) => Shape::Capital,
        _ => Shape::Lower,
    }
}

fn gap(between: &str, first: bool) -> Gap {
    if between.starts_with("'s") || between.starts_with("’s") {
        return Gap::Other;
    }
    let marks = between.trim_end_matches('\u{feff}');
    let blank = |c: char| matches!(c, ' ' | '\t' | '\u{a0}');
    if first || marks.contains(['\n', '\r']) {
        return Gap::Line;
    }
    let spaced = marks.contains(blank);
    match marks.trim_matches(blank) {
        "" if spaced => Gap::Blank,
        "." | "!" | "?" | "..." if spaced => Gap::Stop,
        "," => Gap::Comma,
        ":" if spaced => Gap::Colon,
        "/" | "@" | "_" | "." | "-" | "\\" | ":" | "::" | "=" | "&" | "#" | "$" | "" if !spaced => Gap::Joined,
        _ => Gap::Other,
    }
}
