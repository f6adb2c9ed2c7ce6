//! What a test found out: counts, a figure, and what failed.

use crate::table::{Situation, Test};
use serde_json::json;
use std::time::Duration;

/// The findings of one test. It passes when nothing failed.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The tier of the jail that was attacked.
    pub(crate) tier: String,
    /// What was counted, in the order to print.
    pub(crate) counts: Vec<(String, u64)>,
    /// Measurements for people.
    pub(crate) figures: Vec<String>,
    /// What did not hold.
    pub(crate) failures: Vec<String>,
}

impl Report {
    pub(crate) fn of(tier: String) -> Self {
        Self { tier, ..Self::default() }
    }

    /// A test that could not do its work has failed.
    pub(crate) fn failed(why: String) -> Self {
        Self { tier: "?".to_owned(), failures: vec![why], ..Self::default() }
    }

    pub(crate) fn count(&mut self, what: &str, number: u64) {
        self.counts.push((what.to_owned(), number));
    }

    pub(crate) fn figure(&mut self, text: String) {
        self.figures.push(text);
    }

    /// Fails the test with this text unless something holds.
    pub(crate) fn demand(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.failures.push(otherwise());
        }
    }

    pub(crate) fn passed(&self) -> bool {
        self.failures.is_empty()
    }

    pub(crate) fn print(&self, test: &Test, situation: Situation, took: Duration, as_json: bool) {
        let user = if situation.root { "root" } else { "user" };
        if as_json {
            let counts: serde_json::Map<_, _> =
                self.counts.iter().map(|(name, number)| (name.clone(), json!(number))).collect();
            let seconds = took.as_secs_f64();
            println!(
                "{}",
                json!({"id": test.id, "name": test.name, "user": user, "tier": self.tier, "long": situation.long,
                       "passed": self.passed(), "counts": counts, "figures": self.figures,
                       "failures": self.failures, "seconds": seconds})
            );
            return;
        }
        let verdict = if self.passed() { "pass" } else { "FAIL" };
        println!("{verdict} {:<4}{} ({user}, tier {}, {:.1} s)", test.id, test.name, self.tier, took.as_secs_f64());
        let counts: Vec<_> = self.counts.iter().map(|(name, number)| format!("{name} {number}")).collect();
        if !counts.is_empty() {
            println!("       {}", counts.join(", "));
        }
        self.figures.iter().for_each(|figure| println!("       {figure}"));
        self.failures.iter().for_each(|failure| println!("     - {failure}"));
    }
}
