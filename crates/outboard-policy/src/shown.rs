//! Text that others wrote, made safe to print: nothing in it is invisible or steers a terminal.

use outboard_catalog::is_hidden;

/// The text with every invisible or direction-changing character written out as `\u{…}`; line feeds and
/// tabs stay, other control characters do not.
pub fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            c if is_hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// One safe line of at most `max` characters.
pub(crate) fn excerpt(text: &str, max: usize) -> String {
    let short: String = text.chars().take(max).map(|c| if c == '\n' || c == '\t' { ' ' } else { c }).collect();
    let cut = text.chars().nth(max).is_some();
    format!("{}{}", shown(short.trim()), if cut { "…" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays_invisible() {
        assert_eq!(shown("a\u{202e}b\u{1b}[31m\nc"), "a\\u{202e}b\\u{1b}[31m\nc");
        assert_eq!(excerpt("one\ntwo three", 7), "one two…");
    }
}
