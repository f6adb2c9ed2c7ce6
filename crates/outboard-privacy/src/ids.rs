//! National numbers with check digits: one table.

use crate::checksum::{digits, luhn, mod11_10, modulo, verhoeff, weighted};
use crate::context;
use crate::{Finding, Kind};

/// A number that consists of digits alone.
struct Rule {
    name: &'static str,
    lengths: &'static [usize],
    /// Words of which one has to stand before; none are needed where the spelling says enough.
    words: &'static [&'static str],
    /// A spelling (`d` for a digit) that needs no word.
    spelling: &'static str,
    check: fn(&[u8]) -> bool,
}

const RULES: &[Rule] = &[
    Rule { name: "nhs", lengths: &[10], words: &["nhs", "national health"], spelling: "", check: nhs },
    Rule {
        name: "steuer-id",
        lengths: &[11],
        words: &["steuer", "idnr", "tax id", "tin"],
        spelling: "",
        check: steuer,
    },
    Rule {
        name: "nir",
        lengths: &[15],
        words: &["nir", "insee", "sécurité", "securite", "sécu"],
        spelling: "d dd dd dd ddd ddd dd",
        check: nir,
    },
    Rule { name: "bsn", lengths: &[9], words: &["bsn", "burgerservice", "sofi"], spelling: "", check: bsn },
    Rule { name: "pesel", lengths: &[11], words: &["pesel"], spelling: "", check: pesel },
    Rule {
        name: "personnummer",
        lengths: &[10, 12],
        words: &["personnummer", "personnr", "samordning"],
        spelling: "dddddd-dddd",
        check: swedish,
    },
    Rule { name: "cpf", lengths: &[11], words: &["cpf"], spelling: "ddd.ddd.ddd-dd", check: cpf },
    Rule { name: "cnpj", lengths: &[14], words: &["cnpj"], spelling: "dd.ddd.ddd/dddd-dd", check: cnpj },
    Rule {
        name: "aadhaar",
        lengths: &[12],
        words: &["aadhaar", "aadhar", "uidai", "uid"],
        spelling: "",
        check: aadhaar,
    },
    Rule { name: "ahv", lengths: &[13], words: &["ahv", "avs"], spelling: "ddd.dddd.dddd.dd", check: ahv },
    Rule { name: "sin", lengths: &[9], words: &["social insurance", "sin"], spelling: "", check: luhn },
    Rule { name: "tfn", lengths: &[9], words: &["tfn", "tax file"], spelling: "", check: tfn },
    Rule { name: "nif-pt", lengths: &[9], words: &["nif", "contribuinte"], spelling: "", check: portuguese },
    Rule {
        name: "rrn-be",
        lengths: &[11],
        words: &["rijksregister", "registre national", "national register"],
        spelling: "dd.dd.dd-ddd.dd",
        check: belgian,
    },
    Rule {
        name: "fodselsnummer",
        lengths: &[11],
        words: &["fødselsnummer", "fodselsnummer", "personnummer"],
        spelling: "",
        check: norwegian,
    },
    Rule {
        name: "za-id",
        lengths: &[13],
        words: &["id number", "south african", "identity number"],
        spelling: "",
        check: luhn,
    },
    Rule { name: "tckn", lengths: &[11], words: &["tckn", "kimlik"], spelling: "", check: turkish },
    Rule { name: "cnp", lengths: &[13], words: &["cnp", "cod numeric"], spelling: "", check: romanian },
];

/// Looks at a number that begins here.
pub(crate) fn number(text: &str, start: usize) -> Option<Finding> {
    if let Some(end) = chinese(text, start).or_else(|| spanish(text, start)) {
        return Some(Finding::new(start..end, Kind::Id, 0.9, "national-id"));
    }
    let (spelled, digits) = spelling(text, start);
    if digits.len() < 9 || digits.iter().all(|digit| *digit == digits[0]) {
        return None;
    }
    let mut before = None;
    let rule = RULES.iter().find(|rule| {
        rule.lengths.contains(&digits.len())
            && (rule.check)(&digits)
            && (rule.spelling == spelled || {
                let before = before.get_or_insert_with(|| context::before(text, start));
                context::has(before, rule.words)
            })
    })?;
    Some(Finding::new(start..start + spelled.len(), Kind::Id, 0.93, rule.name))
}

