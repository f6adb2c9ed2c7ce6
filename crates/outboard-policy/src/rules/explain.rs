//! Why a decision came out as it did: every rule in order.

use super::{Action, Decision};
use serde::Serialize;
use std::fmt;

/// Every rule with its verdict, and the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The rules in the order in which they are written.
    pub steps: Vec<Step>,
    /// What comes out.
    pub decision: Decision,
}

/// One rule's part in a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The rule, such as `policy.rules[2] (outboard.toml:12)`.
    pub rule: String,
    /// What it would do.
    pub action: Action,
    /// Whether it matches.
    pub verdict: Verdict,
}

/// Whether a rule matches a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything in it holds.
    Matched,
    /// It is taken to match because a condition cannot be judged: the reason.
    MatchedUnsure(String),
    /// The field that does not hold, and why.
    NotMatched {
        /// Such as `when[0]`.
        field: String,
        /// Such as `nothing is there`.
        why: String,
    },
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            write!(f, "{} {}: ", step.rule, step.action)?;
            match &step.verdict {
                Verdict::Matched => writeln!(f, "matches")?,
                Verdict::MatchedUnsure(why) => writeln!(f, "taken to match: {why}")?,
                Verdict::NotMatched { field, why } => writeln!(f, "no: {field}: {why}")?,
            }
        }
        write!(f, "{}, by {}", self.decision.action, self.decision.because())
    }
}
