//! Text that servers wrote as string literals. What shows nothing is escaped, so that a reader sees it.

use outboard_catalog::is_hidden;
use serde_json::Value;
use std::fmt::Write;

/// A TypeScript literal.
pub(crate) fn typescript(text: &str) -> String {
    literal(text, |c, out| write!(out, "\\u{{{:x}}}", c as u32))
}

/// A Python literal. JSON's own escapes mean the same there.
pub(crate) fn python(text: &str) -> String {
    literal(text, |c, out| write!(out, "\\U{:08x}", c as u32))
}

/// JSON text of a value on one line, hidden characters written as JSON escapes.
pub(crate) fn json(value: &Value) -> String {
    visible(&value.to_string())
}

/// The same on many lines, for readers.
pub(crate) fn pretty_json(value: &Value) -> String {
    // The layout's line feeds stay; those within strings are escapes already.
    visible(&serde_json::to_string_pretty(value).unwrap_or_default())
}

fn visible(json: &str) -> String {
    let hidden = |c| is_hidden(c) && c != '\n';
    escaped(json, hidden, |c, out| c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}")))
}

fn literal(text: &str, escape: fn(char, &mut String) -> std::fmt::Result) -> String {
    escaped(&Value::from(text).to_string(), is_hidden, escape)
}

fn escaped(text: &str, hidden: fn(char) -> bool, escape: fn(char, &mut String) -> std::fmt::Result) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match hidden(c) {
            // Writing to a String cannot fail.
            true => escape(c, &mut out).unwrap_or_default(),
            false => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_shown_and_keep_their_value() {
        assert_eq!(typescript("a\"\n\u{200b}\u{e0041}"), r#""a\"\n\u{200b}\u{e0041}""#);
        assert_eq!(python("a\"\n\u{200b}\u{e0041}"), r#""a\"\n\U0000200b\U000e0041""#);
        let value = Value::from("a\u{202e}\u{e0041}\n");
        assert_eq!(serde_json::from_str::<Value>(&json(&value)).unwrap(), value);
        assert!(json(&value).is_ascii());
    }
}
