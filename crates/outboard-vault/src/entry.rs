//! One value, its token, and what may be seen of it.

use crate::encodings;
use crate::needles::{Needle, Needles, SHORTEST};
use crate::token::{LITERAL, Token, View};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use zeroize::{Zeroize as _, Zeroizing};

/// A keyed digest of a value.
pub(crate) type Tag = [u8; 16];

/// Shorter numbers are masked only where they were detected: they occur everywhere.
const SHORTEST_NUMBER: usize = 5;

/// Names shorter than this are also words; they are looked for in their own case only.
const LONG_WORD: usize = 6;

/// Beyond this length chance no longer puts a value into a longer word.
const DISTINCT: usize = 8;

/// A domain longer than this is not kept readable.
const LONGEST_DOMAIN: usize = 200;

/// What is sealed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Private {
    pub(crate) value: String,
    pub(crate) normal: String,
    pub(crate) view: View,
    /// Where it was seen.
    pub(crate) servers: BTreeSet<String>,
}

impl Drop for Private {
    fn drop(&mut self) {
        self.value.zeroize();
        self.normal.zeroize();
    }
}

/// A value with its token.
pub(crate) struct Entry {
    pub(crate) kind: String,
    pub(crate) number: u32,
    pub(crate) tag: Tag,
    pub(crate) private: Private,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}_{}]", self.kind, self.number)
    }
}

impl Entry {
    pub(crate) fn value(&self) -> &str {
        &self.private.value
    }

    pub(crate) fn token(&self) -> Token {
        Token { kind: self.kind.clone(), number: self.number }
    }

    /// What stands behind the token in a text, at sign included.
    pub(crate) fn suffix(&self) -> Option<&str> {
        if self.private.view != View::Domain {
            return None;
        }
        let at = self.value().rfind('@')?;
        let domain = &self.value()[at + 1..];
        let plain = domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        (at > 0 && plain && !domain.is_empty() && domain.len() <= LONGEST_DOMAIN).then(|| &self.value()[at..])
    }

    /// The last four letters or digits, if they are shown.
    pub(crate) fn last(&self) -> Option<String> {
        if self.private.view != View::LastFour {
            return None;
        }
        let plain: Vec<char> = self.value().chars().filter(char::is_ascii_alphanumeric).collect();
        (plain.len() >= 12).then(|| plain[plain.len() - 4..].iter().collect())
    }

    /// What is put into a text in place of the value.
    pub(crate) fn shown(&self, percent_encoded: bool) -> String {
        let mut out = String::new();
        self.show(&mut out, percent_encoded);
        out
    }

    /// Appends what is put into a text in place of the value.
    pub(crate) fn show(&self, out: &mut String, percent_encoded: bool) {
        let (open, close, at) = if percent_encoded { ("%5B", "%5D", "%40") } else { ("[", "]", "@") };
        out.extend([open, &self.kind, "_"]);
        // Writing to a string does not fail.
        let _ = write!(out, "{}", self.number);
        if let Some(last) = self.last() {
            out.extend([if percent_encoded { "%3A%E2%80%A6" } else { ":…" }, &last]);
        }
        out.push_str(close);
        if let Some(suffix) = self.suffix() {
            out.extend([at, &suffix[1..]]);
        }
    }

    /// Adds the spellings in which the value is known again; each owner is `index` twice, plus one where the
    /// spelling is percent-encoded.
    pub(crate) fn known_by(&self, index: u32, needles: &mut Needles) {
        if self.kind == LITERAL {
            return;
        }
        let exact = is_short_word(self.value());
        let mut add = |text: &str, encoded: u32, bounded: bool| {
            needles.add(&Needle { text, owner: index * 2 + encoded, exact, bounded });
        };
        for text in spellings(self.value()).iter().filter(|text| is_telling(text)) {
            add(text, 0, is_bounded(text));
            let url = Zeroizing::new(encodings::url(text));
            if url.as_str() != text.as_str() {
                add(&url, 1, is_bounded(text));
            }
        }
        let normal = self.private.normal.as_str();
        if is_telling(normal) && normal.len() >= DISTINCT {
            add(normal, 0, true);
        }
    }
}

/// The value, and the ways to write it down that are not only about ASCII letters.
fn spellings(value: &str) -> Vec<Zeroizing<String>> {
    let mut all = vec![Zeroizing::new(value.to_owned())];
    let mut add = |text: String| {
        if !all.iter().any(|other| other.as_str() == text) {
            all.push(Zeroizing::new(text));
        }
    };
    add(encodings::json(value));
    if !value.is_ascii() {
        add(encodings::json_ascii(value));
        for text in [value.to_owned(), value.to_lowercase(), value.to_uppercase()] {
            add(encodings::composed(&text).into_owned());
            add(encodings::decomposed(&text).into_owned());
        }
    }
    all
}

/// Whether a text is long enough to be looked for everywhere.
pub(crate) fn is_telling(text: &str) -> bool {
    let letters = text.chars().any(char::is_alphabetic);
    text.len() >= if letters { SHORTEST } else { SHORTEST_NUMBER }
}

/// Whether a text may also be a common word.
pub(crate) fn is_short_word(text: &str) -> bool {
    text.is_ascii() && text.len() < LONG_WORD && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Whether a text counts only where it is not part of a longer word.
pub(crate) fn is_bounded(text: &str) -> bool {
    let words = text.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '-' | '.' | '\''));
    words || text.len() < DISTINCT
}
