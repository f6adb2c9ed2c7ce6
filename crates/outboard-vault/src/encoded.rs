//! Known values within base64 and hexadecimal digits: `btoa(email)` in a result shows an address to whoever can read it.
//!
//! Only runs of letters and digits that are long enough to hold a value are decoded, at each place where one may begin,
//! and only long hits count: short ones come about by chance in the bytes of an image. What a program encodes in a way of
//! its own stays what it is.

use crate::encodings::{from_base64, from_hex};
use crate::needles::Needles;
use std::ops::Range;

/// Shorter runs are not decoded.
const SHORTEST_RUN: usize = 12;

/// Shorter hits are chance.
const SHORTEST_HIT: usize = 6;

/// A bit for each byte that base64 is written with; hexadecimal digits are among them.
const DIGITS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let it = byte as u8;
        table[byte] = it.is_ascii_alphanumeric() || matches!(it, b'+' | b'/' | b'-' | b'_');
        byte += 1;
    }
    table
};

/// The runs that hold a known value, in order; padding belongs to them. `hidden` says what is hidden already; it is asked
/// for one run after the other.
pub(crate) fn encoded(
    text: &[u8],
    known: &[&Needles],
    mut hidden: impl FnMut(&Range<usize>) -> bool,
) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    if known.iter().all(|known| known.is_empty()) {
        return all;
    }
    let mut at = 0;
    while let Some(run) = next_run(text, at) {
        at = run.end;
        if !hidden(&run) && holds(&text[run.clone()], known) {
            let padding = text[run.end..].iter().take(2).take_while(|byte| **byte == b'=').count();
            all.push(run.start..run.end + padding);
        }
    }
    all
}

/// The next run that is long enough. Every such run has a byte at one of the places that are looked at.
fn next_run(text: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from + SHORTEST_RUN - 1;
    while at < text.len() {
        if !DIGITS[text[at] as usize] {
            at += SHORTEST_RUN;
            continue;
        }
        let before = text[from..at].iter().rev().take_while(|byte| DIGITS[**byte as usize]).count();
        let start = at - before;
        let end = at + text[at..].iter().take_while(|byte| DIGITS[**byte as usize]).count();
        if end - start >= SHORTEST_RUN {
            return Some(start..end);
        }
        at = end + SHORTEST_RUN;
    }
    None
}

fn holds(run: &[u8], known: &[&Needles]) -> bool {
    let hits =
        |bytes: &[u8]| known.iter().any(|known| known.search(bytes).iter().any(|hit| hit.range.len() >= SHORTEST_HIT));
    let base64 = |offset: usize| run.get(offset..).and_then(from_base64).is_some_and(|bytes| hits(&bytes));
    let hex = |offset: usize| hits(&from_hex(&run[offset..]));
    (0..4).any(base64) || (run.iter().all(u8::is_ascii_hexdigit) && (0..2).any(hex))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::needles::Needle;

    fn found(text: &str) -> Vec<String> {
        let mut known = Needles::default();
        for (owner, value) in (0..).zip(["ada@lovelace.example", "Ann"]) {
            known.add(&Needle { text: value, owner, exact: false, bounded: false });
        }
        encoded(text.as_bytes(), &[&known], |_| false).into_iter().map(|range| text[range].to_owned()).collect()
    }

    #[test]
    fn encoded_values_are_found_wherever_they_begin() {
        for (text, run) in [
            ("YWRhQGxvdmVsYWNlLmV4YW1wbGU=", "YWRhQGxvdmVsYWNlLmV4YW1wbGU="),
            ("x: \"aWQ9NzthZGFAbG92ZWxhY2UuZXhhbXBsZTt4\", y", "aWQ9NzthZGFAbG92ZWxhY2UuZXhhbXBsZTt4"),
            ("(QURBQExPVkVMQUNFLkVYQU1QTEU=)", "QURBQExPVkVMQUNFLkVYQU1QTEU="),
            ("hex 616461406c6f76656c6163652e6578616d706c65.", "616461406c6f76656c6163652e6578616d706c65"),
            ("0616461406C6F76656C6163652E6578616D706C65", "0616461406C6F76656C6163652E6578616D706C65"),
        ] {
            assert_eq!(found(text), [run], "{text}");
        }
    }

    #[test]
    fn what_holds_no_value_stays() {
        for text in [
            "",
            "QW5u",
            "QW5uIHdhcyBoZXJlIQ==",
            "a_long_name_of_something/else",
            "short words only, many of them",
            &"A".repeat(9_999),
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn every_run_is_seen_whatever_stands_before_it() {
        for before in 0..40 {
            let text = format!("{}, YWRhQGxvdmVsYWNlLmV4YW1wbGU=", "ab ".repeat(before) + &"-".repeat(before % 13));
            assert_eq!(found(&text), ["YWRhQGxvdmVsYWNlLmV4YW1wbGU="], "{text}");
        }
    }
}
