//! Decides what may be called, and notices when what was accepted is no longer what is offered.
//!
//! Four parts: rules (`Policy`), expectations and dry runs of rules, accepted definitions
//! (`outboard.lock`) and flags on suspicious definitions. Never here: connections, clocks, tasks, or any
//! file other than the lock file and the accepted definitions. Arguments and definitions are hostile
//! input: work is bounded by limits, and what cannot be judged is read in the careful way.

mod canonical;
mod definitions;
mod flags;
mod rules;
mod shown;

pub use canonical::canonical_definition;
pub use definitions::{Accepted, DefinitionChange, Definitions, Lock, LockProblem, Pin, diff, unified};
pub use flags::{Flag, FlagKind, Weight, inspect, inspect_all, inspect_definition};
pub use rules::{
    Action, Annotations, Checked, Condition, Decision, Expectation, ExpectationProblem, Explanation, Origin, PastCall,
    Policy, PolicyChange, PolicyProblem, Profile, Range, Rule, ServerAccess, Step, Subject, Test, Verdict, WrittenRule,
    check, expectations, replay,
};
pub use shown::shown;
