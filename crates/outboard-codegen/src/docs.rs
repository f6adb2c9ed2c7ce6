//! Text that servers wrote, made fit for comments and documentation.

use serde_json::Value;

/// Longest description of a property, in characters.
const PROPERTY: usize = 300;

/// Longest description of a tool, in characters; the whole is in the definition.
pub(crate) const TOOL: usize = 1_200;

/// Takes out what hides, reorders or ends something: control, zero-width and bidirectional characters, the
/// ends of block comments and of documentation texts. Cuts to `limit` characters.
pub(crate) fn clean(text: &str, limit: usize) -> String {
    let hidden = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    let plain: String = text.chars().filter(|&c| !hidden(c)).take(limit + 1).collect();
    let cut = match plain.char_indices().nth(limit) {
        Some((at, _)) => format!("{}…", plain[..at].trim_end()),
        None => plain,
    };
    // Taking characters out may have joined new endings, so these come last.
    cut.trim().replace("*/", "* /").replace("\"\"\"", "'''").replace('\\', "\\\\")
}

/// On one line.
pub(crate) fn line(text: &str, limit: usize) -> String {
    clean(text, limit).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a property's schema says beyond its type.
pub(crate) fn of_property(schema: &Value) -> String {
    let mut parts = Vec::new();
    if let Some(text) = schema.get("description").and_then(Value::as_str) {
        parts.push(text.to_owned());
    }
    for (key, name) in [
        ("default", "default"),
        ("format", "format"),
        ("pattern", "pattern"),
        ("minimum", "min"),
        ("maximum", "max"),
        ("minLength", "min length"),
        ("maxLength", "max length"),
        ("minItems", "min items"),
        ("maxItems", "max items"),
    ] {
        if let Some(value) = schema.get(key).filter(|value| !value.is_null()) {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            parts.push(format!("({name}: {})", shown.chars().take(80).collect::<String>()));
        }
    }
    line(&parts.join(" "), PROPERTY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_server_writes_ends_a_comment() {
        assert_eq!(clean("a */ b \"\"\" c", 99), "a * / b ''' c");
        assert_eq!(clean("*\u{200b}/", 99), "* /", "also when the parts were apart before");
        assert_eq!(clean("a\u{202e}b\u{7}c", 99), "abc");
        assert_eq!(line("two\n  lines", 99), "two lines");
    }
}
