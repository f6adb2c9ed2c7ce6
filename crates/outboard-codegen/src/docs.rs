//! Text that servers wrote, made fit for comments and documentation.

use outboard_catalog::is_hidden;

/// Longest description of a property, in characters.
pub(crate) const PROPERTY: usize = 300;

/// Longest description of a tool, in characters; the whole is in the definition beside the module.
pub(crate) const TOOL: usize = 2_000;

/// Takes out what hides or reorders text and cuts to `limit` characters; says whether it had to cut.
pub(crate) fn cut(text: &str, limit: usize) -> (String, bool) {
    let plain = text.chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|&c| c == '\n' || !is_hidden(c));
    let plain: String = plain.take(limit.saturating_mul(2) + 1).collect();
    let plain = plain.trim();
    match plain.char_indices().nth(limit) {
        Some((at, _)) => (format!("{}…", plain[..at].trim_end()), true),
        None => (plain.to_owned(), false),
    }
}

/// On one line.
pub(crate) fn line(text: &str, limit: usize) -> String {
    cut(text, limit).0.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first sentence, for a line among many.
pub(crate) fn sentence(text: &str) -> String {
    const LONGEST: usize = 120;
    let first = text.trim_start().lines().next().unwrap_or_default();
    let end = first.find(". ").map_or(first.len(), |at| at + 1);
    line(&first[..end], LONGEST)
}

/// For a block comment of TypeScript: nothing in it ends the comment.
pub(crate) fn comment(text: &str) -> String {
    text.replace("*/", "* /")
}

/// For a documentation text of Python: nothing in it ends the text or is read as an escape.
pub(crate) fn docstring(text: &str) -> String {
    text.replace('\\', "\\\\").replace("\"\"\"", "'''")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_server_writes_ends_a_comment() {
        let shown = |text| comment(&cut(text, 99).0);
        assert_eq!(shown("a */ b"), "a * / b");
        assert_eq!(shown("*\u{200b}/ **/"), "* / ** /", "also when the parts were apart before");
        assert_eq!(shown("a\u{202e}b\u{7}c\td\u{2028}e"), "abc de");
        assert_eq!(docstring("a \"\"\" \\"), "a ''' \\\\");
        assert_eq!(line("two\n  lines", 99), "two lines");
    }

    #[test]
    fn long_texts_are_cut_and_say_so() {
        assert_eq!(cut("abcdef", 3), ("abc…".into(), true));
        assert_eq!(cut("abc", 3), ("abc".into(), false));
    }
}
