//! Base64 and hexadecimal digits within a text, undone at every place where they may begin.
//!
//! Nearly every word could be base64, and what most words decode to is noise. So a word is decoded in place, and only what
//! is text for a while is kept: the work per byte stays that of a few table lookups, and what is looked at further is small.

/// Shorter runs of letters and digits hold no value.
const SHORTEST_BASE64: usize = 6;
const SHORTEST_HEX: usize = 8;

/// Shorter texts within noise are chance.
const SHORTEST_TEXT: usize = 6;

/// Shorter texts are chance even where nothing else was decoded.
const SHORTEST_WHOLE: usize = 3;

const NONE: u8 = 255;

/// What a byte stands for in either alphabet of base64.
const SEXTETS: [u8; 256] = {
    let mut table = [NONE; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            letter @ b'A'..=b'Z' => letter - b'A',
            letter @ b'a'..=b'z' => letter - b'a' + 26,
            digit @ b'0'..=b'9' => digit - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => NONE,
        };
        byte += 1;
    }
    table
};

/// What a byte stands for as a hexadecimal digit.
const NIBBLES: [u8; 256] = {
    let mut table = [NONE; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            digit @ b'0'..=b'9' => digit - b'0',
            letter @ b'a'..=b'f' => letter - b'a' + 10,
            letter @ b'A'..=b'F' => letter - b'A' + 10,
            _ => NONE,
        };
        byte += 1;
    }
    table
};

/// The texts within all base64 of a text, a line each.
pub(super) fn base64(text: &[u8]) -> String {
    let mut out = String::new();
    let mut bytes = Vec::new();
    each_run(text, &SEXTETS, SHORTEST_BASE64, |sextets| {
        for offset in 0..4.min(sextets.len()) {
            bytes.clear();
            let from = &sextets[offset..];
            let mut any = false;
            for four in from.chunks_exact(4) {
                let three = [four[0] << 2 | four[1] >> 4, four[1] << 4 | four[2] >> 2, four[2] << 6 | four[3]];
                any |= three.iter().all(|byte| is_texty(*byte));
                bytes.extend(three);
            }
            match *from.chunks_exact(4).remainder() {
                [one, two] => bytes.push(one << 2 | two >> 4),
                [one, two, three] => bytes.extend([one << 2 | two >> 4, two << 4 | three >> 2]),
                _ => {}
            }
            if any {
                texts(&bytes, offset == 0, &mut out);
            }
        }
    });
    out
}

/// The texts within all hexadecimal digits of a text, a line each.
pub(super) fn hex(text: &[u8]) -> String {
    let mut out = String::new();
    let mut bytes = Vec::new();
    each_run(text, &NIBBLES, SHORTEST_HEX, |nibbles| {
        for offset in 0..2 {
            bytes.clear();
            bytes.extend(nibbles[offset..].chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]));
            texts(&bytes, offset == 0, &mut out);
        }
    });
    out
}

/// Gives what the digits of each run stand for. Line breaks belong to a run: base64 in letters has them.
fn each_run(text: &[u8], digits: &[u8; 256], shortest: usize, mut take: impl FnMut(&[u8])) {
    let mut run = Vec::new();
    let mut at = 0;
    while at < text.len() {
        // Every run that is long enough has a byte at one of the places that are looked at, unless a line breaks in it.
        if digits[text[at] as usize] == NONE {
            at += 1;
            continue;
        }
        run.clear();
        while let Some(&byte) = text.get(at) {
            match digits[byte as usize] {
                NONE if matches!(byte, b'\r' | b'\n') => {}
                NONE => break,
                digit => run.push(digit),
            }
            at += 1;
        }
        if run.len() >= shortest {
            take(&run);
        }
    }
}

fn is_texty(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r' | 0x80..)
}

/// Appends what is text in the bytes; `whole` says that a short text counts where there is nothing else.
fn texts(bytes: &[u8], whole: bool, out: &mut String) {
    for part in bytes.utf8_chunks() {
        for text in part.valid().split(|c: char| c.is_ascii() && !is_texty(c as u8)) {
            let alone = whole && text.len() == bytes.len() && text.len() >= SHORTEST_WHOLE;
            if alone || text.len() >= SHORTEST_TEXT {
                out.push_str(text);
                out.push('\n');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_text_is_kept_wherever_it_begins() {
        assert_eq!(base64(b"say YWRhQGxvdmVsYWNlLmV4YW1wbGU= now").lines().next(), Some("ada@lovelace.example"));
        assert!(base64(b"ZZYWRhQGxvdmVsYWNlLmV4YW1wbGU").contains("ada@lovelace.example"));
        assert!(base64(b"YWRhQGxv\r\ndmVsYWNl").contains("ada@lovelace"));
        assert_eq!(hex(b"0x616461406c6f76656c616365"), "ada@lovelace\n");
        assert!(hex(b"f616461406c6f76656c616365").contains("ada@lovelace"));
        assert_eq!(base64("Sm9zw6kgTMOzcGV6".as_bytes()).lines().next(), Some("José López"));
    }

    #[test]
    fn prose_decodes_to_next_to_nothing() {
        let prose =
            "The quarterly report says that the order was shipped yesterday and arrived in good shape. ".repeat(100);
        assert!(base64(prose.as_bytes()).len() < prose.len() / 20);
        assert_eq!(hex(prose.as_bytes()), "");
    }
}
