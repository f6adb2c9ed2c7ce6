//! Configured credentials, removed from everything that is shown.

use crate::encodings;
use crate::needles::{Needle, Needles};
use outboard_types::Redacted;
use std::borrow::Cow;
use std::fmt;
use zeroize::Zeroizing;

/// Shorter secrets would remove ordinary text.
const SHORTEST: usize = 6;

/// Lines of secrets of several lines count alone from this length on.
const SHORTEST_LINE: usize = 16;

/// Finds known credentials in every common encoding.
pub struct Secrets {
    names: Vec<String>,
    needles: Needles,
}

/// A secret that is too short to be looked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the secret {name:?} has fewer than 6 characters and is not removed from what models and logs see; use a longer one"
)]
pub struct RefusedSecret {
    /// The secret's name.
    pub name: String,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("names", &self.names).finish_non_exhaustive()
    }
}

impl Secrets {
    /// Takes names and values, and says which are too short.
    pub fn new(values: impl IntoIterator<Item = (String, Redacted<String>)>) -> (Self, Vec<RefusedSecret>) {
        let mut secrets = Self { names: Vec::new(), needles: Needles::default() };
        let mut refused = Vec::new();
        for (name, value) in values {
            let value = value.expose().trim();
            if value.chars().count() < SHORTEST {
                refused.push(RefusedSecret { name });
            } else {
                secrets.add(&name, value);
            }
        }
        (secrets, refused)
    }

    fn add(&mut self, name: &str, value: &str) {
        let owner = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let plain = |c: char| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '_' };
        self.names.push(format!("[SECRET:{}]", name.chars().map(plain).collect::<String>()));
        let lines =
            value.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE && !line.starts_with("-----"));
        for text in std::iter::once(value).chain(lines) {
            for spelling in spellings(text) {
                self.needles.add(&Needle { text: &spelling, owner, exact: false, bounded: false });
            }
        }
    }

    /// The text with `[SECRET:name]` in place of each secret; borrowed if there is none.
    pub fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let hits = self.needles.search(text.as_bytes());
        if hits.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for hit in hits {
            out.push_str(&text[at..hit.range.start]);
            out.push_str(&self.names[hit.owner as usize]);
            at = hit.range.end;
        }
        out.push_str(&text[at..]);
        Cow::Owned(out)
    }
}

/// A secret in every encoding that it is likely to be met in.
fn spellings(text: &str) -> Vec<Zeroizing<String>> {
    let url = encodings::url(text);
    let json = encodings::json(text);
    let texts = [
        text.to_owned(),
        url.replace("%20", "+"),
        partly_encoded(text),
        json.replace('/', "\\/"),
        encodings::json_ascii(text),
        encodings::html(text),
        url,
        json,
    ];
    let texts = texts.map(Zeroizing::new);
    let bytes = texts.iter().flat_map(|text| {
        let hex = std::iter::once(encodings::hex(text.as_bytes()));
        hex.chain(encodings::base64_within(text.as_bytes())).map(Zeroizing::new)
    });
    let mut all: Vec<_> = bytes.collect();
    all.extend(texts);
    all.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    all.dedup();
    all
}

/// Percent-encoded as a whole URL is: what has a meaning in one stays.
fn partly_encoded(text: &str) -> String {
    let one = |c: char| if ";,/?:@&=+$#!'()*".contains(c) { c.to_string() } else { encodings::url(&c.to_string()) };
    text.chars().map(one).collect()
}
