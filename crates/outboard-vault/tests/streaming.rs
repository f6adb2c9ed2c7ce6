//! A stream may be cut anywhere.

use crate::support::{domains, find, key};
use outboard_vault::{RestoreStream, TokensHere, Vault};

#[test]
fn every_pair_of_cuts_gives_the_same_text() {
    let vault = Vault::memory(&key(), domains()).unwrap();
    let s = vault.session("s", 0).unwrap();
    let text = "é ann@corp.example, 4111 1111 1111 1234 [x 100% [EMAIL_1] 😀 Søn";
    let values = [("EMAIL", "ann@corp.example"), ("CARD", "4111 1111 1111 1234"), ("NAME", "Søn")];
    let out = s.protect(text, &find(text, &values), TokensHere::Foreign, None).unwrap().text;
    for first in 0..=out.len() {
        for second in (first..=out.len()).step_by(3) {
            let mut stream = RestoreStream::new(s.clone());
            let pieces = [&out.as_bytes()[..first], &out.as_bytes()[first..second], &out.as_bytes()[second..]];
            let mut whole: String = pieces.iter().map(|piece| stream.push(piece).unwrap()).collect();
            whole.push_str(&stream.finish().unwrap());
            assert_eq!(whole, text, "{first} {second}");
        }
    }
}

#[test]
fn byte_by_byte_little_is_held_back_and_unknown_tokens_are_refused() {
    let vault = Vault::memory(&key(), domains()).unwrap();
    let s = vault.session("s", 0).unwrap();
    let mut stream = RestoreStream::new(s.clone());
    let settled: usize = "[".repeat(5000).bytes().map(|byte| stream.push(&[byte]).unwrap().len()).sum();
    assert!(settled > 4400, "{settled}");
    let mut stream = RestoreStream::new(s);
    let failed = "[EMAIL_3]".bytes().any(|byte| stream.push(&[byte]).is_err());
    assert!(failed || stream.finish().is_err());
}
