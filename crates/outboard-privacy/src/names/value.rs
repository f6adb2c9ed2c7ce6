//! Whole values of a field: is this the name of a person?

use super::lexicon::ending;
use super::token::{Gap, Shape, Token, tokens};

/// The longest value that can be a name.
const LONGEST: usize = 80;
const TITLES: &[&str] = &["mr", "mrs", "ms", "dr", "prof", "herr", "frau", "mme", "sr", "sra", "sir"];
const PARTICLES: &[&str] =
    &["van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "du", "la", "le", "bin", "ibn", "al", "el"];
const SUFFIXES: &[&str] = &["jr", "sr", "md", "phd", "ii", "iii", "iv", "esq", "dds"];

/// Says how sure it is, from 0 to 1, that a value is the name of a person and nothing else.
pub fn is_name(value: &str) -> f32 {
    known_spelling(value).max(without_case(value.trim()))
}

/// Whether a value is a title and a name: `Dr. Ada Lovelace`.
pub(crate) fn is_titled(value: &str) -> bool {
    let words = tokens(value);
    words.len() > 1 && words[0].is(TITLES) && words[1].capital() && is_name(value) >= 0.95
}

/// Scripts that know no capital letters say less: two to four words of such letters, and nothing else.
fn without_case(value: &str) -> f32 {
    let letter = |c: char| {
        matches!(c, '\u{590}'..='\u{6ff}' | '\u{900}'..='\u{109f}' | '\u{10d0}'..='\u{10ff}' | '\u{1200}'..='\u{137f}'
            | '\u{1780}'..='\u{17ff}' | '\u{200c}' | '\u{200d}')
    };
    let digit = |c: char| c.is_numeric();
    let words = value.split(' ').count();
    let fits = value.len() <= LONGEST && (1..=4).contains(&words) && !value.contains(digit);
    if fits && value.chars().all(|c| letter(c) || c == ' ') && !value.is_empty() {
        return if words > 1 { 0.7 } else { 0.4 };
    }
    0.0
}

fn known_spelling(value: &str) -> f32 {
    let value = value.trim();
    let odd = |c: char| !(c.is_alphabetic() || c.is_whitespace() || matches!(c, '.' | ',' | '\'' | '’' | '-' | '·'));
    if value.is_empty() || value.len() > LONGEST || value.contains(odd) {
        return 0.0;
    }
    if value.chars().all(|c| eastern(c) || c == '·' || c == ' ') {
        return if (2..=6).contains(&value.chars().count()) { 0.7 } else { 0.0 };
    }
    let words = tokens(value);
    let core: Vec<&Token> =
        words.iter().filter(|word| !word.is(TITLES) && !word.is(SUFFIXES) && !word.is(PARTICLES)).collect();
    let broken =
        words.iter().any(|word| word.gap == Gap::Joined) || words.iter().skip(1).any(|word| word.gap == Gap::Line);
    if broken || core.is_empty() || core.len() > 5 || core.iter().any(|word| word.known.place() && !word.known.last()) {
        return 0.0;
    }
    score(&words, &core)
}

fn eastern(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

fn score(words: &[Token], core: &[&Token]) -> f32 {
    let titled = words[0].is(TITLES) && words.len() > 1;
    let first = core.iter().any(|word| word.known.first());
    let clear = core.iter().any(|word| word.known.first() && !word.known.plain());
    let family = core.iter().skip(1).any(|word| word.known.last() || ending(word.text, false));
    let stops = core.iter().filter(|word| word.known.stop() && !word.known.first() && !word.known.last()).count();
    let capital = core.iter().all(|word| word.capital() || word.shape == Shape::Initial);
    match core {
        _ if stops > 0 => 0.0,
        _ if titled => 0.95,
        [one] if clear => {
            if one.capital() {
                0.75
            } else {
                0.6
            }
        }
        [one] => {
            if (one.known.last() || ending(one.text, true)) && !one.known.plain() {
                0.55
            } else if one.known.first() && one.shape == Shape::Capital {
                0.3
            } else {
                0.1
            }
        }
        _ if clear && family => 0.97,
        _ if clear => {
            if capital {
                0.85
            } else {
                0.6
            }
        }
        _ if first && family => 0.85,
        _ if words.iter().any(|word| word.gap == Gap::Comma) && (first || family) => 0.8,
        _ if family && core.iter().all(|word| !word.known.plain()) => 0.7,
        _ if capital && core.len() <= 3 && core.iter().all(|word| !word.known.plain()) => 0.5,
        _ => 0.15,
    }
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn values_that_are_names() {
        for good in ["Ada Lovelace", "Dr. Anna Müller", "Lovelace, Ada", "Jean-Luc O'Neill", "maria garcia", "田中太郎"]
        {
            assert!(is_name(good) >= 0.5, "{good}: {}", is_name(good));
        }
        for bad in ["Acme GmbH", "", "ann@example.com", "42", "Wilson Group", "main", "user_1", "Berlin Office", "true"]
        {
            assert!(is_name(bad) < 0.5, "{bad}: {}", is_name(bad));
        }
    }
}
