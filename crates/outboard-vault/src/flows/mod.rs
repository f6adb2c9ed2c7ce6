//! Where values came from, whether they are on their way elsewhere, and whether they may be.

mod decode;
mod leaves;
mod origins;
mod pieces;
mod rules;
mod runs;
mod search;
mod tails;

pub use origins::{Checked, Flow, Origins, OriginsSize};
pub use rules::{Action, FlowDecision, FlowRule, FlowRules};
