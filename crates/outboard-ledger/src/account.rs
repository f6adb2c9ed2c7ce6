//! One conversation between a model and its tools.

use crate::tokens::{Part, Tokens};
use serde::{Deserialize, Serialize};

/// What one turn added to the context.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Turn {
    written: u64,
    read: u64,
}

/// The account of one conversation. Prompt and final answer are the same whichever way a task is done, and are
/// left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    tokens: Tokens,
    turns: Vec<Turn>,
}

/// What a provider bills for a conversation: the context goes to the model anew at every turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// Tokens that reach the model for the first time.
    pub fresh: u64,
    /// Tokens that it was sent before: cheap where the provider caches them, else as dear as fresh ones.
    pub repeated: u64,
    /// Tokens that it writes.
    pub output: u64,
}

impl Bill {
    /// All tokens of the bill.
    pub fn total(&self) -> u64 {
        self.fresh + self.repeated + self.output
    }
}

impl Account {
    /// Adds what the model is given before its first turn.
    pub fn given(&mut self, tokens: u64) {
        self.tokens.add(Part::Definitions, tokens);
    }

    /// Begins a turn: the model writes calls, all of which are answered before it goes on.
    pub fn turn(&mut self) {
        self.turns.push(Turn::default());
    }

    /// Adds to the turn that is under way; to what is given before if there is none yet.
    pub fn add(&mut self, part: Part, tokens: u64) {
        self.tokens.add(part, tokens);
        if let Some(turn) = self.turns.last_mut() {
            *(if part.is_written() { &mut turn.written } else { &mut turn.read }) += tokens;
        }
    }

    /// Each text once.
    pub fn tokens(&self) -> Tokens {
        self.tokens
    }

    /// Turns of the model: those with calls, and the last one, in which it answers.
    pub fn turns(&self) -> u64 {
        self.turns.len() as u64 + 1
    }

    /// The largest context that the model is sent.
    pub fn largest(&self) -> u64 {
        self.tokens.total()
    }

    /// What is billed.
    pub fn bill(&self) -> Bill {
        let mut bill = Bill::default();
        let (mut known, mut fresh) = (0, self.tokens.definitions);
        for turn in self.turns.iter().chain([&Turn::default()]) {
            bill.fresh += fresh;
            bill.repeated += known;
            bill.output += turn.written;
            known += fresh;
            // What the model wrote itself comes back to it as input.
            fresh = turn.written + turn.read;
        }
        bill
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_context_is_billed_at_every_turn() {
        let mut account = Account::default();
        account.given(100);
        account.turn();
        account.add(Part::Arguments, 10);
        account.add(Part::Results, 1_000);
        account.turn();
        account.add(Part::Arguments, 20);
        account.add(Part::Results, 5);
        assert_eq!((account.turns(), account.tokens().total()), (3, 1_135));
        // Turn 1 reads 100; turn 2 these and 1,010 more; turn 3 the 1,110 and 25 more.
        assert_eq!(account.bill(), Bill { fresh: 1_135, repeated: 100 + 1_110, output: 30 });
    }

    #[test]
    fn a_conversation_without_calls_reads_what_it_is_given_once() {
        let mut account = Account::default();
        account.given(7);
        assert_eq!(account.bill(), Bill { fresh: 7, repeated: 0, output: 0 });
    }
}
