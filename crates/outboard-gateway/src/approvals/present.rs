//! Makes what a program, a model or a server wrote fit for a person's eyes.

use crate::Request;
use outboard_catalog::is_hidden;
use serde_json::Value;
use std::fmt::Write as _;

/// Longest text of arguments shown, in bytes.
const ARGUMENTS: usize = 4 * 1_024;

/// Arguments above this size are not indented before they are cut.
const PARSED: usize = 64 * 1_024;

/// Longest line taken from elsewhere, in characters.
const LINE: usize = 200;

/// The arguments, indented, made visible and cut.
pub(super) fn arguments(raw: &str, mask: Option<&dyn Fn(&str) -> String>) -> String {
    let parsed = (raw.len() <= PARSED).then(|| serde_json::from_str::<Value>(raw).ok()).flatten();
    let pretty = parsed.and_then(|value| serde_json::to_string_pretty(&value).ok());
    let masked = pretty.as_deref().unwrap_or(cut(raw, PARSED));
    let masked = mask.map_or_else(|| masked.to_owned(), |mask| mask(masked));
    let shown = visible(&masked, true);
    let kept = cut(&shown, ARGUMENTS);
    let left = raw.len().max(shown.len()) - kept.len();
    if left == 0 { shown } else { format!("{kept}\n… about {left} more bytes") }
}

/// One line of somebody else's text.
pub(super) fn line(text: &str) -> String {
    let shown = visible(text, false);
    match shown.char_indices().nth(LINE) {
        Some((at, _)) => format!("{}…", &shown[..at]),
        None => shown,
    }
}

/// What a call will change: what is declared, then the server's own words, marked as such.
pub(super) fn effect(request: &Request) -> String {
    let hints = request.hints();
    let declared = match (hints.read_only, hints.destructive) {
        (Some(true), _) => "declared to only read",
        (_, Some(true)) => "declared destructive",
        (_, Some(false)) => "declared to change things, but to destroy none",
        _ => "its effects are not declared",
    };
    let described = request.tool().map(|tool| tool.description.as_str()).unwrap_or_default();
    let first = described.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    match line(first.trim()) {
        words if words.is_empty() => declared.to_owned(),
        words => format!("{declared}; the server says: {words}"),
    }
}

/// Characters that hide or reorder others, as escapes that JSON also knows.
fn visible(text: &str, lines: bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) && !(lines && c == '\n') {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    shown
}

fn cut(text: &str, limit: usize) -> &str {
    let mut at = limit.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    &text[..at]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_show_and_the_text_stays_json() {
        let raw = "{\"path\": \"a\u{202e}txt.exe\u{e0041}\", \"note\": \"\\u001b[31mred\"}";
        let shown = arguments(raw, None);
        assert!(!shown.chars().any(|c| is_hidden(c) && c != '\n'), "{shown:?}");
        assert!(shown.contains("a\\u202etxt.exe\\udb40\\udc41"), "{shown}");
        let (before, after): (Value, Value) =
            (serde_json::from_str(raw).unwrap(), serde_json::from_str(&shown).unwrap());
        assert_eq!(before, after);
    }

    #[test]
    fn huge_arguments_are_cut_and_say_so() {
        let raw = serde_json::json!({"text": "é".repeat(1_000_000)}).to_string();
        let shown = arguments(&raw, None);
        assert!(shown.len() < ARGUMENTS + 64 && shown.contains("more bytes"));
        let masked =
            arguments("{\"email\":\"a@b.example\"}", Some(&|text: &str| text.replace("a@b.example", "[EMAIL_1]")));
        assert!(masked.contains("[EMAIL_1]"));
    }
}
