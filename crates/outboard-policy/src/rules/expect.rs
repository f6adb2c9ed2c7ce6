//! Expectations: what users want their rules to say, as a file that is checked like a test.

use super::keys::json;
use super::{Action, Annotations, Origin, Policy, Subject};
use outboard_catalog::Hints;
use outboard_types::{Principal, SessionName, ToolId};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::fmt;

/// One expectation.
#[derive(Debug, Clone)]
pub struct Expectation {
    /// The line of the file it begins on.
    pub line: usize,
    /// `server.tool`.
    pub tool: String,
    /// The arguments as JSON.
    pub arguments: Box<RawValue>,
    /// Annotations instead of those in the catalogue.
    pub annotations: Option<Annotations>,
    /// Who asks.
    pub principal: Principal,
    /// In which session.
    pub session: SessionName,
    /// What asks.
    pub origin: Origin,
    /// What should come out.
    pub action: Action,
    /// What should decide: part of the deciding rule's name.
    pub rule: Option<String>,
}

/// A file of expectations that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expectations cannot be read: {0}")]
pub struct ExpectationProblem(String);

/// How an expectation came out; its `Display` is the line to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The line of the file it begins on.
    pub line: usize,
    /// `server.tool`.
    pub tool: String,
    /// What is wrong, in words, with every rule's verdict; `None` if it holds.
    pub failure: Option<String>,
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.failure {
            None => write!(f, "line {}: {}: as expected", self.line, self.tool),
            Some(failure) => write!(f, "line {}: {}: {failure}", self.line, self.tool),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    expect: Vec<toml::Spanned<Written>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    tool: String,
    #[serde(default)]
    arguments: toml::Table,
    annotations: Option<Annotations>,
    principal: Option<String>,
    session: Option<SessionName>,
    origin: Option<Origin>,
    action: Action,
    rule: Option<String>,
}

/// Reads the `[[expect]]` tables of a TOML file.
pub fn expectations(text: &str) -> Result<Vec<Expectation>, ExpectationProblem> {
    let file: File = toml::from_str(text).map_err(|error| ExpectationProblem(error.to_string()))?;
    file.expect.into_iter().map(|written| read(text, written)).collect()
}

fn read(text: &str, written: toml::Spanned<Written>) -> Result<Expectation, ExpectationProblem> {
    let before = text.get(..written.span().start).unwrap_or_default();
    let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
    let written = written.into_inner();
    let arguments = json(&toml::Value::Table(written.arguments)).to_string();
    let arguments = RawValue::from_string(arguments).map_err(|error| ExpectationProblem(error.to_string()))?;
    if candidates(&written.tool).next().is_none() {
        let problem = format!("line {line}: tool {:?} is not \"server.tool\"", written.tool);
        return Err(ExpectationProblem(problem));
    }
    Ok(Expectation {
        line,
        tool: written.tool,
        arguments,
        annotations: written.annotations,
        principal: written.principal.map_or_else(Principal::default, |name| Principal(name.into())),
        session: written.session.unwrap_or_default(),
        origin: written.origin.unwrap_or(Origin::Program),
        action: written.action,
        rule: written.rule,
    })
}

/// Checks expectations; `lookup` gives the annotations of a tool in the catalogue.
pub fn check(policy: &Policy, lookup: impl Fn(&ToolId) -> Option<Hints>, expectations: &[Expectation]) -> Vec<Checked> {
    let checked = |expected: &Expectation| Checked {
        line: expected.line,
        tool: expected.tool.clone(),
        failure: failure(policy, &lookup, expected),
    };
    expectations.iter().map(checked).collect()
}

fn failure(policy: &Policy, lookup: &impl Fn(&ToolId) -> Option<Hints>, expected: &Expectation) -> Option<String> {
    let known = candidates(&expected.tool).find_map(|id| lookup(&id).map(|hints| (id, Some(hints))));
    let Some((id, found)) = known.or_else(|| candidates(&expected.tool).next().map(|id| (id, None))) else {
        return Some("it is not \"server.tool\"".into());
    };
    let Some(hints) = expected.annotations.map(hints).or(found) else {
        return Some("no connected server has this tool; add `annotations = {}` to expect without it".into());
    };
    let subject = Subject {
        tool: &id,
        hints: &hints,
        arguments: Some(&expected.arguments),
        principal: &expected.principal,
        session: &expected.session,
        origin: expected.origin,
    };
    let decision = policy.decide(&subject);
    let named = expected.rule.as_ref().is_none_or(|rule| decision.rule.contains(rule.as_str()));
    if decision.action == expected.action && named {
        return None;
    }
    let by = expected.rule.as_ref().map(|rule| format!(" by {rule}")).unwrap_or_default();
    Some(format!("expected {}{by}, but:\n{}", expected.action, policy.explain(&subject)))
}

/// Names may hold dots, so a joined name can be read in more than one way.
fn candidates(joined: &str) -> impl Iterator<Item = ToolId> + '_ {
    joined.match_indices('.').filter_map(|(at, _)| ToolId::new(&joined[..at], &joined[at + 1..]).ok())
}

fn hints(annotations: Annotations) -> Hints {
    let Annotations { read_only, destructive, idempotent, open_world } = annotations;
    Hints { read_only, destructive, idempotent, open_world }
}
