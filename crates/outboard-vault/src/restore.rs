//! Values in place of tokens: in text, in JSON, in JSON within strings, in URLs, in programs, in streams.

pub(crate) mod code;
mod stream;

pub use stream::RestoreStream;

use crate::encodings;
use crate::entry::Entry;
use crate::error::UnknownToken;
use crate::state::State;
use crate::token::{Kinds, Mark, hints_at, marks, next_mark};
use serde::de::IgnoredAny;
use serde_json::Value;
use std::borrow::Cow;

/// How deep strings within strings are understood as JSON.
const DEPTH: usize = 6;

/// Restores with what one session holds.
pub(crate) struct Restorer<'s> {
    pub(crate) state: &'s State,
    pub(crate) kinds: &'s Kinds,
}

impl Restorer<'_> {
    pub(crate) fn text<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, UnknownToken> {
        self.text_at(text, 0)
    }

    fn text_at<'t>(&self, text: &'t str, depth: usize) -> Result<Cow<'t, str>, UnknownToken> {
        if !has_mark(text, self.kinds) {
            return Ok(Cow::Borrowed(text));
        }
        if depth < DEPTH && is_json(text) { self.json(text, depth) } else { self.plain(text) }
    }

    /// Values as they are; percent-encoded where the token is.
    pub(crate) fn plain<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, UnknownToken> {
        self.replaced(text, as_it_is)
    }

    fn replaced<'t>(
        &self,
        text: &'t str,
        write: impl for<'v> Fn(&'v str) -> Cow<'v, str>,
    ) -> Result<Cow<'t, str>, UnknownToken> {
        let mut out = String::new();
        let mut at = 0;
        while let Some(mark) = next_mark(text, at, self.kinds) {
            let (entry, end) = self.entry(text, &mark)?;
            out.push_str(&text[at..mark.range.start]);
            match mark.encoded {
                true => out.push_str(&encodings::url(entry.value())),
                false => out.push_str(&write(entry.value())),
            }
            at = end;
        }
        if at == 0 {
            return Ok(Cow::Borrowed(text));
        }
        out.push_str(&text[at..]);
        Ok(Cow::Owned(out))
    }

    /// JSON text: each string for itself; what is not touched stays as it was written.
    fn json<'t>(&self, text: &'t str, depth: usize) -> Result<Cow<'t, str>, UnknownToken> {
        let mut out = String::new();
        let (mut at, mut done) = (0, 0);
        while let Some(start) = memchr::memchr(b'"', &text.as_bytes()[at..]).map(|offset| at + offset) {
            let end = literal_end(text.as_bytes(), start);
            at = end;
            if let Some(restored) = self.literal(&text[start..end], depth)? {
                out.push_str(&text[done..start]);
                out.push_str(&restored);
                done = end;
            }
        }
        if done == 0 {
            return Ok(Cow::Borrowed(text));
        }
        out.push_str(&text[done..]);
        Ok(Cow::Owned(out))
    }

    /// One string of a JSON text, quotes included. `None` if it holds no token.
    ///
    /// What becomes a token only when escapes are undone was not written by whoever was shown the tokens: it
    /// stays text. Where such things hide, the other tokens are restored without a look at the inner structure.
    fn literal(&self, literal: &str, depth: usize) -> Result<Option<String>, UnknownToken> {
        if !has_mark(literal, self.kinds) {
            return Ok(None);
        }
        let content = serde_json::from_str::<String>(literal).ok();
        match content.filter(|content| self.same_marks(content, literal)) {
            Some(content) => Ok(Some(Value::String(self.text_at(&content, depth + 1)?.into_owned()).to_string())),
            None => self
                .replaced(literal, |value| Cow::Owned(encodings::json(value)))
                .map(|restored| Some(restored.into_owned())),
        }
    }

    fn same_marks(&self, one: &str, other: &str) -> bool {
        marks(one, self.kinds).map(|mark| &one[mark.range]).eq(marks(other, self.kinds).map(|mark| &other[mark.range]))
    }

    pub(crate) fn value(&self, value: &mut Value) -> Result<(), UnknownToken> {
        match value {
            Value::String(text) => {
                if let Cow::Owned(restored) = self.text(text)? {
                    *text = restored;
                }
            }
            Value::Array(items) => items.iter_mut().try_for_each(|item| self.value(item))?,
            Value::Object(map) => {
                map.values_mut().try_for_each(|item| self.value(item))?;
                if map.keys().any(|key| next_mark(key, 0, self.kinds).is_some()) {
                    let pairs = std::mem::take(map).into_iter();
                    *map =
                        pairs.map(|(key, item)| Ok((self.text(&key)?.into_owned(), item))).collect::<Result<_, _>>()?;
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
        Ok(())
    }

    /// The entry of a token, and where its text ends, the domain that is kept readable included.
    pub(crate) fn entry(&self, text: &str, mark: &Mark<'_>) -> Result<(&Entry, usize), UnknownToken> {
        let found = mark.number().and_then(|number| self.state.token(mark.kind, number));
        let entry = found.ok_or_else(|| self.unknown(text, mark))?;
        let shown = || entry.shown(false);
        let last = entry.last();
        if mark.hint.is_some_and(|hint| !last.as_deref().is_some_and(|last| hints_at(hint, last))) {
            return Err(refused(&text[mark.range.clone()], &format!("was changed: it was given out as {}", shown())));
        }
        let Some(suffix) = entry.suffix() else { return Ok((entry, mark.range.end)) };
        let Some(domain) = domain_start(text, mark.range.end) else { return Ok((entry, mark.range.end)) };
        let end = domain + suffix.len() - 1;
        if text.get(domain..end).is_some_and(|domain| domain.eq_ignore_ascii_case(&suffix[1..])) {
            return Ok((entry, end));
        }
        Err(refused(
            &text[mark.range.clone()],
            &format!("stands for a whole address: write it alone, or as {}", shown()),
        ))
    }

    fn unknown(&self, text: &str, mark: &Mark<'_>) -> UnknownToken {
        let kind = mark.kind;
        let known = match self.state.highest(kind) {
            Some(1) => format!("[{kind}_1] is the only one of its kind here"),
            Some(highest) => format!("the last of its kind here is [{kind}_{highest}]"),
            None => "none of its kind was given out here".to_owned(),
        };
        let reason = format!(
            "is not a token of this session, and was not sent on: {known}; tokens hold only in the session that \
             showed them and until they are forgotten, so fetch the value again with a tool instead of making one up"
        );
        refused(&text[mark.range.clone()], &reason)
    }
}

fn as_it_is(value: &str) -> Cow<'_, str> {
    Cow::Borrowed(value)
}

fn refused(token: &str, reason: &str) -> UnknownToken {
    UnknownToken { token: token.to_owned(), reason: reason.to_owned() }
}

/// Where a domain begins, if an at sign and the start of one follow here.
fn domain_start(text: &str, at: usize) -> Option<usize> {
    let rest = &text[at..];
    let start = if rest.starts_with('@') { at + 1 } else { rest.starts_with("%40").then_some(at + 3)? };
    text[start..].starts_with(|c: char| c.is_alphanumeric()).then_some(start)
}

/// Whether a text is a JSON object or array.
pub(crate) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Behind the quote that ends the string which begins here.
fn literal_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(offset) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += offset;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

/// Whether any place of the text has the form of a token.
pub(crate) fn has_mark(text: &str, kinds: &Kinds) -> bool {
    marks(text, kinds).next().is_some()
}
