//! What a key looks like: a name that a developer chose, or data. And what a word looks like.

/// Longest key that can be a name, in bytes.
const MAX_NAME: usize = 64;

/// What a key looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKind {
    /// An identifier.
    Name,
    /// Words with spaces and the like: a column's title, or a person.
    Phrase,
    /// An id, an address, a date, a number: never kept.
    Data,
}

pub(crate) fn key_kind(key: &str) -> KeyKind {
    let (mut digits, mut runs, mut phrase, mut in_digits) = (0, 0, false, false);
    if key.is_empty() || key.len() > MAX_NAME || key.starts_with(|c: char| c.is_ascii_digit()) {
        return KeyKind::Data;
    }
    for (at, c) in key.char_indices() {
        let digit = c.is_ascii_digit();
        digits += u32::from(digit);
        runs += u32::from(digit && !in_digits);
        in_digits = digit;
        match c {
            '_' | '-' | '$' | ':' => {}
            '@' if at == 0 => {}
            ' ' | '.' | '/' | '(' | ')' | '%' | '#' | '?' | '&' => phrase = true,
            c if digit || c.is_alphabetic() => {}
            _ => return KeyKind::Data,
        }
    }
    match (digits > 4 || runs > 2, phrase) {
        (true, _) => KeyKind::Data,
        (_, true) => KeyKind::Phrase,
        _ => KeyKind::Name,
    }
}

/// What a key says about the strings below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Class {
    /// They say of what kind something is.
    Tag,
    /// Nothing.
    #[default]
    Plain,
    /// They are about people and places, are secrets, or are texts: never words of a type.
    Personal,
}

const TAGS: &str = " type kind status state typename object category level severity priority mode currency unit units \
    role event action method format language lang direction visibility phase stage conclusion outcome scope access \
    protocol encoding operation op variant discriminator ";

const PERSONAL: &str = " name names user users username author authors owner owners assignee assignees login nick \
    nickname person people customer client contact member members surname firstname lastname fullname given family \
    title subject city town village street address location place region country company employer team group secret \
    token password passwd passphrase key credential email mail phone mobile by creator reviewer sender recipient from \
    to cc bcc participant attendee patient student teacher description comment message text body note notes value \
    answer question label labels tag tags diagnosis disease religion gender sex ethnicity nationality ";

/// The last word of a key decides whether it is a tag; any of its words, whether it is personal.
pub(crate) fn class(key: &str) -> Class {
    let words = words(key);
    let in_list = |list: &str, word: &String| list.contains(&format!(" {word} "));
    if words.last().is_some_and(|word| in_list(TAGS, word)) {
        Class::Tag
    } else if words.iter().any(|word| in_list(PERSONAL, word)) {
        Class::Personal
    } else {
        Class::Plain
    }
}

/// `createdByUser_id` as created, by, user, id.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for c in key.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && lower) {
            words.push(String::new());
        }
        lower = c.is_lowercase() || c.is_ascii_digit();
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a string can be one of a few words that a type lists: short, letters only, readable.
pub(crate) fn is_word(text: &str, class: Class) -> bool {
    const LONGEST: usize = 24;
    let bytes = text.as_bytes();
    let plain = |b: &u8| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-');
    if class == Class::Personal || !(2..=LONGEST).contains(&bytes.len()) || !bytes.iter().all(plain) {
        return false;
    }
    bytes[0].is_ascii_alphabetic() && is_readable(bytes) && (class == Class::Tag || !is_proper_noun(bytes))
}

/// `Berlin`, `Alice`.
fn is_proper_noun(word: &[u8]) -> bool {
    word[0].is_ascii_uppercase() && word[1..].iter().all(u8::is_ascii_lowercase)
}

/// Keys and passwords of letters alone have long runs of consonants, or change case at random.
fn is_readable(word: &[u8]) -> bool {
    let (mut run, mut longest, mut humps) = (0, 0, 0);
    for (at, b) in word.iter().enumerate() {
        let vowel = b"aeiouy".contains(&b.to_ascii_lowercase());
        run = if vowel || !b.is_ascii_alphabetic() { 0 } else { run + 1 };
        longest = longest.max(run);
        humps += u32::from(at > 0 && b.is_ascii_uppercase() && word[at - 1].is_ascii_lowercase());
    }
    longest <= 5 && humps <= 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_data() {
        for name in ["id", "created_at", "cc1", "@type", "og:title", "sha256", "größe", "room_surface_in_feet2"] {
            assert_eq!(key_kind(name), KeyKind::Name, "{name}");
        }
        for data in ["", "1", "2024-01-02", "a@b.example", "u_83c91d2e7f", "a3f2c1d0-77aa-4b1b-9c3e", "+49 30", "q\"q"]
        {
            assert_eq!(key_kind(data), KeyKind::Data, "{data}");
        }
        assert_eq!(key_kind("Order total (net)"), KeyKind::Phrase);
        assert_eq!(key_kind("Alice Smith"), KeyKind::Phrase);
        assert_eq!(key_kind(&"a".repeat(65)), KeyKind::Data);
    }

    #[test]
    fn the_last_word_of_a_key_makes_it_a_tag() {
        for (key, expected) in [
            ("type", Class::Tag),
            ("__typename", Class::Tag),
            ("userType", Class::Tag),
            ("createdBy", Class::Personal),
            ("first_name", Class::Personal),
            ("api_key", Class::Personal),
            ("size", Class::Plain),
        ] {
            assert_eq!(class(key), expected, "{key}");
        }
    }

    #[test]
    fn words_are_short_readable_and_impersonal() {
        for word in ["open", "in_progress", "READY", "camelCaseWord", "utf-eight"] {
            assert!(is_word(word, Class::Plain), "{word}");
        }
        for text in ["x", "Alice", "a b", "a@b", "abc1", "kJhQwErTyUiOp", "xkcdqzrtplmn", "aa.bb", "-ab", "ö\u{e4}"] {
            assert!(!is_word(text, Class::Plain), "{text}");
        }
        assert!(is_word("Closed", Class::Tag) && !is_word("closed", Class::Personal));
        assert!(!is_word(&"ab".repeat(13), Class::Tag));
    }
}
