//! A token estimate that needs no vocabulary, for bounding what the model is shown.

/// Estimates how many tokens a text has, rather too many than too few: letters count four to a token,
/// digits three, every other ASCII sign and every character beyond ASCII one.
///
/// Exact counts need a vocabulary of several megabytes; this is for cutting, not for reporting.
pub fn estimate_tokens(text: &str) -> usize {
    let (mut tokens, mut run, mut kind) = (0, 0, Kind::Space);
    for byte in text.bytes() {
        let next = Kind::of(byte);
        if next != kind {
            tokens += kind.tokens(run);
            (run, kind) = (0, next);
        }
        run += 1;
    }
    tokens + kind.tokens(run)
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Letter,
    Digit,
    Space,
    Sign,
    Wide,
}

impl Kind {
    fn of(byte: u8) -> Self {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => Kind::Letter,
            b'0'..=b'9' => Kind::Digit,
            b' ' | b'\n' | b'\t' | b'\r' => Kind::Space,
            0x80.. => Kind::Wide,
            _ => Kind::Sign,
        }
    }

    /// Tokens of a run of this kind; a single space joins the word that follows it.
    fn tokens(self, run: usize) -> usize {
        match self {
            Kind::Letter => run.div_ceil(4),
            Kind::Digit => run.div_ceil(3),
            Kind::Space => run.saturating_sub(1).div_ceil(4),
            Kind::Sign => run.div_ceil(2),
            Kind::Wide => run.div_ceil(2),
        }
    }
}

/// Keeps the head and the tail of a text within a number of tokens, and says what is missing between.
pub(crate) fn cut(text: &str, tokens: usize, tail_share: f64) -> Option<String> {
    if estimate_tokens(text) <= tokens {
        return None;
    }
    let tail = (tokens as f64 * tail_share) as usize;
    let head = take(text, tokens - tail, text.char_indices().map(|(at, c)| (at, at + c.len_utf8())));
    let from_end = text.char_indices().rev().map(|(at, _)| (at, text.len() - at));
    let tail = text.len() - take(text, tail, from_end).min(text.len() - head);
    let missing = tail - head;
    Some(format!("{}\n… {missing} bytes cut …\n{}", &text[..head], &text[tail..]))
}

/// How many bytes from one end fit a number of tokens; `ends` gives (position, bytes so far).
fn take(text: &str, tokens: usize, ends: impl Iterator<Item = (usize, usize)>) -> usize {
    let bytes = text.as_bytes();
    let (mut sum, mut last, mut taken) = (0.0, Kind::Space, 0);
    for (at, so_far) in ends {
        let kind = Kind::of(bytes[at]);
        // The first of a run is charged a whole token, which errs on the side of showing less.
        sum += match kind {
            _ if kind != last => 1.0,
            Kind::Letter | Kind::Space => 0.25,
            Kind::Digit => 1.0 / 3.0,
            Kind::Sign => 0.5,
            Kind::Wide => 1.0,
        };
        last = kind;
        if sum > tokens as f64 {
            break;
        }
        taken = so_far;
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_text_fits_and_keeps_both_ends() {
        let text: String = (0..5_000).map(|n| format!("row {n}: größe 值\n")).collect();
        let cut = cut(&text, 500, 0.3).unwrap();
        assert!(estimate_tokens(&cut) <= 520, "{}", estimate_tokens(&cut));
        assert!(cut.starts_with("row 0:") && cut.ends_with("row 4999: größe 值\n"));
    }

    #[test]
    fn a_short_text_is_left_alone() {
        assert_eq!(cut("short", 500, 0.3), None);
        assert_eq!(cut("", 0, 0.3), None);
    }
}