/// The shape of a number and its digits, at most 24 bytes.
fn spelling(text: &str, start: usize) -> (String, Vec<u8>) {
    let bytes = text.as_bytes();
    let run = bytes[start..]
        .iter()
        .take(25)
        .take_while(|b| b.is_ascii_digit() || matches!(b, b' ' | b'.' | b'-' | b'/'))
        .count();
    let found = text[start..start + run].trim_end_matches([' ', '.', '-', '/']);
    let end = start + found.len();
    if run == 25 || bytes.get(end).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_') {
        return (String::new(), Vec::new());
    }
    (found.chars().map(|c| if c.is_ascii_digit() { 'd' } else { c }).collect(), digits(found))
}

/// Looks at a word of letters and digits that begins here.
pub(crate) fn word(text: &str, start: usize) -> Option<Finding> {
    let end = italian(text, start).or_else(|| foreigner(text, start)).or_else(|| nino(text, start))?;
    Some(Finding::new(start..end, Kind::Id, 0.93, "national-id"))
}

fn alnum(text: &str, start: usize, count: usize) -> Option<(&[u8], usize)> {
    let bytes = text.as_bytes();
    let found = bytes.get(start..start + count)?;
    let fits =
        found.iter().all(u8::is_ascii_alphanumeric) && !bytes.get(start + count).is_some_and(u8::is_ascii_alphanumeric);
    fits.then_some((found, start + count))
}

