//! Cuts a text into words, the way that vocabularies of this kind expect it.
//!
//! Their patterns end in a look ahead: of white space before a word, the last character belongs to the word. The
//! engine here knows no looking ahead, which keeps it linear whatever a text holds, so that rule is applied by hand.

use regex::Regex;

/// The pattern of o200k, without its last rule but one.
pub(super) const O200K: &str = concat!(
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|",
    r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+"
);

/// The pattern of most others, without the same rule.
pub(super) const USUAL: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|",
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+"
);

/// The words of a text; together they are the text.
pub(super) fn words<'a>(pattern: &Regex, text: &'a str) -> impl Iterator<Item = &'a str> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let found = pattern.find_at(text, at).filter(|found| !found.is_empty())?;
        let word = found.as_str();
        at = found.end() - left_over(word, &text[found.end()..]);
        Some(&text[found.start()..at])
    })
}

/// Bytes at the end of white space that belong to the word behind it.
fn left_over(word: &str, behind: &str) -> usize {
    let mut spaces = word.chars().rev();
    match spaces.next() {
        Some(last) if last.is_whitespace() && !matches!(last, '\r' | '\n') && !behind.is_empty() => {
            let runs = word.len() > last.len_utf8() && spaces.all(char::is_whitespace);
            if runs { last.len_utf8() } else { 0 }
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        words(&Regex::new(O200K).unwrap_or_else(|error| panic!("{error}")), text).collect()
    }

    #[test]
    fn of_white_space_before_a_word_the_last_belongs_to_it() {
        assert_eq!(cut("one  two\t\tthree"), ["one", " ", " two", "\t", "\tthree"]);
        assert_eq!(cut("end  "), ["end", "  "]);
        assert_eq!(cut("line \n \n  next\r\n"), ["line", " \n \n", " ", " next", "\r\n"]);
        assert_eq!(cut("a\u{3000}\u{3000}12345"), ["a", "\u{3000}", "\u{3000}", "123", "45"]);
    }

    #[test]
    fn words_make_up_the_text() {
        for text in ["", "it's {\"id\": 1}\r\n\r\n", "naïve 東京\u{301}", "\u{85}\u{a0} x", "  \n\t  ."] {
            assert_eq!(cut(text).concat(), text);
        }
    }
}
