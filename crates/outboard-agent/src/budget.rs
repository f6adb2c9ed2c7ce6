//! What was spent, what may be, and our own count beside the provider's.

use crate::conversation::{Entry, Part};
use crate::ports::Count;
use crate::prices::cost;
use crate::provider::Usage;
use outboard_ledger::Price;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a conversation took so far, by the provider's own figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// Tokens.
    pub usage: Usage,
    /// In US dollars, where the price is known.
    pub cost_usd: Option<f64>,
    /// Turns of the model.
    pub turns: u32,
}

impl Spent {
    pub(crate) fn add(&mut self, usage: &Usage, price: Option<&Price>) {
        self.usage += *usage;
        self.turns += 1;
        if let Some(price) = price {
            self.cost_usd = Some(self.cost_usd.unwrap_or(0.0) + cost(price, usage));
        }
    }
}

/// A limit that was reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// So many turns of one run.
    Turns(u32),
    /// So many tokens of a conversation, read and written together.
    Tokens(u64),
    /// So many US dollars of a conversation.
    Cost(f64),
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Turns(turns) => write!(f, "the limit of {turns} turns"),
            Limit::Tokens(tokens) => write!(f, "the limit of {tokens} tokens"),
            Limit::Cost(cost) => write!(f, "the limit of {cost} US dollars"),
        }
    }
}

/// What may be spent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Budget {
    pub(crate) tokens: Option<u64>,
    pub(crate) cost: Option<f64>,
    pub(crate) price: Option<Price>,
}

impl Budget {
    /// How many tokens the next turn may write when it reads about `context`; the limit where that is none.
    pub(crate) fn allows(&self, spent: &Spent, context: u64, most: u64) -> Result<u64, Limit> {
        let mut allowed = most;
        if let Some(limit) = self.tokens {
            let left = limit.saturating_sub(spent.usage.total()).saturating_sub(context);
            allowed = enough(allowed.min(left), Limit::Tokens(limit))?;
        }
        if let (Some(limit), Some(price)) = (self.cost, self.price) {
            let reading = cost(&price, &Usage { input: context, ..Usage::default() });
            let left = limit - spent.cost_usd.unwrap_or(0.0) - reading;
            let affordable = if price.output > 0.0 { (left.max(0.0) * 1e6 / price.output) as u64 } else { u64::MAX };
            let affordable = if left > 0.0 { affordable } else { 0 };
            allowed = enough(allowed.min(affordable), Limit::Cost(limit))?;
        }
        Ok(allowed)
    }
}

/// An answer of fewer tokens than this is worth nothing.
const LEAST: u64 = 64;

fn enough(allowed: u64, limit: Limit) -> Result<u64, Limit> {
    if allowed < LEAST { Err(limit) } else { Ok(allowed) }
}

/// Our own count of what went through the model's context: each thing once, and what was read in all turns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// The system prompt.
    pub prompt: u64,
    /// Definitions of tools.
    pub definitions: u64,
    /// Tasks and remarks.
    pub tasks: u64,
    /// What the model wrote: text, arguments, programs.
    pub written: u64,
    /// Results that it read.
    pub results: u64,
    /// The whole context of every turn, added up.
    pub read: u64,
}

impl Ledger {
    /// What the next turn reads.
    pub fn context(&self) -> u64 {
        self.prompt + self.definitions + self.tasks + self.written + self.results
    }

    pub(crate) fn note(&mut self, entry: &Entry, counter: &dyn Count) {
        match entry {
            Entry::User { text, .. } => self.tasks += counter.count(text),
            Entry::Model { parts } => {
                self.written += parts.iter().map(|part| written(part, counter)).sum::<u64>();
            }
            Entry::Tools { answers } => {
                self.results += answers.iter().map(|answer| counter.count(&answer.text)).sum::<u64>();
            }
        }
    }

    /// Counts the parts of the context again, after some were taken out.
    pub(crate) fn recount(&mut self, entries: &[Entry], counter: &dyn Count) {
        *self = Self { prompt: self.prompt, definitions: self.definitions, read: self.read, ..Self::default() };
        entries.iter().for_each(|entry| self.note(entry, counter));
    }
}

fn written(part: &Part, counter: &dyn Count) -> u64 {
    match part {
        Part::Text(text) => counter.count(text),
        Part::Call(call) => counter.count(&call.name) + counter.count(&call.arguments.to_string()),
        // Sealed: what it counts for is in the provider's figures only.
        Part::Opaque(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spent(input: u64, cost_usd: f64) -> Spent {
        Spent { usage: Usage { input, ..Usage::default() }, cost_usd: Some(cost_usd), turns: 1 }
    }

    #[test]
    fn the_last_turns_write_less_and_then_nothing() {
        let budget = Budget { tokens: Some(10_000), ..Budget::default() };
        assert_eq!(budget.allows(&spent(1_000, 0.0), 2_000, 4_000), Ok(4_000));
        assert_eq!(budget.allows(&spent(6_000, 0.0), 2_000, 4_000), Ok(2_000));
        assert_eq!(budget.allows(&spent(8_000, 0.0), 2_000, 4_000), Err(Limit::Tokens(10_000)));
    }

    #[test]
    fn money_is_reckoned_with_what_will_be_read() {
        let price = Price { input: 1.0, cached: 1.0, cache_write: None, output: 10.0 };
        let budget = Budget { cost: Some(0.02), price: Some(price), tokens: None };
        assert_eq!(budget.allows(&spent(0, 0.0), 10_000, 4_000), Ok(1_000));
        assert_eq!(budget.allows(&spent(0, 0.01), 10_000, 4_000), Err(Limit::Cost(0.02)));
        let free = Price { input: 0.0, cached: 0.0, cache_write: None, output: 0.0 };
        assert_eq!(Budget { price: Some(free), ..budget }.allows(&spent(0, 0.0), 10_000, 4_000), Ok(4_000));
    }
}
