//! Decides what may be called, and notices when what was accepted is no longer what is offered.
//!
//! Rules (`Policy`), expectations and dry runs of rules. Never here: connections, clocks, tasks, or files. Arguments and definitions are hostile
//! input: work is bounded by limits, and what cannot be judged is read in the careful way.

mod canonical;
mod rules;
mod shown;

pub use canonical::canonical_definition;
pub use rules::{
    Action, Annotations, Checked, Condition, Decision, Expectation, ExpectationProblem, Explanation, Origin, PastCall,
    Policy, PolicyChange, PolicyProblem, Profile, Range, Rule, ServerAccess, Step, Subject, Test, Verdict, WrittenRule,
    check, expectations, replay,
};
pub use shown::shown;
