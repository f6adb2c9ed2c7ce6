//! Tokens: their grammar, and where they stand in a text.
//!
//! `[KIND_n]` and `[KIND_n:…1234]`, also with percent-encoded brackets. Only declared kinds are tokens: what is
//! none, such as `[TODO_1]`, is nobody's business here.

use crate::error::VaultError;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

/// The kind of tokens that stand for a text which looked like a token where none can be.
pub const LITERAL: &str = "LITERAL";

/// The kind of values whose own kind was not declared.
pub const PRIVATE: &str = "PRIVATE";

const LONGEST_LABEL: usize = 32;
const LONGEST_BODY: usize = LONGEST_LABEL + 21;
const LONGEST_HINT: usize = 48;

/// No token is longer than this, kept domains apart.
pub(crate) const LONGEST: usize = 6 + LONGEST_BODY + 3 + LONGEST_HINT;

/// What is kept readable of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// Nothing.
    #[default]
    Whole,
    /// The part after the last `@`: `[EMAIL_1]@corp.example`.
    Domain,
    /// The last four letters or digits of a longer value: `[CARD_2:…1234]`.
    LastFour,
}

/// A token that was given out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Token {
    /// The label of the value's kind.
    pub kind: String,
    /// Its number among the session's values of this kind, from 1.
    pub number: u32,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}_{}]", self.kind, self.number)
    }
}

/// The labels that tokens may have.
#[derive(Debug)]
pub(crate) struct Kinds(BTreeSet<String>);

impl Kinds {
    pub(crate) fn new<'a>(labels: impl IntoIterator<Item = &'a str>) -> Result<Self, VaultError> {
        let own = [LITERAL, PRIVATE].into_iter();
        own.chain(labels).map(|label| checked(label).map(str::to_owned)).collect::<Result<_, _>>().map(Self)
    }

    /// The label itself if it was declared.
    pub(crate) fn declared<'a>(&self, label: &'a str) -> &'a str {
        if label != LITERAL && self.0.contains(label) { label } else { PRIVATE }
    }
}

fn checked(label: &str) -> Result<&str, VaultError> {
    let plain = label.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'));
    let joined = label.starts_with('_') || label.ends_with('_') || label.contains("__");
    let begins = label.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
    if plain && begins && !joined && label.len() <= LONGEST_LABEL {
        return Ok(label);
    }
    Err(VaultError::Kind { label: label.chars().take(40).collect() })
}

/// A place in a text that has the form of a token.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mark<'t> {
    pub(crate) range: Range<usize>,
    pub(crate) kind: &'t str,
    /// As written, perhaps with leading zeros or far too large.
    digits: &'t str,
    pub(crate) hint: Option<&'t str>,
    /// Its brackets are percent-encoded.
    pub(crate) encoded: bool,
}

impl Mark<'_> {
    /// The number, if it is one that could have been given out.
    pub(crate) fn number(&self) -> Option<u32> {
        if self.digits.starts_with('0') { None } else { self.digits.parse().ok() }
    }
}

/// The next place from `from` on that has the form of a token.
pub(crate) fn next_mark<'t>(text: &'t str, from: usize, kinds: &Kinds) -> Option<Mark<'t>> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        at += memchr::memchr2(b'[', b'%', bytes.get(at..)?)?;
        if let Some(mark) = mark_at(text, at, kinds) {
            return Some(mark);
        }
        at += 1;
    }
}

/// All places that have the form of a token, from left to right.
pub(crate) fn marks<'t>(text: &'t str, kinds: &Kinds) -> impl Iterator<Item = Mark<'t>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let mark = next_mark(text, at, kinds)?;
        at = mark.range.end;
        Some(mark)
    })
}

fn mark_at<'t>(text: &'t str, at: usize, kinds: &Kinds) -> Option<Mark<'t>> {
    let bytes = text.as_bytes();
    let encoded = bytes[at] == b'%';
    let body = if encoded { after_escape(bytes, at, *b"5b")? } else { at + 1 };
    let rest = &bytes[body..bytes.len().min(body + LONGEST_BODY + 1)];
    let length = rest.iter().take_while(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_')).count();
    let (kind, digits) = text[body..body + length].rsplit_once('_')?;
    let numeric = !digits.is_empty() && digits.len() <= 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !numeric || !kinds.0.contains(kind) {
        return None;
    }
    let mut end = body + length;
    let hint = hint_at(text, &mut end, encoded)?;
    let end =
        if encoded { after_escape(bytes, end, *b"5d")? } else { (*bytes.get(end)? == b']').then_some(end + 1)? };
    Some(Mark { range: at..end, kind, digits, hint, encoded })
}

