//! What tokens cost.

use crate::provider::Usage;
use serde::{Deserialize, Serialize};

/// US dollars for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// What the model reads anew.
    pub input: f64,
    /// What it reads from the provider's cache; as `input` without it.
    #[serde(default)]
    pub cached: Option<f64>,
    /// What is written into that cache; as `input` without it.
    #[serde(default)]
    pub cache_write: Option<f64>,
    /// What the model writes.
    pub output: f64,
}

impl Price {
    /// What this usage costs, in US dollars.
    pub fn cost(&self, usage: &Usage) -> f64 {
        let fresh = usage.input.saturating_sub(usage.cached).saturating_sub(usage.cache_write);
        let sum = fresh as f64 * self.input
            + usage.cached as f64 * self.cached.unwrap_or(self.input)
            + usage.cache_write as f64 * self.cache_write.unwrap_or(self.input)
            + usage.output as f64 * self.output;
        sum / 1e6
    }

    /// Whether every figure is an amount.
    pub fn is_usable(&self) -> bool {
        let amounts = [Some(self.input), self.cached, self.cache_write, Some(self.output)];
        amounts.into_iter().flatten().all(|amount| amount.is_finite() && amount >= 0.0)
    }
}

/// Prices by model. A name that ends in `*` stands for all that begin so; the longest that fits counts.
#[derive(Debug, Clone)]
pub struct Prices(Vec<(String, Price)>);

#[derive(Deserialize)]
struct Table {
    models: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    model: String,
    #[serde(flatten)]
    price: Flat,
}

/// The same as a price; flattened fields cannot refuse unknown ones.
#[derive(Deserialize)]
struct Flat {
    input: f64,
    cached: Option<f64>,
    cache_write: Option<f64>,
    output: f64,
}

impl Default for Prices {
    fn default() -> Self {
        let table: Table =
            toml::from_str(include_str!("../prices.toml")).expect("invariant: prices.toml is checked by a test");
        let price = |flat: Flat| Price {
            input: flat.input,
            cached: flat.cached,
            cache_write: flat.cache_write,
            output: flat.output,
        };
        Self(table.models.into_iter().map(|row| (row.model, price(row.price))).collect())
    }
}

impl Prices {
    /// Puts a price in front of all others.
    pub fn set(&mut self, model: impl Into<String>, price: Price) {
        self.0.insert(0, (model.into(), price));
    }

    /// The price of a model, if one is known.
    pub fn of(&self, model: &str) -> Option<Price> {
        let fits = |pattern: &str| match pattern.strip_suffix('*') {
            Some(start) => model.starts_with(start).then_some(start.len()),
            // An exact name is closer than any beginning.
            None => (pattern == model).then_some(usize::MAX),
        };
        let mut best: Option<(usize, Price)> = None;
        for (pattern, price) in &self.0 {
            if let Some(length) = fits(pattern)
                && best.is_none_or(|(longest, _)| length > longest)
            {
                best = Some((length, *price));
            }
        }
        best.map(|(_, price)| price)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_counts_and_the_user_s_own_first() {
        let mut prices = Prices::default();
        assert_eq!(prices.of("claude-opus-4-5-20251101").unwrap().output, 25.0);
        assert_eq!(prices.of("claude-opus-4-1").unwrap().output, 75.0);
        assert_eq!(prices.of("gpt-5-mini").unwrap().input, 0.25);
        assert_eq!(prices.of("gpt-5-pro"), None);
        assert_eq!(prices.of("some-local-model"), None);
        prices.set("gpt-5", Price { input: 1.0, cached: None, cache_write: None, output: 2.0 });
        assert_eq!(prices.of("gpt-5").unwrap().output, 2.0);
    }

    #[test]
    fn what_is_cached_costs_less() {
        let price = Prices::default().of("claude-sonnet-4-5").unwrap();
        let usage = Usage { input: 1_000_000, cached: 500_000, cache_write: 100_000, output: 10_000 };
        assert!((price.cost(&usage) - (1.2 + 0.15 + 0.375 + 0.15)).abs() < 1e-9);
    }
}
