//! Exact token counts with the o200k vocabulary. Loading it takes a moment and some memory, so only
//! commands that show figures do.

use outboard_execution::TokenCounter;
use std::sync::LazyLock;
use tiktoken_rs::CoreBPE;

static VOCABULARY: LazyLock<CoreBPE> =
    LazyLock::new(|| tiktoken_rs::o200k_base().expect("invariant: the vocabulary is part of the program"));

/// Counts with o200k.
pub(crate) struct O200k;

/// Longest piece that is counted at once: the vocabulary's pattern is slow on very long unbroken text.
const PIECE: usize = 64 << 10;

impl TokenCounter for O200k {
    fn count(&self, mut text: &str) -> u64 {
        let mut tokens = 0;
        while !text.is_empty() {
            let (piece, rest) = text.split_at(text.floor_char_boundary(PIECE));
            tokens += VOCABULARY.encode_ordinary(piece).len() as u64;
            text = rest;
        }
        tokens
    }

    fn label(&self) -> &'static str {
        "o200k"
    }
}
