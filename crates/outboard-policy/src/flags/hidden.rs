//! What a person does not see: invisible characters, foreign letters inside words, terminal sequences,
//! text pushed out of the window.

use super::fold::lookalike;
use super::{Finding, FlagKind, Weight};
use outboard_catalog::is_hidden;
use regex::Regex;
use std::sync::LazyLock;

/// Text behind so much nothing is not meant to be seen.
static PADDING: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:[ \t\u{a0}]{120,}|(?:[ \t]*\r?\n){20,})\S").expect("invariant: a tested pattern"));

pub(super) fn inspect(text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let around = |at: usize| {
        let start = text[..at].char_indices().rev().nth(20).map_or(0, |(start, _)| start);
        &text[start..]
    };
    if let Some(at) = hidden(text) {
        let why = "it holds characters that are invisible or change the reading direction";
        found.push(Finding::new(FlagKind::Hidden, Weight::Warning, around(at), why));
    }
    if let Some(at) = text.find(['\u{1b}', '\u{9b}']) {
        let why = "it holds terminal control sequences";
        found.push(Finding::new(FlagKind::Escape, Weight::Warning, around(at), why));
    }
    if let Some(word) = text.split(|c: char| !c.is_alphabetic()).find(|word| mixed(word)) {
        let why = "a word mixes letters of scripts that look alike";
        found.push(Finding::new(FlagKind::Lookalike, Weight::Warning, word, why));
    }
    if let Some(gap) = PADDING.find(text) {
        let why = "text stands behind a large gap, where it is not seen";
        found.push(Finding::new(FlagKind::Hidden, Weight::Warning, &text[gap.end() - 1..], why));
    }
    found
}

/// Where the first character stands that has no honest use at its place. Emoji use joiners, variation
/// selectors and tags, and some scripts need joiners; those are left alone.
fn hidden(text: &str) -> Option<usize> {
    let mut before = ' ';
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let after = chars.peek().map_or(' ', |(_, c)| *c);
        if is_hidden(c) && !honest(before, c, after) && !(at == 0 && c == '\u{feff}') {
            return Some(at);
        }
        // A whole run of tags is as honest as its beginning.
        if !(is_tag(c) && is_tag(before)) {
            before = c;
        }
    }
    None
}

fn honest(before: char, c: char, after: char) -> bool {
    match c {
        '\n' | '\r' | '\t' | '\u{1b}' | '\u{9b}' | '\u{ad}' => true,
        '\u{fe00}'..='\u{fe0f}' => !before.is_ascii_alphabetic() && !is_hidden(before),
        '\u{200c}' | '\u{200d}' => !(before.is_ascii() || after.is_ascii()),
        '\u{2028}' | '\u{2029}' => true,
        '\u{200e}' | '\u{200f}' => !(before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric()),
        c if is_tag(c) => before == '\u{1f3f4}' || is_tag(before),
        _ => false,
    }
}

fn is_tag(c: char) -> bool {
    ('\u{e0020}'..='\u{e007f}').contains(&c)
}

/// ASCII letters and lookalikes in one word.
fn mixed(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_alphabetic()) && word.chars().filter(|&c| lookalike(c).is_some()).count() > 0
}
