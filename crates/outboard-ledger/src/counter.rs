//! What counts tokens.

use crate::pieces::pieces;
use std::sync::LazyLock;
use tiktoken_rs::CoreBPE;

/// Counts tokens. An exact counter holds a vocabulary; see [`TokenCounter::label`] for what a figure is.
pub trait TokenCounter: Send + Sync {
    /// Tokens in a text.
    fn count(&self, text: &str) -> u64;

    /// What the figures are, such as `o200k` or `estimate`.
    fn label(&self) -> &str;
}

static VOCABULARY: LazyLock<CoreBPE> =
    LazyLock::new(|| tiktoken_rs::o200k_base().expect("invariant: the vocabulary is part of the program"));

/// Counts exactly, with o200k. The first count loads the vocabulary, which takes a moment and some memory, so
/// only commands that show figures use it.
#[derive(Debug, Clone, Copy, Default)]
pub struct O200k;

impl TokenCounter for O200k {
    fn count(&self, text: &str) -> u64 {
        pieces(text).map(|piece| VOCABULARY.encode_ordinary(piece).len() as u64).sum()
    }

    fn label(&self) -> &'static str {
        "o200k"
    }
}

/// Four bytes a token: for processes that must stay small.
#[derive(Debug, Clone, Copy, Default)]
pub struct Estimate;

impl TokenCounter for Estimate {
    fn count(&self, text: &str) -> u64 {
        (text.len() as u64).div_ceil(4)
    }

    fn label(&self) -> &'static str {
        "estimate"
    }
}
