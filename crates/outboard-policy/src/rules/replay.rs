//! Dry runs: which past calls would be decided otherwise by other rules.

use super::{Action, Decision, Origin, Policy, Subject};
use outboard_catalog::Hints;
use outboard_types::{Principal, SessionName, ToolId};
use serde_json::value::RawValue;
use std::fmt;

/// A call that was made.
#[derive(Debug, Clone)]
pub struct PastCall {
    /// How to name it in the report, such as `ex_… call 3`.
    pub label: String,
    /// Which tool.
    pub tool: ToolId,
    /// What its server claims about it.
    pub hints: Hints,
    /// The arguments, if they were kept.
    pub arguments: Option<Box<RawValue>>,
    /// Who asked.
    pub principal: Principal,
    /// In which session.
    pub session: SessionName,
    /// What asked.
    pub origin: Origin,
    /// What was decided then.
    pub recorded: Option<Action>,
}

/// A call that would be decided otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyChange {
    /// The call's label.
    pub call: String,
    /// Which tool.
    pub tool: ToolId,
    /// What was decided, or what the old rules say.
    pub before: Action,
    /// What the new rules say.
    pub after: Decision,
    /// False if the arguments are not known, so that conditions were read in the careful way.
    pub certain: bool,
}

impl fmt::Display for PolicyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, tool, before, after, certain } = self;
        let unsure = if *certain { "" } else { " (its arguments were not kept)" };
        write!(f, "{call}: {tool}: {before} -> {}, by {}{unsure}", after.action, after.because())
    }
}

/// Judges past calls by new rules; with old rules given, compares with those instead of the record.
pub fn replay(old: Option<&Policy>, new: &Policy, calls: impl Iterator<Item = PastCall>) -> Vec<PolicyChange> {
    calls.filter_map(|call| change(old, new, call)).collect()
}

fn change(old: Option<&Policy>, new: &Policy, call: PastCall) -> Option<PolicyChange> {
    let subject = Subject {
        tool: &call.tool,
        hints: &call.hints,
        arguments: call.arguments.as_deref(),
        principal: &call.principal,
        session: &call.session,
        origin: call.origin,
    };
    let before = old.map(|old| old.decide(&subject).action).or(call.recorded)?;
    let after = new.decide(&subject);
    let certain = call.arguments.is_some();
    (before != after.action).then_some(PolicyChange { call: call.label, tool: call.tool, before, after, certain })
}
