//! What a run will probably cost, before its first turn.
//!
//! The first turn is known: prompt, definitions and task are counted. What follows is assumed, and the
//! assumptions are part of the estimate, so that a person who is asked can judge them.

use crate::prices::cost;
use crate::prompts::Mode;
use crate::provider::Usage;
use outboard_ledger::Price;
use serde::Serialize;

/// What a run will probably take.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// Tokens that the model reads in its first turn.
    pub first: u64,
    /// Turns that are assumed.
    pub turns: u64,
    /// Tokens read in all of them.
    pub input: u64,
    /// Tokens written in all of them.
    pub output: u64,
    /// In US dollars, where the price is known; as if nothing were cached.
    pub cost_usd: Option<f64>,
}

/// Tokens that a turn writes.
const WRITTEN: u64 = 400;

/// Estimates a run whose first turn reads `first` tokens.
pub fn estimate(mode: Mode, first: u64, price: Option<&Price>) -> Estimate {
    // Direct calls bring whole results into the context, programs bring reports.
    let (turns, growth) = match mode {
        Mode::Direct => (6, 1_500),
        Mode::Code => (4, 600),
    };
    let input = turns * first + growth * (turns * (turns - 1) / 2);
    let output = turns * WRITTEN;
    let usage = Usage { input, output, ..Usage::default() };
    Estimate { first, turns, input, output, cost_usd: price.map(|price| cost(price, &usage)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_read_in_every_turn() {
        let price = Price { input: 1.0, cached: 1.0, cache_write: None, output: 10.0 };
        let direct = estimate(Mode::Direct, 10_000, Some(&price));
        assert_eq!((direct.turns, direct.input), (6, 60_000 + 22_500));
        assert!((direct.cost_usd.unwrap() - 0.1065).abs() < 1e-9);
        assert!(estimate(Mode::Code, 900, None).input < 10_000);
    }
}
