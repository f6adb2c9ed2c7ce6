//! Settings of what is told as unusual.

use crate::written::Given;
use std::time::Duration;

/// What counts as unusual.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertSettings {
    /// Whether anything is told.
    pub enabled: bool,
    /// How many times as many calls as usual a run may make.
    pub calls_factor: f64,
    /// Fewer calls than this prove nothing.
    pub least_calls: u64,
    /// The share of a tool's latest calls that may give errors.
    pub error_rate: f64,
    /// What may be spent a day.
    pub cost_day: Option<f64>,
    /// For how long the same is not told again.
    pub quiet: Duration,
    /// How old the first run has to be before others are held against it.
    pub after: Duration,
}

impl Default for AlertSettings {
    fn default() -> Self {
        let (quiet, after) = (Duration::from_secs(3_600), Duration::from_secs(86_400));
        Self { enabled: true, calls_factor: 3.0, least_calls: 10, error_rate: 0.2, cost_day: None, quiet, after }
    }
}

pub(crate) fn set(alerts: &mut AlertSettings, key: &str, given: Given) {
    match (key, given) {
        ("enabled", Given::Flag(flag)) => alerts.enabled = flag,
        ("calls_factor", Given::Amount(factor)) => alerts.calls_factor = factor,
        ("least_calls", Given::Number(calls)) => alerts.least_calls = calls,
        ("error_rate", Given::Amount(rate)) => alerts.error_rate = rate,
        ("cost_day", Given::Amount(amount)) => alerts.cost_day = Some(amount),
        ("quiet", Given::Span(span)) => alerts.quiet = span,
        ("after", Given::Span(span)) => alerts.after = span,
        // The reader lets no other key and no other type pass.
        _ => {}
    }
}
