//! What a key, a column header or a label says of its value: often more than the value itself.

use crate::words::{self, Words};
use crate::{Kind, names};

/// A key as words in small letters: `firstName`, `first_name` and `First name` are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key(Vec<String>);

/// What stands around a field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Around {
    /// Other fields of the same record say that it is about a person.
    pub(crate) is_person: bool,
}

impl Key {
    /// Splits a key at its borders.
    pub(crate) fn new(text: &str) -> Self {
        let mut words = vec![String::new()];
        let mut before = ' ';
        for c in text.chars().take(80) {
            if !c.is_alphanumeric() {
                words.push(String::new());
            } else {
                if c.is_uppercase() && (before.is_lowercase() || before.is_numeric()) {
                    words.push(String::new());
                }
                if let Some(word) = words.last_mut() {
                    word.extend(c.to_lowercase());
                }
            }
            before = c;
        }
        words.retain(|word| !word.is_empty());
        Self(words)
    }

    /// The words as one text.
    pub(crate) fn text(&self) -> String {
        self.0.join("_")
    }

    fn has(&self, words: &[&str]) -> bool {
        self.0.iter().any(|word| {
            words.contains(&word.as_str()) || word.strip_suffix('s').is_some_and(|one| words.contains(&one))
        })
    }

    /// Whether one of the words is in a list, `address2` and `addresses` like `address`.
    fn among(&self, words: &Words) -> bool {
        let one = |word: &str| words.contains(word);
        let stem = |word: &str| {
            let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
            (bare.len() > 3 && one(bare)) || word.strip_suffix('s').is_some_and(one)
        };
        self.0.iter().any(|word| one(word) || stem(word))
    }

    fn is(&self, all: &[&[&str]]) -> bool {
        all.iter().any(|words| self.0.len() >= words.len() && self.0.windows(words.len()).any(|own| own == *words))
    }

    /// Whether a record with this key is about a person.
    pub(crate) fn is_personal(&self) -> bool {
        self.among(&words::PHONE) || self.among(&words::PERSONAL) || self.is(words::BIRTH) || self.names_a_part()
    }

    /// Whether a column with this header holds persons.
    pub(crate) fn names_persons(&self) -> bool {
        let person = self.among(&words::HUMAN) || self.among(&words::PERSON);
        person && (self.0.len() == 1 || self.ends_in("name"))
    }

    /// Whether what is below this key is one end of a message.
    pub(crate) fn is_party(&self) -> bool {
        words::PARTY.contains(self.0.concat().as_str())
    }

    /// Whether the value is the number of a release.
    pub(crate) fn is_release(&self) -> bool {
        self.among(&words::RELEASE)
    }

    fn ends_in(&self, word: &str) -> bool {
        self.0.last().is_some_and(|last| last.trim_end_matches('s') == word)
    }

    fn names_a_part(&self) -> bool {
        self.among(&words::NAME) || (self.among(&words::PART) && self.ends_in("name"))
    }

    /// What the key says of a value, and how sure that is.
    pub(crate) fn says(&self, around: Around, value: &str) -> Option<(Kind, f32)> {
        let (value, digits) = (value.trim(), value.bytes().filter(u8::is_ascii_digit).count());
        if value.is_empty()
            || value.len() > 400
            || matches!(value, "null" | "none" | "None" | "N/A" | "n/a" | "-" | "unknown")
        {
            return None;
        }
        let numeric = value.chars().all(|c| !c.is_alphabetic());
        if self.is(&[&["ssn"], &["social", "security"]]) && digits == 9 {
            return Some((Kind::Ssn, 0.95));
        }
        if (self.is(&[&["card", "number"], &["cc", "number"], &["credit", "card"], &["pan"], &["cardnumber"]]))
            && numeric
            && (12..=19).contains(&digits)
        {
            return Some((Kind::Card, 0.9));
        }
        if self.has(&["iban"]) && digits >= 8 {
            return Some((Kind::Iban, 0.8));
        }
        if self.among(&words::PHONE)
            && (6..=17).contains(&digits)
            && value.len() <= 40
            && !self.has(&["count", "id", "type"])
        {
            return Some((Kind::Phone, 0.9));
        }
        self.place_or_time(value, digits)
            .or_else(|| self.credential(value))
            .or_else(|| self.person(around, value, digits))
    }

    fn place_or_time(&self, value: &str, digits: usize) -> Option<(Kind, f32)> {
        if self.is(words::BIRTH) && (digits >= 4 || value.len() <= 20) {
            return Some((Kind::Dob, 0.9));
        }
        let post = self.is(words::POST) || (self.0.len() == 1 && self.0[0] == "cap" && digits == 5);
        if post && (3..=12).contains(&value.len()) && value.chars().all(|c| c.is_alphanumeric() || c == ' ' || c == '-')
        {
            return Some((Kind::Postcode, 0.9));
        }
        let place = self.among(&words::STREET)
            && !self.among(&words::NO_STREET)
            && !self.has(&["id", "type", "count"])
            && value.contains(' ')
            && !value.contains("://");
        (place && (digits > 0 || value.contains(','))).then_some((Kind::Address, 0.85))
    }

