//! Byte pair encoding, as far as counting needs it: how many tokens a text is, not which.
//!
//! The vocabulary is a table that is part of the program, so that a process which counts one text pays for one text.
//! Libraries for this build maps of a vocabulary in memory first, which takes longer than most programs run.

mod merge;
mod pack;
mod table;
mod words;

use regex::Regex;
use std::sync::LazyLock;
use table::Table;

static O200K: LazyLock<Bpe> = LazyLock::new(|| Bpe {
    table: Table::new(include_bytes!(concat!(env!("OUT_DIR"), "/o200k.table")).as_slice()),
    pattern: Regex::new(words::O200K).expect("invariant: a test uses the pattern"),
});

/// A vocabulary and how texts are cut into words for it.
pub(crate) struct Bpe {
    table: Table,
    pattern: Regex,
}

impl Bpe {
    /// The one that is part of the program.
    pub(crate) fn o200k() -> &'static Self {
        &O200K
    }

    /// One of these tokens, in the order of their ranks.
    pub(crate) fn of(tokens: &[Vec<u8>]) -> Self {
        let pattern = Regex::new(words::USUAL).expect("invariant: a test uses the pattern");
        Self { table: Table::new(pack::pack(tokens)), pattern }
    }

    /// How many tokens a text is. A byte that the vocabulary has no token for is one.
    pub(crate) fn count(&self, text: &str) -> u64 {
        words::words(&self.pattern, text).map(|word| merge::tokens(&self.table, word.as_bytes())).sum()
    }
}
