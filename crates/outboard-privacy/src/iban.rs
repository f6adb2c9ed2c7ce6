//! International bank account numbers: the country's length and the remainder by 97.

use crate::{Finding, Kind};

/// Countries and lengths, as `CCnn`.
const LENGTHS: &str = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

/// Looks at a word that begins with two letters and two digits.
pub(crate) fn at(text: &str, start: usize) -> Option<Finding> {
    let bytes = text.as_bytes();
    let head = bytes.get(start..start + 4)?;
    if !(head[..2].iter().all(u8::is_ascii_alphabetic) && head[2..].iter().all(u8::is_ascii_digit)) {
        return None;
    }
    let wanted = length([head[0].to_ascii_uppercase(), head[1].to_ascii_uppercase()])?;
    let end = end(bytes, start, wanted)?;
    valid(&text[start..end]).then(|| Finding::new(start..end, Kind::Iban, 0.99, "iban"))
}

fn length(country: [u8; 2]) -> Option<usize> {
    let row = LENGTHS.as_bytes().chunks_exact(4).find(|row| row[..2] == country)?;
    Some(usize::from(row[2] - b'0') * 10 + usize::from(row[3] - b'0'))
}

/// Walks over letters and digits with at most one blank or dash between them.
fn end(bytes: &[u8], start: usize, wanted: usize) -> Option<usize> {
    let (mut at, mut count) = (start, 0);
    while count < wanted {
        let byte = *bytes.get(at)?;
        if byte.is_ascii_alphanumeric() {
            count += 1;
        } else if !matches!(byte, b' ' | b'-') || !bytes.get(at + 1)?.is_ascii_alphanumeric() {
            return None;
        }
        at += 1;
    }
    (!bytes.get(at).is_some_and(u8::is_ascii_alphanumeric)).then_some(at)
}

fn valid(value: &str) -> bool {
    let compact: Vec<u8> = value.bytes().filter(u8::is_ascii_alphanumeric).collect();
    let rest = compact[4..].iter().chain(&compact[..4]).fold(0u32, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        letter => (rest * 100 + u32::from(letter.to_ascii_uppercase() - b'A') + 10) % 97,
    });
    rest == 1
}

#[cfg(test)]
mod tests {
    #[test]
    fn blanks_and_checks() {
        assert!(super::at("DE89 3704 0044 0532 0130 00 x", 0).is_some());
        assert!(super::at("GB82WEST12345698765432", 0).is_some());
        assert!(super::at("GB82WEST12345698765431", 0).is_none());
        assert!(super::at("GB82WEST123456987654321", 0).is_none());
    }
}