/// The part after a colon, if there is one; moves `end` behind it. `None` if what is there cannot be a hint.
#[allow(clippy::option_option, reason = "no hint, and no token, are two things")]
fn hint_at<'t>(text: &'t str, end: &mut usize, encoded: bool) -> Option<Option<&'t str>> {
    let bytes = text.as_bytes();
    let start = match bytes.get(*end)? {
        b':' => *end + 1,
        b'%' if encoded => match after_escape(bytes, *end, *b"3a") {
            Some(start) => start,
            None => return Some(None),
        },
        _ => return Some(None),
    };
    let window = &bytes[start..bytes.len().min(start + LONGEST_HINT)];
    let length = if encoded {
        (0..window.len()).find(|&at| after_escape(window, at, *b"5d").is_some())?
    } else {
        window.iter().position(|&byte| byte == b']')?
    };
    // Nothing that begins a token may hide in a hint: each is found, whatever stands before it.
    let begins = |at: usize| {
        window[at] == b'[' || (window[at] == b'%' && !encoded) || after_escape(window, at, *b"5b").is_some()
    };
    if (0..length).any(begins) {
        return None;
    }
    *end = start + length;
    Some(Some(text.get(start..*end)?))
}

/// The place behind `%` and these two digits, in either case.
fn after_escape(bytes: &[u8], at: usize, digits: [u8; 2]) -> Option<usize> {
    let three = bytes.get(at..at + 3)?;
    (three[0] == b'%' && three[1..].eq_ignore_ascii_case(&digits)).then_some(at + 3)
}

/// Whether a hint is the end of the value, after a sign for what is left out.
pub(crate) fn hints_at(hint: &str, last: &str) -> bool {
    const LEFT_OUT: [&str; 6] = ["…", "...", "\\u2026", "%E2%80%A6", "%e2%80%a6", ""];
    hint.strip_suffix(last).is_some_and(|sign| LEFT_OUT.contains(&sign.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let kinds = Kinds::new(["EMAIL", "CARD", "STAFF_ID"]).unwrap();
        marks(text, &kinds).map(|mark| &text[mark.range]).collect()
    }

    #[test]
    fn tokens_are_found_in_every_spelling() {
        assert_eq!(found("a [EMAIL_1], [STAFF_ID_20]!"), ["[EMAIL_1]", "[STAFF_ID_20]"]);
        assert_eq!(
            found("?q=%5BEMAIL_1%5D&x=%5bCARD_2%3A%E2%80%A61234%5d"),
            ["%5BEMAIL_1%5D", "%5bCARD_2%3A%E2%80%A61234%5d"]
        );
        assert_eq!(found("[CARD_1:…1234][EMAIL_01]"), ["[CARD_1:…1234]", "[EMAIL_01]"]);
        assert_eq!(found("[[EMAIL_1]] [EMAIL_1[EMAIL_2]"), ["[EMAIL_1]", "[EMAIL_2]"]);
    }

    #[test]
    fn what_cannot_be_a_token_is_none() {
        for text in [
            "[TODO_1]",
            "[EMAIL_]",
            "[EMAIL1]",
            "[email_1]",
            "[EMAIL_1",
            "[EMAIL_1a]",
            "%5BEMAIL_1]",
            "[_1]",
            "[EMAIL_123456789012345678901]",
            "[",
            "%5",
            "%5B",
            "[EMAIL_1:",
            "[EMAIL_1:[TODO_1]",
            "%5BEMAIL_1%3A%5BTODO_1%5D",
            "[EMAIL_ 1]",
            "[SECRET:github]",
        ] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn labels_are_checked() {
        for bad in ["", "a", "1A", "_A", "A_", "A__B", "A-B", &"A".repeat(33)] {
            assert!(Kinds::new([bad]).is_err(), "{bad}");
        }
    }
}
