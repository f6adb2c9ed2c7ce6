//! Rules on flows, and what they say about one call.

use super::origins::{Checked, Flow};
use outboard_types::glob;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What to do about a flow; the later ones are stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It passes.
    Allow,
    /// A person decides.
    Ask,
    /// It is refused.
    Deny,
}

/// One rule, as it is written under `[[privacy.flows]]`. In all lists `*` stands for any characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowRule {
    /// The servers that sent the value; all if absent.
    #[serde(default = "any")]
    pub from: Vec<String>,
    /// The kinds of values, such as `EMAIL`; all if absent.
    #[serde(default = "any")]
    pub kinds: Vec<String>,
    /// The servers that it would go to; all if absent.
    #[serde(default = "any")]
    pub to: Vec<String>,
    /// What to do.
    pub action: Action,
    /// Why, for the person or program that meets the rule.
    #[serde(default)]
    pub reason: Option<String>,
}

fn any() -> Vec<String> {
    vec!["*".to_owned()]
}

/// Rules in order. For each value and each server that sent it the first rule that fits counts; of all these
/// the strictest.
#[derive(Debug, Clone)]
pub struct FlowRules {
    rules: Vec<FlowRule>,
    otherwise: Action,
}

/// What is to be done about a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowDecision {
    /// The strictest action of all flows.
    pub action: Action,
    /// The flow that asked for it, and the number of the rule, from 0; no rule if none fitted.
    pub because: Option<(Flow, Option<usize>)>,
    /// The rule's reason.
    pub reason: Option<String>,
    /// How many flows need that action.
    pub flows: usize,
}

impl FlowRules {
    /// Rules, and what is done where none fits.
    pub fn new(rules: Vec<FlowRule>, otherwise: Action) -> Self {
        Self { rules, otherwise }
    }

    /// Whether no rule can ever ask or deny, so that nothing needs to be looked for.
    pub fn allow_all(&self) -> bool {
        self.otherwise == Action::Allow && self.rules.iter().all(|rule| rule.action == Action::Allow)
    }

    /// What is to be done about what was found. A search that ended early asks at least, unless all is allowed.
    pub fn decide(&self, checked: &Checked) -> FlowDecision {
        let least = if checked.complete || self.allow_all() { Action::Allow } else { Action::Ask };
        let mut decision = FlowDecision { action: least, because: None, reason: None, flows: 0 };
        for flow in &checked.flows {
            let Some((action, rule)) =
                flow.from.iter().map(|from| self.one(from, flow)).max_by_key(|(action, _)| *action)
            else {
                continue;
            };
            if action > decision.action || (action == decision.action && decision.because.is_none()) {
                let reason = rule.and_then(|rule| self.rules[rule].reason.clone());
                decision = FlowDecision { action, because: Some((flow.clone(), rule)), reason, flows: 0 };
            }
            decision.flows += usize::from(action == decision.action);
        }
        decision
    }

    fn one(&self, from: &str, flow: &Flow) -> (Action, Option<usize>) {
        let fits = |patterns: &[String], text: &str| patterns.iter().any(|pattern| glob(pattern, text));
        let rule = self
            .rules
            .iter()
            .position(|rule| fits(&rule.from, from) && fits(&rule.kinds, &flow.kind) && fits(&rule.to, &flow.to));
        (rule.map_or(self.otherwise, |rule| self.rules[rule].action), rule)
    }
}

impl fmt::Display for FlowDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.action {
            Action::Allow => "passes",
            Action::Ask => "needs a person",
            Action::Deny => "is refused",
        };
        let Some((flow, rule)) = &self.because else {
            return match self.action {
                Action::Allow => f.write_str("no private value of another server is in the arguments"),
                _ => write!(f, "the call {verb}: its arguments are too large to be searched for private values"),
            };
        };
        let place = if flow.path.is_empty() { "the arguments" } else { &flow.path };
        let from = flow.from.join(", ");
        write!(f, "{} from {from} to {} at {place} ({}) {verb}", flow.token, flow.to, flow.how)?;
        match rule {
            Some(rule) => write!(f, " by rule {} of [[privacy.flows]]", rule + 1)?,
            None => f.write_str(" because no rule of [[privacy.flows]] fits")?,
        }
        if let Some(reason) = &self.reason {
            write!(f, ": {reason}")?;
        }
        if self.flows > 1 {
            write!(f, "; {} more values do", self.flows - 1)?;
        }
        Ok(())
    }
}
