//! What begins with a digit: cards, social security numbers, addresses, national numbers, telephones.

use crate::checksum::{digits, luhn};
use crate::{Finding, Kind, context, ids, ip, phone};

/// Looks at what begins here; every attempt reads a bounded number of bytes.
pub(crate) fn at(text: &str, start: usize) -> Option<Finding> {
    if text.as_bytes()[start] == b'+' {
        return phone::at(text, start);
    }
    if few(&text.as_bytes()[start..]) {
        return ip::v4(text, start).or_else(|| ip::mac_at(text, start));
    }
    // National numbers come before cards: a word or a spelling speaks for them, and one in ten passes a card's check.
    ip::v4(text, start)
        .or_else(|| ids::number(text, start))
        .or_else(|| card(text, start))
        .or_else(|| ssn(text, start))
        .or_else(|| ip::mac_at(text, start))
        .or_else(|| phone::at(text, start))
}

/// Most numbers are years and amounts: fewer than six digits are no card, telephone or national number.
fn few(bytes: &[u8]) -> bool {
    let number = |b: &&u8| matches!(b, b'0'..=b'9' | b' ' | b'-' | b'.' | b'(' | b')' | b'/');
    bytes.iter().take(30).take_while(number).filter(|b| b.is_ascii_digit()).count() < 6
}

/// Digits in one piece or in groups with one and the same separator, of an issuer's range and length.
fn card(text: &str, start: usize) -> Option<Finding> {
    let bytes = text.as_bytes();
    let separator = bytes.get(start + 4).copied().filter(|b| matches!(b, b' ' | b'-'));
    let run = bytes[start..].iter().take(26).take_while(|b| b.is_ascii_digit() || Some(**b) == separator).count();
    let found = text[start..start + run].trim_end_matches([' ', '-']);
    let mut end = start + found.len();
    let mut number = digits(found);
    if separator.is_some() && number.len() > 16 && grouped(&found[..found.len().min(19)]) {
        end = start + 19;
        number.truncate(16);
    }
    let spaced = separator.is_none() || grouped(&text[start..end]);
    let joined = bytes.get(end).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
        || (start > 0 && matches!(bytes[start - 1], b'.' | b'_'))
        || (bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit));
    let fits = spaced && !joined && issuer(&number) && luhn(&number) && number.iter().any(|digit| *digit != number[0]);
    let sure = if number.len() == 13 && !context::has(context::before(text, start), &["card", "visa", "credit", "cc"]) {
        0.55
    } else {
        0.97
    };
    fits.then(|| Finding::new(start..end, Kind::Card, sure, "card"))
}

fn grouped(found: &str) -> bool {
    let widths: Vec<usize> = found.split([' ', '-']).map(str::len).collect();
    matches!(widths.as_slice(), [4, 4, 4, 4] | [4, 6, 5] | [4, 6, 4] | [4, 4, 4, 4, 3] | [4, 4, 4, 1..=3])
}

/// Says whether an issuer gives out numbers that begin so and are so long.
pub(crate) fn issuer(number: &[u8]) -> bool {
    if number.len() < 12 {
        return false;
    }
    let head = number[..4].iter().fold(0u16, |head, digit| head * 10 + u16::from(*digit));
    match head {
        4000..=4999 => matches!(number.len(), 13 | 16 | 19),
        5100..=5599 | 2221..=2720 => number.len() == 16,
        3400..=3499 | 3700..=3799 => number.len() == 15,
        3000..=3059 | 3095 | 3600..=3699 | 3800..=3999 => (14..=19).contains(&number.len()),
        6011 | 6440..=6599 | 6200..=6299 | 3528..=3589 | 2200..=2204 | 8100..=8171 => (16..=19).contains(&number.len()),
        5000..=5099 | 5600..=5899 | 6000..=6999 => (12..=19).contains(&number.len()),
        1800 | 2131 => number.len() == 15,
        _ => false,
    }
}

/// Three, two and four digits of a range that is given out.
fn ssn(text: &str, start: usize) -> Option<Finding> {
    let bytes = text.as_bytes();
    let run =
        bytes[start..].iter().take(12).take_while(|b| b.is_ascii_digit() || matches!(b, b'-' | b' ' | b'.')).count();
    let found = text[start..start + run].trim_end_matches(['-', ' ', '.']);
    let end = start + found.len();
    let number = digits(found);
    let widths: Vec<usize> = found.split(['-', ' ', '.']).map(str::len).collect();
    let joined = bytes.get(end).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
        || (start > 0 && matches!(bytes[start - 1], b'-' | b'.' | b'/' | b'_'))
        || (matches!(bytes.get(end), Some(b'-')) && bytes.get(end + 1).is_some_and(u8::is_ascii_digit));
    if number.len() != 9 || joined || !area(&number) {
        return None;
    }
    let dashes = widths == [3, 2, 4] && found.matches('-').count() == 2;
    let told =
        || context::has(context::before(text, start), &["ssn", "social security", "social sec", "ss#", "taxpayer"]);
    match (dashes, widths == [3, 2, 4] || widths == [9]) {
        (true, _) => Some(Finding::new(start..end, Kind::Ssn, 0.92, "ssn")),
        (_, true) if told() => Some(Finding::new(start..end, Kind::Ssn, 0.9, "ssn")),
        _ => None,
    }
}

/// Ranges that were never given out are no such number.
pub(crate) fn area(number: &[u8]) -> bool {
    let value = |digits: &[u8]| digits.iter().fold(0u32, |value, digit| value * 10 + u32::from(*digit));
    let area = value(&number[..3]);
    area != 0 && area != 666 && area < 900 && value(&number[3..5]) != 0 && value(&number[5..]) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_and_social_security_numbers() {
        for good in ["4111 1111 1111 1111", "4916711412905603", "3782-822463-10005", "5454639881222959"] {
            assert_eq!(at(good, 0).map(|f| (f.kind, f.range.len())), Some((Kind::Card, good.len())), "{good}");
        }
        assert!(card("4111 1111 1111 1112", 0).is_none());
        assert_eq!(at("638-18-6468", 0).map(|f| f.kind), Some(Kind::Ssn));
        assert!(ssn("666-18-6468", 0).is_none() && ssn("638186468", 0).is_none() && ssn("SSN 638186468", 4).is_some());
    }
}
