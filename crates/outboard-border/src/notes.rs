//! What was made unreadable, where, and why: for whoever asks what the model did not see.

use outboard_vault::Token;
use serde::{Deserialize, Serialize};

/// Notes of one execution at most; the rest is counted.
const MOST: usize = 1_000;

/// One place where a value became a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The token.
    pub token: String,
    /// Where, such as `result /customers/0/email` or `stdout`.
    pub at: String,
    /// The rule that found it, or `known` for a value that the session knew already.
    pub rule: String,
}

/// The notes of one execution.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// The first of them.
    pub notes: Vec<Note>,
    /// How many more there were.
    pub more: u64,
}

impl Notes {
    pub(crate) fn add(&mut self, tokens: &[Token], at: &str, rules: &[String]) {
        for (number, token) in tokens.iter().enumerate() {
            if self.notes.len() >= MOST {
                self.more += (tokens.len() - number) as u64;
                return;
            }
            let rule = rules.get(number).cloned().unwrap_or_else(|| "known".to_owned());
            self.once(Note { token: token.to_string(), at: at.to_owned(), rule });
        }
    }

    /// A token that stands in one place several times, or in answers of the same tool, is one row.
    pub(crate) fn once(&mut self, note: Note) {
        if self.notes.iter().any(|known| known.token == note.token && known.at == note.at) {
            return;
        }
        match self.notes.len() < MOST {
            true => self.notes.push(note),
            false => self.more += 1,
        }
    }

    /// Takes over other notes.
    pub fn append(&mut self, other: Self) {
        other.notes.into_iter().for_each(|note| self.once(note));
        self.more += other.more;
    }

    pub(crate) fn len(&self) -> usize {
        self.notes.len()
    }

    /// The notes behind the first ones.
    pub(crate) fn since(&mut self, first: usize) -> impl Iterator<Item = &mut Note> {
        self.notes.iter_mut().skip(first)
    }

    /// Whether nothing became a token.
    pub fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }
}
