//! Cuts long texts where the vocabulary's pattern cuts them anyway.
//!
//! The pattern is slow on very long texts, so these are counted piece by piece. A cut between a letter or digit
//! and a mark that cannot belong to the same word falls between two matches of the pattern in every text: the
//! sum over the pieces is the count of the whole, which others can check with the whole text.

/// Size from which on a cut is looked for.
const PIECE: usize = 64 << 10;

/// The pieces of a text; together they are the text.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, after) = rest.split_at(cut(rest));
        rest = after;
        Some(piece)
    })
}

/// The first place to cut behind [`PIECE`] bytes; the end where there is none.
fn cut(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ends_word = |at: &usize| bytes[at - 1].is_ascii_alphanumeric() && begins_anew(bytes[*at]);
    (PIECE..bytes.len()).find(ends_word).unwrap_or(bytes.len())
}

/// An apostrophe may go on with a word (`it's`); what is not ASCII may be a letter or an accent.
fn begins_anew(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_alphanumeric() && byte != b'\''
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_up_the_text() {
        for text in ["", "short", &"word, ".repeat(50_000), &"ü".repeat(70_000), &"it's ".repeat(40_000)] {
            assert_eq!(pieces(text).collect::<String>(), *text);
        }
        assert_eq!(pieces(&"word, ".repeat(50_000)).count(), 5);
    }

    #[test]
    fn words_and_what_is_not_ascii_stay_whole() {
        let text = format!("{}'s café-x", "a".repeat(PIECE));
        let cut = pieces(&text).next().unwrap_or_default().len();
        assert_eq!(&text[cut..], " café-x");
    }
}
