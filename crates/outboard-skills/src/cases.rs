//! Recorded executions that a skill is tested against.
//!
//! A case names an execution; what was recorded of it stays in the journal, sealed as everything there.

use crate::checked::ToolUse;
use outboard_types::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a case is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaseKind {
    /// The skill was made of the execution's program: it is called in its place.
    Call,
    /// The execution's program uses or made the skill: it runs as it was recorded.
    Program,
}

/// One recorded execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its id.
    pub execution: String,
    /// How it is run.
    pub kind: CaseKind,
    /// The version of the skill that it belongs to.
    pub version: Digest,
    /// The tools that it called, as they were defined when the case was kept.
    pub tools: Vec<ToolUse>,
    /// What those tools answered: names and types.
    pub shapes: Vec<ToolShape>,
}

/// Names and types in the answers of a tool, never values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolShape {
    /// The server.
    pub server: String,
    /// The tool.
    pub tool: String,
    /// The type at each place, such as `$.rows[].id` is `string`.
    pub places: BTreeMap<String, String>,
}

/// Most cases of a skill; the first one stays, of the others the latest.
pub(crate) const MOST: usize = 8;

/// Adds a case, or takes the place of the one of the same execution.
pub(crate) fn added(mut cases: Vec<Case>, case: Case) -> Vec<Case> {
    match cases.iter_mut().find(|one| one.execution == case.execution) {
        Some(same) => *same = case,
        None => {
            if cases.len() >= MOST {
                cases.remove(1);
            }
            cases.push(case);
        }
    }
    cases
}
