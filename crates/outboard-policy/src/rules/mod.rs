//! Rules, and the engine that decides by them.
//!
//! Precedence: any deny that matches (a rule's or a server's own lists), then the first allow or ask that
//! matches, then the profile. The same engine answers for listing, calling, explaining and dry runs.

mod arguments;
mod condition;
mod expect;
mod explain;
mod glob;
mod keys;
mod model;
mod number;
mod pointer;
mod policy;
mod replay;
mod written;

pub use expect::{Checked, Expectation, ExpectationProblem, check, expectations};
pub use explain::{Explanation, Step, Verdict};
pub use model::{
    Action, Annotations, Condition, Decision, Origin, PolicyProblem, Profile, Range, Rule, ServerAccess, Subject, Test,
};
pub use policy::Policy;
pub use replay::{PastCall, PolicyChange, replay};
pub use written::WrittenRule;
