//! What a provider's usage costs, by the one table of prices.

use crate::provider::Usage;
use outboard_ledger::Price;

/// What this usage costs, in US dollars.
pub(crate) fn cost(price: &Price, usage: &Usage) -> f64 {
    let fresh = usage.input.saturating_sub(usage.cached).saturating_sub(usage.cache_write);
    let sum = fresh as f64 * price.input
        + usage.cached as f64 * price.cached
        + usage.cache_write as f64 * price.cache_write.unwrap_or(price.input)
        + usage.output as f64 * price.output;
    sum / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cached_costs_less() {
        let price = outboard_ledger::Prices::usual().find("claude-sonnet-4-5").unwrap();
        let usage = Usage { input: 1_000_000, cached: 500_000, cache_write: 100_000, output: 10_000 };
        assert!((cost(&price, &usage) - (1.2 + 0.15 + 0.375 + 0.15)).abs() < 1e-9);
    }
}
