//! Text that servers wrote, made fit for one line that a person or a model reads.

/// Longest one-line description of a server, in characters.
const LINE: usize = 100;

/// Whether a character shows nothing, or changes how its neighbours are shown: control, zero-width,
/// bidirectional, tag and filler characters and variation selectors. Line feeds and tabs count too.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The first sentence of a text on one line, at most 100 characters.
pub(crate) fn sentence(text: &str) -> String {
    let shown = |line: &str| -> String {
        line.chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|&c| !is_hidden(c)).collect()
    };
    let line = text.lines().map(shown).find(|line| !line.trim().is_empty()).unwrap_or_default();
    let first = line.trim().split_inclusive(". ").next().unwrap_or_default().trim();
    match first.char_indices().nth(LINE) {
        None => first.to_owned(),
        Some(_) => format!("{}…", first.chars().take(LINE - 1).collect::<String>().trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_one_short_visible_line() {
        assert_eq!(sentence("\n  Reads files.  And more.\nLast"), "Reads files.");
        assert_eq!(sentence("a\u{202e}b\u{200b}c\u{7}\u{e0041}d"), "abcd");
        assert_eq!(sentence("\u{200b}\nnext"), "next", "a line that shows nothing is no line");
        assert_eq!(sentence(&"x".repeat(300)).chars().count(), 100);
    }
}
