//! How long a model takes: a stated model, not a measurement.

use crate::account::Bill;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The time that a model takes for a conversation. Tokens that were sent before cost no time, which favours
/// long conversations.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// Of each turn, whatever it holds, in milliseconds.
    pub turn_ms: f64,
    /// Tokens that a model reads in a second.
    pub input_per_second: f64,
    /// Tokens that it writes in a second.
    pub output_per_second: f64,
}

impl Default for Latency {
    fn default() -> Self {
        Self { turn_ms: 600.0, input_per_second: 5_000.0, output_per_second: 80.0 }
    }
}

impl Latency {
    /// The time of a conversation, without its tools.
    pub fn of(&self, turns: u64, bill: &Bill) -> Duration {
        let rate = |tokens: u64, per_second: f64| if per_second > 0.0 { tokens as f64 / per_second } else { 0.0 };
        let seconds = turns as f64 * self.turn_ms / 1_000.0
            + rate(bill.fresh, self.input_per_second)
            + rate(bill.output, self.output_per_second);
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_reading_and_writing_add_up() {
        let bill = Bill { fresh: 10_000, repeated: 99_999, output: 160 };
        assert_eq!(Latency::default().of(2, &bill), Duration::from_millis(1_200 + 2_000 + 2_000));
    }

    #[test]
    fn senseless_rates_do_no_harm() {
        let latency = Latency { turn_ms: f64::NAN, input_per_second: 0.0, output_per_second: -1.0 };
        assert_eq!(latency.of(1, &Bill::default()), Duration::MAX);
    }
}