fn valid_date(month: u64, day: u64) -> bool {
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

fn value(digits: &[u8]) -> u64 {
    modulo(digits, 1_000_000_007)
}

fn chinese(text: &str, start: usize) -> Option<usize> {
    const WEIGHTS: [i32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let (found, end) = alnum(text, start, 18)?;
    let body = found[..17].iter().all(u8::is_ascii_digit).then(|| digits(&text[start..start + 17]))?;
    let born = matches!(value(&body[6..8]), 18..=20) && valid_date(value(&body[10..12]), value(&body[12..14]));
    let check = b"10X98765432"[usize::try_from(weighted(&body, &WEIGHTS) % 11).ok()?];
    (born && found[17].to_ascii_uppercase() == check).then_some(end)
}

const SPANISH: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

fn spanish(text: &str, start: usize) -> Option<usize> {
    let dash = usize::from(text.as_bytes().get(start + 8) == Some(&b'-'));
    let number = text.as_bytes().get(start..start + 8)?;
    let (letter, end) = alnum(text, start + 8 + dash, 1)?;
    let fits = number.iter().all(u8::is_ascii_digit)
        && SPANISH[usize::try_from(value(&digits(&text[start..start + 8])) % 23).ok()?] == letter[0];
    fits.then_some(end)
}

fn foreigner(text: &str, start: usize) -> Option<usize> {
    let (found, end) = alnum(text, start, 9)?;
    let first = b"XYZ".iter().position(|letter| *letter == found[0])?;
    let number = found[1..8].iter().all(u8::is_ascii_digit).then(|| digits(&text[start + 1..start + 8]))?;
    let number = u64::try_from(first).ok()? * 10_000_000 + value(&number);
    (SPANISH[usize::try_from(number % 23).ok()?] == found[8]).then_some(end)
}

fn italian(text: &str, start: usize) -> Option<usize> {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    text.as_bytes().get(start + 6).filter(|b| b.is_ascii_digit())?;
    let (found, end) = alnum(text, start, 16)?;
    let letters = [0, 1, 2, 3, 4, 5, 8, 11, 15];
    if !letters.iter().all(|at| found[*at].is_ascii_alphabetic()) || !found[9].is_ascii_alphanumeric() {
        return None;
    }
    let sum: u32 = found[..15]
        .iter()
        .enumerate()
        .map(|(at, byte)| {
            let place = if byte.is_ascii_digit() { byte - b'0' } else { byte.to_ascii_uppercase() - b'A' };
            if at % 2 == 0 { ODD[usize::from(place)] } else { u32::from(place) }
        })
        .sum();
    (sum % 26 == u32::from(found[15].to_ascii_uppercase() - b'A')).then_some(end)
}

fn nino(text: &str, start: usize) -> Option<usize> {
    let spaced = text.as_bytes().get(start + 2) == Some(&b' ');
    let digit = text.as_bytes().get(start + 2 + usize::from(spaced));
    if !text.as_bytes()[start].is_ascii_uppercase() || !digit.is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let window = text.get(start..start + if spaced { 13 } else { 9 })?;
    let compact: Vec<u8> = window.bytes().filter(|b| *b != b' ').collect();
    let [a, b, middle @ .., last] = compact.as_slice() else { return None };
    let letter = |byte: &u8| byte.is_ascii_uppercase() && !b"DFIQUV".contains(byte);
    let head = letter(a)
        && letter(b)
        && *b != b'O'
        && !matches!(&compact[..2], b"BG" | b"GB" | b"NK" | b"KN" | b"TN" | b"NT" | b"ZZ");
    let body = middle.len() == 6 && middle.iter().all(u8::is_ascii_digit) && (b'A'..=b'D').contains(last);
    let end = start + window.len();
    let free = !text.as_bytes().get(end).is_some_and(u8::is_ascii_alphanumeric);
    let told =
        spaced || context::has(context::before(text, start), &["nino", "national insurance", "ni number", "ni no"]);
    (head && body && free && told).then_some(end)
}

fn nhs(d: &[u8]) -> bool {
    let check = 11 - weighted(d, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    check != 10 && check % 11 == i32::from(d[9])
}

fn steuer(d: &[u8]) -> bool {
    d[0] != 0 && mod11_10(d)
}

fn nir(d: &[u8]) -> bool {
    matches!(d[0], 1 | 2)
        && (valid_date(value(&d[3..5]), 1) || d[3] >= 2)
        && 97 - modulo(&d[..13], 97) == value(&d[13..])
}

fn bsn(d: &[u8]) -> bool {
    weighted(d, &[9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 == 0
}

fn pesel(d: &[u8]) -> bool {
    weighted(d, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 == 0 && valid_date(value(&d[2..4]) % 20, value(&d[4..6]))
}

fn swedish(d: &[u8]) -> bool {
    let d = &d[d.len() - 10..];
    luhn(d) && valid_date(value(&d[2..4]), value(&d[4..6]).checked_rem(60).unwrap_or(0))
}

/// Brazil's two check digits: weights fall to two, and wrap around above nine where `wrap` says so.
fn brazil(d: &[u8], wrap: i32) -> bool {
    let check = |count: usize| {
        let sum: i32 = d[..count].iter().rev().zip(0i32..).map(|(&digit, at)| i32::from(digit) * (at % wrap + 2)).sum();
        if sum % 11 < 2 { 0 } else { 11 - sum % 11 }
    };
    let body = d.len() - 2;
    check(body) == i32::from(d[body]) && check(body + 1) == i32::from(d[body + 1])
}

fn cpf(d: &[u8]) -> bool {
    brazil(d, 100)
}

fn cnpj(d: &[u8]) -> bool {
    brazil(d, 8)
}

fn aadhaar(d: &[u8]) -> bool {
    d[0] >= 2 && verhoeff(d)
}

fn ahv(d: &[u8]) -> bool {
    d.starts_with(&[7, 5, 6]) && weighted(d, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 == 0
}

fn tfn(d: &[u8]) -> bool {
    weighted(d, &[1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 == 0
}

fn portuguese(d: &[u8]) -> bool {
    let rest = weighted(d, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    i32::from(d[8]) == if rest < 2 { 0 } else { 11 - rest }
}

fn belgian(d: &[u8]) -> bool {
    let check = value(&d[9..]);
    let later = [&[2], &d[..9]].concat();
    97 - modulo(&d[..9], 97) == check || 97 - modulo(&later, 97) == check
}

fn norwegian(d: &[u8]) -> bool {
    weighted(d, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]) % 11 == 0 && weighted(d, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) % 11 == 0
}

fn turkish(d: &[u8]) -> bool {
    let odd = weighted(d, &[1, 0, 1, 0, 1, 0, 1, 0, 1]);
    let even = weighted(d, &[0, 1, 0, 1, 0, 1, 0, 1]);
    d[0] != 0 && (odd * 7 - even).rem_euclid(10) == i32::from(d[9]) && weighted(d, &[1; 10]) % 10 == i32::from(d[10])
}

fn romanian(d: &[u8]) -> bool {
    let rest = weighted(d, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
    i32::from(d[12]) == if rest == 10 { 1 } else { rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_numbers() {
        for good in [
            "NHS 943 476 5919",
            "Steuer-ID: 86095742719",
            "BSN 111222333",
            "PESEL 44051401359",
            "CPF 529.982.247-25",
            "12345678Z",
            "811218-9876",
        ] {
            let at = good.find(|c: char| c.is_ascii_digit()).unwrap();
            assert_eq!(number(good, at).map(|f| f.range.end), Some(good.len()), "{good}");
        }
        assert!(word("RSSMRA85T10A562S", 0).is_some() && word("RSSMRA85T10A562T", 0).is_none());
        assert!(word("X1234567L", 0).is_some() && word("AB 12 34 56 C", 0).is_some());
        assert!(number("11010519491231002X", 0).is_some() && number("110105194912310021", 0).is_none());
        assert!(number("943 476 5919", 0).is_none(), "digits alone need a word");
    }
}
