//! Characters written as numbers: `97 100 97`, `0x61, 0x64`, `\\x61\\x64`, `01100001`.

/// Fewer characters are chance.
const FEWEST: usize = 6;

/// Longest number of a character.
const LONGEST: usize = 8;

/// How numbers are written.
const RADIXES: [u32; 4] = [10, 16, 8, 2];

/// The texts that rows of numbers spell, a line each.
pub(crate) fn codes(text: &str) -> String {
    let mut out = String::new();
    let mut rows: [String; 4] = Default::default();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let gap = bytes[at..].iter().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
        let start = at + gap;
        let length = bytes[start..].iter().take(LONGEST + 1).take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let far = gap > 4 && !rows.iter().all(String::is_empty);
        if far || length > LONGEST {
            rows.iter_mut().for_each(|row| end(row, &mut out));
        }
        if length > LONGEST {
            at = start + bytes[start..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            continue;
        }
        let word = &bytes[start..start + length];
        at = start + length;
        // In front of a number: `U+0061`.
        if matches!(word, b"U" | b"u" | b"x") {
            continue;
        }
        for (row, radix) in rows.iter_mut().zip(RADIXES) {
            match character(word, radix) {
                Some(c) => row.push(c),
                None => end(row, &mut out),
            }
        }
    }
    rows.iter_mut().for_each(|row| end(row, &mut out));
    out
}

fn end(row: &mut String, out: &mut String) {
    if row.len() >= FEWEST {
        out.push_str(row);
        out.push('\n');
    }
    row.clear();
}

/// The character that a word is the number of.
fn character(word: &[u8], radix: u32) -> Option<char> {
    let word = std::str::from_utf8(word).ok()?;
    let (digits, widths) = match radix {
        16 => (word.trim_start_matches("0x").trim_start_matches(['x', 'u', 'U']), 2..=6),
        8 => (word.trim_start_matches("0o"), 3..=4),
        2 => (word.trim_start_matches("0b"), 7..=8),
        _ => (word, 2..=7),
    };
    widths.contains(&digits.len()).then_some(())?;
    readable(u32::from_str_radix(digits, radix).ok()?)
}

/// The character of a number; control characters are no text that anybody reads.
pub(super) fn readable(number: u32) -> Option<char> {
    char::from_u32(number).filter(|c| !c.is_control())
}

#[cfg(test)]
mod tests {
    use super::codes;

    #[test]
    fn rows_of_numbers_are_read() {
        for text in [
            "97 100 97 64 120 46 101",
            "[97,100,97,64,120,46,101]",
            "61 64 61 40 78 2e 65",
            "0x61, 0x64, 0x61, 0x40, 0x78, 0x2E, 0x65",
            "\\x61\\x64\\x61\\x40\\x78\\x2e\\x65",
            "U+0061 U+0064 U+0061 U+0040 U+0078 U+002E U+0065",
            "141 144 141 100 170 056 145",
            "01100001 01100100 01100001 01000000 01111000 00101110 01100101",
        ] {
            assert!(codes(text).lines().any(|line| line.ends_with("ada@x.e")), "{text}: {:?}", codes(text));
        }
        assert_eq!(codes("of 12 men 3 came, on 2024-01-31 at 10:20; and then not"), "");
    }
}
