//! Turns the o200k vocabulary into a table that is part of the program and needs no loading.
#![allow(clippy::unwrap_used, reason = "a build that cannot go on fails")]

#[path = "src/bpe/pack.rs"]
mod pack;

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/bpe/pack.rs");
    let vocabulary = tiktoken_rs::o200k_base().unwrap();
    // Ordinary tokens have numbers without a gap; behind the first gap are special ones, which no text has.
    let tokens: Vec<Vec<u8>> = (0..).map_while(|rank| vocabulary.decode_bytes(&[rank]).ok()).collect();
    assert!(tokens.len() == 199_998, "the vocabulary has another size: {}", tokens.len());
    std::fs::write(Path::new(&std::env::var_os("OUT_DIR").unwrap()).join("o200k.table"), pack::pack(&tokens)).unwrap();
}
