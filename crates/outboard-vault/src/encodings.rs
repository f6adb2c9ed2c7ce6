//! The spellings that a value takes on its way through programs, and back.

use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, Engine as _, GeneralPurpose, GeneralPurposeConfig};
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use std::borrow::Cow;
use std::fmt::Write as _;

const LOOSE: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_encode_padding(false)
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, LOOSE);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LOOSE);

/// Percent-encoded as one component of a URL.
pub(crate) fn url(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            byte => push(&mut out, format_args!("%{byte:02X}")),
        }
    }
    out
}

/// As it stands within a JSON string.
pub(crate) fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// As it stands within a JSON string of ASCII only.
pub(crate) fn json_ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in json(text).chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| push(&mut out, format_args!("\\u{unit:04x}")));
        }
    }
    out
}

/// As it stands within HTML or XML.
pub(crate) fn html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.replace('"', "&quot;").replace('\'', "&#39;")
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        push(&mut out, format_args!("{byte:02x}"));
        out
    })
}

fn push(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = out.write_fmt(arguments);
}

/// What base64 of any text holds where that text holds these bytes: one spelling per alignment and alphabet.
pub(crate) fn base64_within(bytes: &[u8]) -> Vec<String> {
    let mut spellings = Vec::with_capacity(6);
    for shift in 0..3 {
        let padded = [&[0; 2][..shift], bytes].concat();
        // Characters that share bits with what stands before and behind differ from place to place.
        let inner = (shift * 8).div_ceil(6)..padded.len() * 8 / 6;
        for engine in [BASE64, BASE64_URL] {
            let text = engine.encode(&padded)[inner.clone()].to_owned();
            if !spellings.contains(&text) {
                spellings.push(text);
            }
        }
    }
    spellings
}

/// The bytes of base64 in either alphabet, with or without padding; what does not fit at the end is left out.
pub(crate) fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    let plain: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'=' | b'\r' | b'\n')).collect();
    let whole = if plain.len() % 4 == 1 { &plain[..plain.len() - 1] } else { &plain[..] };
    let urlsafe = whole.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let engine = if urlsafe { BASE64_URL } else { BASE64 };
    engine.decode(whole).ok()
}

/// Percent-encoding and plus signs undone.
pub(crate) fn from_url(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = if bytes[at] == b'%' { bytes.get(at + 1..at + 3).and_then(hex_byte) } else { None };
        out.push(pair.unwrap_or(if bytes[at] == b'+' { b' ' } else { bytes[at] }));
        at += if pair.is_some() { 3 } else { 1 };
    }
    out
}

/// Pairs of hexadecimal digits as bytes; a last odd one is left out.
pub(crate) fn from_hex(text: &[u8]) -> Vec<u8> {
    text.chunks_exact(2).map_while(hex_byte).collect()
}

fn hex_byte(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()
}

/// Backslash escapes of JSON undone; what is none stays.
pub(crate) fn from_json(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let length = escape_length(&rest[at..]);
        let decoded: Option<String> = serde_json::from_str(&format!("\"{}\"", &rest[at..at + length])).ok();
        out.push_str(decoded.as_deref().unwrap_or(&rest[at..at + length]));
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    out
}

/// Bytes of the escape that begins here; two of them for a surrogate pair.
fn escape_length(text: &str) -> usize {
    let unit = |at: usize| text.get(at..at + 6).is_some_and(|unit| unit.starts_with("\\u"));
    let high = text
        .get(2..4)
        .is_some_and(|start| matches!(start.as_bytes(), [b'd' | b'D', b'8'..=b'9' | b'a'..=b'b' | b'A'..=b'B']));
    match (unit(0), high && unit(6)) {
        (true, true) => 12,
        (true, false) => 6,
        _ => 1 + text[1..].chars().next().map_or(0, char::len_utf8),
    }
}

/// The composed form; borrowed where nothing changes.
pub(crate) fn composed(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// The decomposed form; borrowed where nothing changes.
pub(crate) fn decomposed(text: &str) -> Cow<'_, str> {
    DecomposingNormalizerBorrowed::new_nfd().normalize(text)
}

/// The form in which spellings of one text are equal: compatible characters composed, and in lower case.
pub(crate) fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let lower = ComposingNormalizerBorrowed::new_nfkc().normalize(text).to_lowercase();
    ComposingNormalizerBorrowed::new_nfc().normalize(&lower).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_undone() {
        let text = "O'Brien \"é\" 😀 a+b/c?\n";
        assert_eq!(from_url(&url(text)), text.as_bytes());
        assert_eq!(from_json(&json(text)), text);
        assert_eq!(from_json(&json_ascii(text)), text);
        assert_eq!(from_hex(hex(text.as_bytes()).as_bytes()), text.as_bytes());
        assert_eq!(from_json("\\q \\ud800 \\"), "\\q \\ud800 \\");
    }

    #[test]
    fn base64_of_any_surrounding_holds_one_of_the_spellings() {
        let secret = "s3cr3t?>~value";
        let spellings = base64_within(secret.as_bytes());
        for before in ["", "a", "ab", "abc", "abcd"] {
            for behind in ["", "x", "xy"] {
                let whole = BASE64.encode(format!("{before}{secret}{behind}"));
                assert!(spellings.iter().any(|spelling| whole.contains(spelling)), "{before} {behind}");
            }
        }
    }

    #[test]
    fn one_form_for_all_spellings_of_a_text() {
        assert_eq!(folded("ＡＮＮ é"), folded("ann e\u{301}"));
    }
}