    fn credential(&self, value: &str) -> Option<(Kind, f32)> {
        if self.among(&words::NO_SECRET) || value.len() < 6 || value.contains("://") {
            return None;
        }
        let token = self.has(&["token", "jwt", "bearer"])
            || self.is(&[
                &["api", "key"],
                &["access", "key"],
                &["private", "key"],
                &["secret", "key"],
                &["auth", "key"],
            ]);
        let dense = !value.contains(' ') || value.starts_with("Bearer ") || value.starts_with("Basic ");
        let varied = value.chars().any(|c| c.is_ascii_digit()) && value.chars().any(char::is_alphabetic);
        match () {
            () if self.among(&words::SECRET) && dense => Some((Kind::Secret, 0.85)),
            () if token && dense && varied && value.len() >= 12 => Some((Kind::Secret, 0.85)),
            () => None,
        }
    }

    fn person(&self, around: Around, value: &str, digits: usize) -> Option<(Kind, f32)> {
        if self.among(&words::ID) || self.is(&[&["national", "id"], &["tax", "id"], &["personal", "number"]]) {
            let dense = value.len() <= 30 && digits >= 5 && !self.has(&["plate", "type", "url", "key"]);
            return dense.then_some((Kind::Id, 0.7));
        }
        let last = self
            .0
            .last()
            .map(|word| word.strip_suffix('s').filter(|one| one.len() > 2).unwrap_or(word))
            .unwrap_or_default();
        let sure = names::is_name(value);
        if self.names_a_part() {
            return (sure > 0.0).then_some((Kind::Name, 0.95));
        }
        let human = words::HUMAN.contains(last)
            || self.is(&[&["bill", "to"], &["ship", "to"], &["sold", "to"], &["deliver", "to"]]);
        let named = last == "name" && (self.among(&words::HUMAN) || self.among(&words::PERSON));
        let person = (human || words::PERSON.contains(last)) && self.0.len() <= 3;
        let alone = self.0.len() == 1 && around.is_person;
        let bare = alone && words::BARE.contains(self.0[0].as_str());
        let part = alone && matches!(last, "first" | "last" | "given" | "family");
        match () {
            () if (named || bare || part) && sure > 0.0 => Some((Kind::Name, 0.9)),
            () if person && (sure >= 0.7 || human && sure >= 0.3) => Some((Kind::Name, 0.85)),
            () if last == "name" && self.0.len() == 1 && sure >= 0.9 => Some((Kind::Name, 0.7)),
            () if names::is_titled(value) && !self.has(&["title", "movie", "film", "book", "song", "product"]) => {
                Some((Kind::Name, 0.8))
            }
            () => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(key: &str, value: &str, is_person: bool) -> Option<Kind> {
        Key::new(key).says(Around { is_person }, value).map(|(kind, _)| kind)
    }

    #[test]
    fn keys_are_split_into_words() {
        for key in ["firstName", "first_name", "First name", "first-name"] {
            assert_eq!(Key::new(key).text(), "first_name", "{key}");
        }
    }

    #[test]
    fn a_key_says_what_its_value_is() {
        for (key, value, kind) in [
            ("ssn", "638186468", Kind::Ssn),
            ("mobilePhone", "0170 1234567", Kind::Phone),
            ("first_name", "Ada", Kind::Name),
            ("customer_name", "Ada Lovelace", Kind::Name),
            ("assignee", "Ada Lovelace", Kind::Name),
            ("date_of_birth", "1815-12-10", Kind::Dob),
            ("zip", "90210", Kind::Postcode),
            ("shippingAddress", "12 Main Street, Springfield", Kind::Address),
            ("password", "hunter2hunter2", Kind::Secret),
            ("api_key", "abcdef0123456789", Kind::Secret),
            ("passport_number", "L01X00T47", Kind::Id),
        ] {
            assert_eq!(says(key, value, false), Some(kind), "{key}");
        }
        assert_eq!(says("name", "Ada Lovelace", true), Some(Kind::Name));
    }

    #[test]
    fn ordinary_fields_stay_as_they_are() {
        for (key, value) in [
            ("name", "Blue lamp"),
            ("file_name", "Ada.txt"),
            ("product_name", "Desk Lamp"),
            ("next_page_token", "abc123def456ghi"),
            ("max_tokens", "4000000"),
            ("ip_address", "10.0.0.1 a"),
            ("phone_type", "mobile"),
            ("token_count", "1234567890123"),
            ("status", "Open"),
            ("owner", "platform-team"),
            ("title", "Ada Lovelace"),
            ("url", "https://x.example/a"),
            ("customer_id", "12345678"),
            ("company", "Acme GmbH"),
            ("customer", "Acme GmbH"),
        ] {
            assert_eq!(says(key, value, false), None, "{key}: {value}");
        }
    }
}
