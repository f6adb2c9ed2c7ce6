//! What models cost.

use crate::account::Bill;
use crate::latency::Latency;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The prices of one model, in units of money per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Of input.
    pub input: f64,
    /// Of output.
    pub output: f64,
    /// Of input that the provider has in its cache.
    pub cached: f64,
    /// Of input that is written into that cache; as `input` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<f64>,
}

impl Price {
    /// Whether every figure is an amount.
    pub fn is_usable(&self) -> bool {
        let amounts = [Some(self.input), Some(self.output), Some(self.cached), self.cache_write];
        amounts.into_iter().flatten().all(|amount| amount.is_finite() && amount >= 0.0)
    }

    /// The cost where repeated input comes from the provider's cache.
    pub fn cached(&self, bill: &Bill) -> f64 {
        let Bill { fresh, repeated, output } = *bill;
        (fresh as f64 * self.input + repeated as f64 * self.cached + output as f64 * self.output) / 1e6
    }

    /// The cost where nothing is cached.
    pub fn uncached(&self, bill: &Bill) -> f64 {
        let Bill { fresh, repeated, output } = *bill;
        ((fresh + repeated) as f64 * self.input + output as f64 * self.output) / 1e6
    }
}

/// The table of prices, as its file has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// The model that figures are for unless another one is named.
    pub model: String,
    /// When the prices were looked up, or where.
    #[serde(default)]
    pub note: String,
    /// Each model's prices. A name that ends in `*` stands for all that begin so; the longest that fits counts. A dot
    /// and a hyphen are the same in names: providers write versions one way, people the other.
    pub prices: BTreeMap<String, Price>,
    /// How fast a model is assumed to be.
    #[serde(default)]
    pub latency: Latency,
}

/// Why a table of prices is of no use.
#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// A model has no prices.
    #[error("there are no prices for {name:?}; the table has {known}")]
    Unknown {
        /// The model.
        name: String,
        /// Those with prices.
        known: String,
    },
    /// A price is no amount.
    #[error("the prices of {name:?} have to be amounts of zero or more")]
    Amount {
        /// The model.
        name: String,
    },
}

/// The table that is used unless another one is given.
const USUAL: &str = include_str!("prices.toml");

impl Prices {
    /// Reads a table: `model`, `[prices."NAME"]` with `input`, `output` and `cached`, and `[latency]`.
    pub fn read(text: &str) -> Result<Self, PriceError> {
        let read: Self = toml::from_str(text).map_err(|error| PriceError::Unreadable(error.to_string()))?;
        read.of(None)?;
        match read.prices.iter().find(|(_, price)| !price.is_usable()) {
            Some((name, _)) => Err(PriceError::Amount { name: name.clone() }),
            None => Ok(read),
        }
    }

    /// The table that is part of the program.
    pub fn usual() -> Self {
        Self::read(USUAL).expect("invariant: a test reads the table")
    }

    /// The name and prices of a model, or of the usual one.
    pub fn of<'a>(&'a self, model: Option<&'a str>) -> Result<(&'a str, Price), PriceError> {
        let name = model.unwrap_or(&self.model);
        let known = || self.prices.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let found = self.find(name).map(|price| (name, price));
        found.ok_or_else(|| PriceError::Unknown { name: name.to_owned(), known: known() })
    }

    /// The prices of a model, if they are known.
    pub fn find(&self, model: &str) -> Option<Price> {
        let plain = |name: &str| name.replace('.', "-");
        let model = plain(model);
        let fits = |(name, price): (&String, &Price)| match plain(name).strip_suffix('*') {
            Some(start) => model.starts_with(start).then_some((start.len(), *price)),
            // An exact name is closer than any beginning.
            None => (plain(name) == model).then_some((usize::MAX, *price)),
        };
        self.prices.iter().filter_map(fits).max_by_key(|(length, _)| *length).map(|(_, price)| price)
    }

    /// Sets the prices of a model, or of all that begin so.
    pub fn set(&mut self, model: impl Into<String>, price: Price) {
        let model = model.into();
        self.prices.retain(|known, _| known.replace('.', "-") != model.replace('.', "-"));
        self.prices.insert(model, price);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_table_is_fit_for_use() {
        let prices = Prices::usual();
        assert!(prices.of(None).is_ok() && prices.prices.len() >= 3);
    }

    #[test]
    fn caching_makes_what_is_repeated_cheaper() {
        let price = Price { input: 3.0, output: 15.0, cached: 0.3, cache_write: None };
        let bill = Bill { fresh: 1_000_000, repeated: 2_000_000, output: 100_000 };
        assert!((price.cached(&bill) - 5.1).abs() < 1e-9);
        assert!((price.uncached(&bill) - 10.5).abs() < 1e-9);
    }

    #[test]
    fn the_longest_name_counts_and_what_was_set_later() {
        let mut prices = Prices::usual();
        let output = |prices: &Prices, model: &str| prices.find(model).map(|price| price.output);
        assert_eq!(output(&prices, "claude-opus-4-5-20251101"), Some(25.0));
        assert_eq!(output(&prices, "claude-opus-4.5"), Some(25.0));
        assert_eq!(output(&prices, "claude-opus-4-1"), Some(75.0));
        assert_eq!(output(&prices, "gpt-5-mini"), Some(2.0));
        assert_eq!((output(&prices, "gpt-5-pro"), output(&prices, "some-local-model")), (None, None));
        assert_eq!(
            prices.of(Some("claude-haiku-4.5")).map(|(name, price)| (name, price.input)).ok(),
            Some(("claude-haiku-4.5", 1.0))
        );
        prices.set("gpt-5", Price { input: 1.0, output: 3.0, cached: 1.0, cache_write: None });
        assert_eq!(output(&prices, "gpt-5"), Some(3.0));
    }

    #[test]
    fn tables_that_are_wrong_say_how() {
        let table = |model: &str, input: &str| {
            format!("model = {model:?}\n[prices.\"m\"]\ninput = {input}\noutput = 1.0\ncached = 0.1\n")
        };
        assert!(Prices::read(&table("m", "2.0")).is_ok());
        let told = |text: &str| Prices::read(text).unwrap_err().to_string();
        assert!(told(&table("x", "2.0")).contains("the table has m"));
        assert!(told(&table("m", "-2.0")).contains("zero or more"));
        assert!(told("model = 1").contains("model"));
    }
}
