//! Cuts text into words: identifiers at their joints, scripts without spaces into pairs of characters.

use rust_stemmers::{Algorithm, Stemmer};

/// Longest word kept, in bytes; longer ones are cut, for they are values and not words.
const MAX_WORD: usize = 48;

/// Calls `emit` with every lower-cased word of a text and the byte offset at which it begins.
///
/// `getDocument`, `get_document` and `get-document` give `get` and `document`. A word with one joint is
/// emitted whole too (`GitHub`: `git`, `hub`, `github`), since people write such names either way.
pub(crate) fn words(text: &str, mut emit: impl FnMut(&str, usize)) {
    let mut start = None;
    for (at, c) in text.char_indices() {
        if c.is_alphanumeric() {
            start.get_or_insert(at);
        } else if let Some(from) = start.take() {
            run(text, from, at, &mut emit);
        }
    }
    if let Some(from) = start {
        run(text, from, text.len(), &mut emit);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Lower,
    Upper,
    Digit,
    Dense,
}

fn kind(c: char) -> Kind {
    if is_dense(c) {
        Kind::Dense
    } else if c.is_numeric() {
        Kind::Digit
    } else if c.is_uppercase() {
        Kind::Upper
    } else {
        Kind::Lower
    }
}

/// Whether a character belongs to a script written without spaces between words.
fn is_dense(c: char) -> bool {
    matches!(c as u32,
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x20000..=0x323AF)
}

/// One unbroken run of letters and digits.
fn run(text: &str, from: usize, to: usize, emit: &mut impl FnMut(&str, usize)) {
    let mut parts = Vec::new();
    let mut begin = from;
    let mut before: Option<(usize, Kind)> = None;
    for (offset, c) in text[from..to].char_indices() {
        let (at, now) = (from + offset, kind(c));
        if let Some((last_at, last)) = before {
            let border = match (last, now) {
                (Kind::Upper, Kind::Lower) => (last_at > begin).then_some(last_at),
                (last, now) if last != now => Some(at),
                _ => None,
            };
            if let Some(border) = border {
                parts.push((begin, border));
                begin = border;
            }
        }
        before = Some((at, now));
    }
    parts.push((begin, to));
    emit_parts(text, &parts, emit);
}

fn emit_parts(text: &str, parts: &[(usize, usize)], emit: &mut impl FnMut(&str, usize)) {
    for &(from, to) in parts {
        let part = &text[from..to];
        if part.chars().next().is_some_and(is_dense) { pairs(part, from, emit) } else { word(part, from, emit) }
    }
    if let [(from, joint), (_, to)] = *parts
        && !text[from..to].chars().any(is_dense)
        && joint > from
    {
        word(&text[from..to], from, emit);
    }
}

/// Overlapping pairs of characters; a lone character stands for itself.
fn pairs(part: &str, from: usize, emit: &mut impl FnMut(&str, usize)) {
    let starts: Vec<usize> = part.char_indices().map(|(at, _)| at).chain([part.len()]).collect();
    if starts.len() <= 2 {
        return emit(part, from);
    }
    for window in starts.windows(3) {
        emit(&part[window[0]..window[2]], from + window[0]);
    }
}

fn word(part: &str, from: usize, emit: &mut impl FnMut(&str, usize)) {
    let part = crate::fields::cut(part, MAX_WORD);
    if part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
        emit(part, from);
    } else {
        emit(&part.chars().flat_map(char::to_lowercase).map(plain).collect::<String>(), from);
    }
}

/// Takes the accent off the letters of western European languages, which people often leave out.
fn plain(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
        'ç' | 'č' | 'ć' => 'c',
        'è' | 'é' | 'ê' | 'ë' | 'ě' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ñ' | 'ń' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => 'o',
        'š' | 'ś' => 's',
        'ù' | 'ú' | 'û' | 'ü' | 'ů' => 'u',
        'ý' | 'ÿ' => 'y',
        'ž' | 'ź' | 'ż' => 'z',
        other => other,
    }
}

/// Reduces words to stems.
pub(crate) struct Stems(Stemmer);

impl Default for Stems {
    /// A stemmer for English; words of other languages pass mostly unchanged.
    fn default() -> Self {
        Self(Stemmer::create(Algorithm::English))
    }
}

impl Stems {
    /// The stem of a lower-cased word.
    pub(crate) fn stem(&self, word: &str) -> String {
        if word.is_ascii() { self.0.stem(word).into_owned() } else { word.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        let mut out = Vec::new();
        words(text, |word, _| out.push(word.to_owned()));
        out
    }

    #[test]
    fn splits_identifiers_at_their_joints() {
        assert_eq!(cut("get_document"), ["get", "document"]);
        assert_eq!(cut("google-drive.list"), ["google", "drive", "list"]);
        assert_eq!(cut("parseHTTPResponseCode"), ["parse", "http", "response", "code"]);
        assert_eq!(cut("GitHub"), ["git", "hub", "github"]);
        assert_eq!(cut("sha256"), ["sha", "256", "sha256"]);
        assert_eq!(cut("PDFs"), ["pd", "fs", "pdfs"], "the whole makes up for a wrong joint");
    }

    #[test]
    fn pairs_characters_of_scripts_without_spaces() {
        assert_eq!(cut("天气预报"), ["天气", "气预", "预报"]);
        assert_eq!(cut("票 x"), ["票", "x"]);
        assert_eq!(cut("查询weather"), ["查询", "weather"]);
    }

    #[test]
    fn lowers_and_takes_accents_off() {
        assert_eq!(cut("Café MÜNCHEN"), ["cafe", "munchen"]);
        assert_eq!(cut("ΑΘΗΝΑ"), ["αθηνα"]);
    }
}
