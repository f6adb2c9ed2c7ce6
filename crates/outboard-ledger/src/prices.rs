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
}

impl Price {
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
    /// Each model's prices.
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
        let amount = |amount: f64| amount.is_finite() && amount >= 0.0;
        let wrong = |price: &Price| ![price.input, price.output, price.cached].into_iter().all(amount);
        match read.prices.iter().find(|(_, price)| wrong(price)) {
            Some((name, _)) => Err(PriceError::Amount { name: name.clone() }),
            None => Ok(read),
        }
    }

    /// The table that is part of the program.
    pub fn usual() -> Self {
        Self::read(USUAL).expect("invariant: a test reads the table")
    }

    /// The name and prices of a model, or of the usual one.
    pub fn of(&self, model: Option<&str>) -> Result<(&str, Price), PriceError> {
        let name = model.unwrap_or(&self.model);
        let known = || self.prices.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let found = self.prices.get_key_value(name);
        found
            .map(|(name, price)| (name.as_str(), *price))
            .ok_or_else(|| PriceError::Unknown { name: name.to_owned(), known: known() })
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
        let price = Price { input: 3.0, output: 15.0, cached: 0.3 };
        let bill = Bill { fresh: 1_000_000, repeated: 2_000_000, output: 100_000 };
        assert!((price.cached(&bill) - 5.1).abs() < 1e-9);
        assert!((price.uncached(&bill) - 10.5).abs() < 1e-9);
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
