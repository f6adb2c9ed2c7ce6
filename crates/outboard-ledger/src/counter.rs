//! What counts tokens.

use crate::bpe::Bpe;

/// Counts tokens. An exact counter holds a vocabulary; see [`TokenCounter::label`] for what a figure is.
pub trait TokenCounter: Send + Sync {
    /// Tokens in a text.
    fn count(&self, text: &str) -> u64;

    /// What the figures are, such as `o200k` or `estimate`.
    fn label(&self) -> &str;
}

/// Counts exactly, with o200k, whose vocabulary is part of the program: nothing is loaded.
#[derive(Debug, Clone, Copy, Default)]
pub struct O200k;

impl TokenCounter for O200k {
    fn count(&self, text: &str) -> u64 {
        Bpe::o200k().count(text)
    }

    fn label(&self) -> &'static str {
        "o200k"
    }
}

/// Four bytes a token: for who wants nothing counted.
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
