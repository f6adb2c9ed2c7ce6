//! The vocabulary of rules. Plain data; nothing here decides.

use outboard_catalog::Hints;
use outboard_types::{CallOrigin, Principal, ServerName, SessionName, ToolId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

/// What to do with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It goes ahead.
    Allow,
    /// A person decides.
    Ask,
    /// It does not happen.
    Deny,
}

impl Action {
    /// The word used in settings and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Allow => "allow",
            Action::Ask => "ask",
            Action::Deny => "deny",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What happens where no rule matches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Declared destructive asks; everything else is allowed.
    #[default]
    Balanced,
    /// Everything that is not declared read-only asks.
    Strict,
    /// Nothing asks.
    Open,
}

/// What asked for a call, as rules write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A program inside the jail.
    Program,
    /// The model itself.
    Model,
    /// A person on the command line.
    Person,
}

impl From<CallOrigin> for Origin {
    fn from(origin: CallOrigin) -> Self {
        match origin {
            CallOrigin::Program => Origin::Program,
            CallOrigin::Model => Origin::Model,
            CallOrigin::Person => Origin::Person,
        }
    }
}

/// Annotations that a rule asks for. Compared with what the protocol says holds when a server is silent:
/// not read-only, destructive, not idempotent, open world. A read-only tool counts as neither destructive
/// nor unsafe to repeat unless its server says so. Profiles look at what is declared only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Annotations {
    /// It changes nothing.
    pub read_only: Option<bool>,
    /// It may destroy something.
    pub destructive: Option<bool>,
    /// Repeating it changes nothing more.
    pub idempotent: Option<bool>,
    /// It reaches beyond its server.
    pub open_world: Option<bool>,
}

/// One rule. Everything given must hold; what is left out holds always.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rule {
    /// Patterns over `server.tool` in which `*` is any run of characters; none means every tool.
    pub tools: Vec<String>,
    /// What the tool must be.
    pub annotations: Annotations,
    /// What the arguments must be.
    pub when: Vec<Condition>,
    /// A pattern for who asks.
    pub principal: Option<String>,
    /// A pattern for the session.
    pub session: Option<String>,
    /// What asks.
    pub origin: Option<Origin>,
    /// What then happens.
    pub action: Action,
    /// Why, for whoever is refused or asked.
    pub reason: Option<String>,
    /// Where it is written, such as `outboard.toml:12`; not part of the policy's version.
    #[serde(skip)]
    pub origin_line: String,
}

impl Rule {
    /// A rule for every call.
    pub fn new(action: Action) -> Self {
        Self {
            tools: Vec::new(),
            annotations: Annotations::default(),
            when: Vec::new(),
            principal: None,
            session: None,
            origin: None,
            action,
            reason: None,
            origin_line: String::new(),
        }
    }
}

/// A condition on the arguments. Where `*` finds several values, an ask or deny rule matches if one of them
/// passes; an allow rule only if every one does, so that nobody earns a grant by adding a harmless entry.
/// Nothing there matches only `Present(false)`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Condition {
    /// A JSON pointer (RFC 6901) in which a segment `*` is every element or member; empty is the whole.
    pub pointer: String,
    /// What must hold there.
    pub test: Test,
}

/// A test of one value.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// It is this value; `1` and `1.0` are one number.
    Equals(Value),
    /// It is one of these values.
    OneOf(Vec<Value>),
    /// It is a text that matches a pattern as a whole; `*` is any run of characters.
    Glob(String),
    /// It is a text in which the expression is found; anchor it with `^` and `$` for the whole.
    Regex(String),
    /// It is a number within bounds. Ask and deny rules also read texts such as `"2000"` as numbers.
    Number(Range),
    /// Characters of a text, length of a list or object, bytes of JSON for the whole; both ends count.
    Size {
        /// At least so many.
        min: Option<u64>,
        /// At most so many.
        max: Option<u64>,
    },
    /// Whether something is there; `null` is something.
    Present(bool),
    /// The value is there and does not pass this test.
    Not(Box<Test>),
}

/// Bounds of a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Range {
    /// More than this.
    pub above: Option<f64>,
    /// This or more.
    pub at_least: Option<f64>,
    /// Less than this.
    pub below: Option<f64>,
    /// This or less.
    pub at_most: Option<f64>,
}

/// The `tools.allow` and `tools.deny` lists of one server: patterns over its tools' names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerAccess {
    /// The server.
    pub server: ServerName,
    /// If any pattern is given, only tools that match one are usable.
    pub allow: Vec<String>,
    /// Tools that match one of these are never usable.
    pub deny: Vec<String>,
}

/// A call to be judged.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Which tool.
    pub tool: &'a ToolId,
    /// What its server claims about it.
    pub hints: &'a Hints,
    /// The arguments as they are sent; `None` if they are not known, which reads every condition in the
    /// careful way.
    pub arguments: Option<&'a RawValue>,
    /// Who asks.
    pub principal: &'a Principal,
    /// In which session.
    pub session: &'a SessionName,
    /// What asks.
    pub origin: Origin,
}

/// What the policy says about a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// What to do.
    pub action: Action,
    /// What decided: `policy.rules[2] (outboard.toml:12)`, `profile balanced: declared destructive`,
    /// `servers.crm.tools.deny`.
    pub rule: String,
    /// Why, where the rule gives a reason.
    pub reason: Option<String>,
}

impl Decision {
    /// The rule and its reason in one line, for a message to whoever is refused or asked.
    pub fn because(&self) -> String {
        match &self.reason {
            Some(reason) if self.rule.starts_with("servers.") => reason.clone(),
            Some(reason) => format!("{}: {reason}", self.rule),
            None => self.rule.clone(),
        }
    }
}

/// A rule that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {field} {problem}; {todo}")]
pub struct PolicyProblem {
    /// Which rule, such as `policy.rules[2] (outboard.toml:12)`.
    pub rule: String,
    /// Which field, such as `when[0].regex`.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
    /// What to do.
    pub todo: String,
}

/// How a rule is named in messages.
pub(crate) fn rule_name(index: usize, line: &str) -> String {
    if line.is_empty() { format!("policy.rules[{index}]") } else { format!("policy.rules[{index}] ({line})") }
}
