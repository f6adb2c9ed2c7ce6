//! The texts that cross between a model and its tools, kept as they are and counted afterwards.

use crate::error::BenchError;
use outboard_ledger::{Account, Part, TokenCounter};
use serde::Serialize;
use std::io::{BufWriter, Write};
use std::path::Path;

/// One text.
#[derive(Serialize)]
struct Piece {
    /// 0 is what the model is given before its first turn.
    turn: u64,
    part: Part,
    text: String,
}

/// All texts of one conversation. Counting waits until the end, so that it costs the task no time.
#[derive(Default)]
pub(crate) struct Book {
    pieces: Vec<Piece>,
    turn: u64,
}

impl Book {
    /// Begins a turn of the model.
    pub(crate) fn turn(&mut self) {
        self.turn += 1;
    }

    /// Adds a text to the turn that is under way.
    pub(crate) fn add(&mut self, part: Part, text: impl Into<String>) {
        self.pieces.push(Piece { turn: self.turn, part, text: text.into() });
    }

    /// Counts every text.
    pub(crate) fn account(&self, counter: &dyn TokenCounter) -> Account {
        let mut account = Account::default();
        let mut turn = 0;
        for piece in &self.pieces {
            while turn < piece.turn {
                account.turn();
                turn += 1;
            }
            account.add(piece.part, counter.count(&piece.text));
        }
        account
    }

    /// Writes the texts, one a line: `{"turn", "part", "text"}`.
    pub(crate) fn save(&self, file: &Path) -> Result<(), BenchError> {
        let failed = |error: std::io::Error| BenchError::file(file, &error);
        let mut out = BufWriter::new(std::fs::File::create(file).map_err(failed)?);
        for piece in &self.pieces {
            serde_json::to_writer(&mut out, piece).map_err(|error| failed(error.into()))?;
            out.write_all(b"\n").map_err(failed)?;
        }
        out.flush().map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_ledger::Estimate;

    #[test]
    fn what_is_written_down_can_be_counted_again() {
        let mut book = Book::default();
        book.add(Part::Definitions, "12345678");
        book.turn();
        book.add(Part::Code, "1234");
        book.add(Part::Reports, "12345");
        let account = book.account(&Estimate);
        assert_eq!((account.turns(), account.tokens().total()), (2, 5));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("texts.jsonl");
        book.save(&file).unwrap();
        let text = std::fs::read_to_string(file).unwrap();
        assert_eq!(text.lines().nth(1), Some("{\"turn\":1,\"part\":\"code\",\"text\":\"1234\"}"));
    }
}
