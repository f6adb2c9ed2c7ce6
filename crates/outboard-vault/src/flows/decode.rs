//! The texts that a text may hold in other encodings, also within each other; depth and work are bounded.

use super::runs::{base64, hex};
use crate::{encodings, spell};
use std::borrow::Cow;

/// How deep encodings within encodings are undone.
const DEPTH: usize = 3;

/// What a text costs, in times its length: it is searched as it is, without separators, backwards and turned.
const COST: usize = 4;

/// How a text came out of another: the encodings that were undone, the outermost first.
pub(super) type How = Vec<&'static str>;

/// Visits the text and all that it may hold; false if work ended before that.
pub(super) fn each(text: &str, budget: &mut usize, visit: &mut dyn FnMut(&str, &How)) -> bool {
    let mut waiting = vec![(Cow::Borrowed(text), How::new())];
    while let Some((text, how)) = waiting.pop() {
        let Some(left) = budget.checked_sub(text.len() * COST) else { return false };
        *budget = left;
        visit(&text, &how);
        if how.len() == DEPTH {
            continue;
        }
        for (name, inner) in inner(&text, &how) {
            let mut how = how.clone();
            how.push(name);
            waiting.push((Cow::Owned(inner), how));
        }
    }
    true
}

/// What comes last is looked at first: the plainest explanation of a value is the one that is told.
fn inner(text: &str, how: &How) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    let mut add = |name, inner: String| {
        if inner != text && !inner.trim().is_empty() {
            all.push((name, inner));
        }
    };
    if !how.contains(&"reversed") {
        add("reversed", spell::reversed(text));
    }
    // What was put backwards is not looked at in every way once more.
    if how.last() != Some(&"reversed") {
        if let Some(glued) = spell::glued(text) {
            add("pieces+base64", base64(glued.as_bytes()));
            add("pieces+hex", hex(glued.as_bytes()));
        }
        add("codes", spell::codes(text));
    }
    if text.contains('\\') {
        add("json", encodings::from_json(text));
    }
    if text.contains(['%', '+']) {
        add("url", String::from_utf8_lossy(&encodings::from_url(text)).into_owned());
    }
    if text.contains('&') && text.contains(';') {
        add("html", from_html(text));
    }
    add("base64", base64(text.as_bytes()));
    add("hex", hex(text.as_bytes()));
    all
}

/// The common and the numeric references of HTML undone.
fn from_html(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(10).position(|byte| byte == b';');
        match end.and_then(|end| Some((end, reference(rest.get(1..end)?)?))) {
            Some((end, c)) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    let number = name.strip_prefix('#');
    match (name, number) {
        ("amp", _) => Some('&'),
        ("lt", _) => Some('<'),
        ("gt", _) => Some('>'),
        ("quot", _) => Some('"'),
        ("apos", _) => Some('\''),
        (_, Some(number)) => {
            let hex = number.strip_prefix(['x', 'X']);
            let code = hex.map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16));
            char::from_u32(code.ok()?)
        }
        _ => None,
    }
}
