//! The kinds of private data, their labels, and the form in which two spellings of one value are equal.

use std::sync::Arc;

/// What a finding is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// E-mail address.
    Email,
    /// Telephone or fax number.
    Phone,
    /// Payment card number.
    Card,
    /// International bank account number.
    Iban,
    /// United States social security number.
    Ssn,
    /// National identity, tax or health number of another country.
    Id,
    /// IPv4 or IPv6 address.
    Ip,
    /// Hardware address of a network card.
    Mac,
    /// Street address.
    Address,
    /// Postal code.
    Postcode,
    /// Date of birth.
    Dob,
    /// Name of a person.
    Name,
    /// Password, key, token or another credential.
    Secret,
    /// A kind of the user's own, by its name.
    Custom(Arc<str>),
}

impl Kind {
    /// Every kind that is built in.
    pub const BUILT_IN: [Kind; 13] = [
        Kind::Email,
        Kind::Phone,
        Kind::Card,
        Kind::Iban,
        Kind::Ssn,
        Kind::Id,
        Kind::Ip,
        Kind::Mac,
        Kind::Address,
        Kind::Postcode,
        Kind::Dob,
        Kind::Name,
        Kind::Secret,
    ];

    /// Returns the word that stands for the kind in tokens and settings.
    pub fn label(&self) -> &str {
        match self {
            Kind::Email => "EMAIL",
            Kind::Phone => "PHONE",
            Kind::Card => "CARD",
            Kind::Iban => "IBAN",
            Kind::Ssn => "SSN",
            Kind::Id => "ID",
            Kind::Ip => "IP",
            Kind::Mac => "MAC",
            Kind::Address => "ADDRESS",
            Kind::Postcode => "POSTCODE",
            Kind::Dob => "DOB",
            Kind::Name => "NAME",
            Kind::Secret => "SECRET",
            Kind::Custom(name) => name,
        }
    }

    /// Returns the built-in kind with this label, in any case of letters.
    pub fn from_label(label: &str) -> Option<Kind> {
        Kind::BUILT_IN.into_iter().find(|kind| kind.label().eq_ignore_ascii_case(label))
    }

    /// Returns the form in which spellings of one value are equal.
    pub fn normal(&self, value: &str) -> String {
        match self {
            Kind::Email => value.trim().to_lowercase(),
            Kind::Phone => phone(value),
            Kind::Card | Kind::Ssn => value.chars().filter(char::is_ascii_digit).collect(),
            Kind::Iban | Kind::Id | Kind::Postcode | Kind::Mac => {
                value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
            }
            Kind::Ip => ip(value),
            Kind::Name | Kind::Address => words(value),
            Kind::Dob | Kind::Secret | Kind::Custom(_) => value.trim().to_owned(),
        }
    }
}

/// Digits without the signs of an international call; an extension stays apart.
fn phone(value: &str) -> String {
    let lower = value.to_ascii_lowercase();
    let (main, extension) = lower.split_once('x').unwrap_or((&lower, ""));
    let international = main.trim_start_matches(['(', ' ']).starts_with('+');
    let main = if international { main.replace("(0)", "") } else { main.to_owned() };
    let digits: String = main.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.strip_prefix("00").unwrap_or(&digits).to_owned();
    let extension: String = extension.chars().filter(char::is_ascii_digit).collect();
    if extension.is_empty() { digits } else { format!("{digits}x{extension}") }
}

fn ip(value: &str) -> String {
    let bare = value.trim_matches(['[', ']', ' ']);
    bare.parse::<std::net::IpAddr>().map_or_else(|_| bare.to_lowercase(), |address| address.to_canonical().to_string())
}

fn words(value: &str) -> String {
    value.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_value_are_equal() {
        assert_eq!(Kind::Email.normal("Ann@Example.COM"), Kind::Email.normal("ann@example.com"));
        assert_eq!(Kind::Phone.normal("+44 (0)20 7946 0018"), Kind::Phone.normal("0044 20 7946 0018"));
        assert_eq!(Kind::Card.normal("4111-1111 11111111"), "4111111111111111");
        assert_eq!(Kind::Iban.normal("de89 3704 0044 0532 0130 00"), "DE89370400440532013000");
        assert_eq!(Kind::Ip.normal("2001:DB8:0::1"), "2001:db8::1");
        assert_eq!(Kind::Name.normal(" Ann   LEE"), "ann lee");
    }

    #[test]
    fn labels_lead_back() {
        for kind in Kind::BUILT_IN {
            assert_eq!(Kind::from_label(&kind.label().to_lowercase()), Some(kind));
        }
    }
}
