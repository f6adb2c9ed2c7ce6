//! The engine: compiled once, shared, never changed.

use super::arguments::Arguments;
use super::condition::{Compiled, Holds};
use super::explain::{Explanation, Step, Verdict};
use super::glob::{ToolPattern, is_any};
use super::model::rule_name;
use super::{Action, Annotations, Decision, Origin, PolicyProblem, Profile, Rule, ServerAccess, Subject};
use crate::canonical;
use outboard_catalog::{Hints, Tool};
use outboard_types::{Digest, Principal, ServerName, ToolId, glob};
use std::collections::HashMap;
use std::sync::Arc;

/// More rules than this are refused: a decision stays a matter of microseconds.
const MAX_RULES: usize = 1000;
/// More conditions in one rule than this are refused.
const MAX_CONDITIONS: usize = 64;

/// The compiled rules. Cloning shares them.
#[derive(Debug, Clone)]
pub struct Policy(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    profile: Profile,
    written: Vec<Rule>,
    rules: Vec<Compact>,
    access: HashMap<ServerName, ServerAccess>,
    version: Digest,
}

/// A compiled rule.
#[derive(Debug)]
struct Compact {
    name: String,
    tools: Vec<ToolPattern>,
    annotations: Annotations,
    when: Vec<Compiled>,
    principal: Option<String>,
    session: Option<String>,
    origin: Option<Origin>,
    action: Action,
    reason: Option<String>,
}

/// How a rule relates to a call.
enum Match {
    Yes,
    Unsure(&'static str),
    No(Miss),
}

/// The first field of a rule that does not hold.
enum Miss {
    Field(&'static str, &'static str),
    When(usize, &'static str),
}

impl Policy {
    /// Compiles rules; the problem names the rule, the field and what to do.
    pub fn new(profile: Profile, rules: Vec<Rule>, access: Vec<ServerAccess>) -> Result<Self, PolicyProblem> {
        if rules.len() > MAX_RULES {
            return Err(problem("policy.rules", "", format!("has more than {MAX_RULES} rules"), "use patterns"));
        }
        let version = version(profile, &rules, &access);
        let written = rules.clone();
        let rules = rules.into_iter().enumerate().map(|(index, rule)| Compact::new(index, rule));
        let rules = rules.collect::<Result<_, _>>()?;
        let access = access.into_iter().map(|access| (access.server.clone(), access)).collect();
        Ok(Self(Arc::new(Inner { profile, written, rules, access, version })))
    }

    /// The digest of everything that can change a decision or its reason; where rules are written does not
    /// count.
    pub fn version(&self) -> Digest {
        self.0.version
    }

    /// What happens where no rule matches.
    pub fn profile(&self) -> Profile {
        self.0.profile
    }

    /// The rules as they are written, each with its name in messages.
    pub fn rules(&self) -> impl Iterator<Item = (&str, &Rule)> {
        self.0.rules.iter().map(|rule| rule.name.as_str()).zip(&self.0.written)
    }

    /// Judges a call. Arguments are looked at only if a rule's other fields hold. What cannot be judged (a
    /// key that is there twice, arguments over 1 MiB) counts as matching for ask and deny rules and as not
    /// matching for allow rules.
    pub fn decide(&self, subject: &Subject<'_>) -> Decision {
        if let Some(denial) = self.access_denial(subject.tool) {
            return denial;
        }
        let arguments = Arguments::new(subject.arguments);
        let denies = self.0.rules.iter().filter(|rule| rule.action == Action::Deny);
        let others = self.0.rules.iter().filter(|rule| rule.action != Action::Deny);
        let decided = denies.chain(others).find_map(|rule| rule.decision(subject, &arguments));
        decided.unwrap_or_else(|| self.0.profile.decision(subject.hints))
    }

    /// Whether the tool is worth showing: false if a deny matches whatever the arguments, session and
    /// origin are. Deny rules whose conditions only together leave nothing open are not combined.
    pub fn visible(&self, tool: &Tool, principal: &Principal) -> bool {
        self.shows(&tool.id, &tool.hints, principal)
    }

    /// The same of anything that has a name at the door, prompts and resources too.
    pub fn shows(&self, id: &ToolId, hints: &Hints, principal: &Principal) -> bool {
        let denied = |rule: &Compact| rule.always_denies(principal) && rule.miss_tool(id, hints).is_none();
        self.access_denial(id).is_none() && !self.0.rules.iter().any(denied)
    }

    /// Whether a server is worth naming: false if a deny matches whatever it has.
    pub fn shows_server(&self, server: &ServerName, principal: &Principal) -> bool {
        let closed = |access: &ServerAccess| access.deny.iter().any(|pattern| is_any(pattern));
        let denied = |rule: &Compact| rule.always_denies(principal) && rule.covers(server);
        !self.0.access.get(server).is_some_and(closed) && !self.0.rules.iter().any(denied)
    }

    /// Every rule in order with its verdict, and the decision.
    pub fn explain(&self, subject: &Subject<'_>) -> Explanation {
        let arguments = Arguments::new(subject.arguments);
        let access = self.access_denial(subject.tool).map(|denial| Step {
            rule: denial.rule,
            action: Action::Deny,
            verdict: Verdict::Matched,
        });
        let steps = self.0.rules.iter().map(|rule| Step {
            rule: rule.name.clone(),
            action: rule.action,
            verdict: rule.verdict(subject, &arguments),
        });
        Explanation { steps: access.into_iter().chain(steps).collect(), decision: self.decide(subject) }
    }

    fn access_denial(&self, id: &ToolId) -> Option<Decision> {
        let access = self.0.access.get(&id.server)?;
        let tool = id.tool.as_str();
        let (list, what) = match access.deny.iter().find(|pattern| glob(pattern, tool)) {
            Some(pattern) => ("deny", format!("holds {pattern:?}")),
            None if access.allow.is_empty() || access.allow.iter().any(|pattern| glob(pattern, tool)) => {
                return None;
            }
            None => ("allow", "does not hold it".to_owned()),
        };
        let rule = format!("servers.{}.tools.{list}", id.server);
        Some(Decision { action: Action::Deny, reason: Some(format!("{rule} {what}")), rule })
    }
}

impl Compact {
    fn new(index: usize, rule: Rule) -> Result<Self, PolicyProblem> {
        let name = rule_name(index, &rule.origin_line);
        let mut tools = Vec::with_capacity(rule.tools.len());
        for (at, pattern) in rule.tools.iter().enumerate() {
            tools.push(ToolPattern::new(pattern).ok_or_else(|| {
                let todo = "write \"server.tool\", such as \"crm.*\" or \"*.delete_*\"";
                problem(&name, &format!("tools[{at}]"), format!("{pattern:?} names no server and tool"), todo)
            })?);
        }
        if rule.when.len() > MAX_CONDITIONS {
            return Err(problem(&name, "when", format!("has more than {MAX_CONDITIONS} conditions"), "split the rule"));
        }
        let mut when = Vec::with_capacity(rule.when.len());
        for (at, condition) in rule.when.iter().enumerate() {
            when.push(
                Compiled::new(condition)
                    .map_err(|(field, what, todo)| problem(&name, &format!("when[{at}].{field}"), what, todo))?,
            );
        }
        let Rule { annotations, principal, session, origin, action, reason, .. } = rule;
        Ok(Self { name, tools, annotations, when, principal, session, origin, action, reason })
    }

    /// The decision of this rule, if it matches.
    fn decision(&self, subject: &Subject<'_>, arguments: &Arguments<'_>) -> Option<Decision> {
        let reason = match self.matches(subject, arguments) {
            Match::Yes => self.reason.clone(),
            Match::Unsure(why) if self.action != Action::Allow => Some(match &self.reason {
                Some(reason) => format!("{reason} (taken to match: {why})"),
                None => format!("taken to match: {why}"),
            }),
            Match::Unsure(_) | Match::No(_) => return None,
        };
        Some(Decision { action: self.action, rule: self.name.clone(), reason })
    }

    fn verdict(&self, subject: &Subject<'_>, arguments: &Arguments<'_>) -> Verdict {
        let (field, why) = match self.matches(subject, arguments) {
            Match::Yes => return Verdict::Matched,
            Match::Unsure(why) if self.action != Action::Allow => return Verdict::MatchedUnsure(why.into()),
            Match::Unsure(why) => ("when".to_owned(), why),
            Match::No(Miss::Field(field, why)) => (field.to_owned(), why),
            Match::No(Miss::When(at, why)) => (format!("when[{at}]"), why),
        };
        Verdict::NotMatched { field, why: why.into() }
    }

    fn matches(&self, subject: &Subject<'_>, arguments: &Arguments<'_>) -> Match {
        if let Some(miss) = self.miss_tool(subject.tool, subject.hints).or_else(|| self.miss_caller(subject)) {
            return Match::No(miss);
        }
        let mut unsure = None;
        for (at, condition) in self.when.iter().enumerate() {
            match condition.holds(arguments, self.action != Action::Allow) {
                Holds::Yes => {}
                Holds::No(why) => return Match::No(Miss::When(at, why)),
                Holds::Unsure(why) => unsure = Some(why),
            }
        }
        unsure.map_or(Match::Yes, Match::Unsure)
    }

    /// Whether a principal is denied what the rule names, whatever the arguments, session and origin are.
    fn always_denies(&self, principal: &Principal) -> bool {
        self.action == Action::Deny
            && self.when.is_empty()
            && self.session.is_none()
            && self.origin.is_none()
            && self.principal.as_ref().is_none_or(|pattern| glob(pattern, &principal.0))
    }

    fn covers(&self, server: &ServerName) -> bool {
        let named = self.tools.is_empty() || self.tools.iter().any(|pattern| pattern.covers(server.as_str()));
        named && self.annotations == Annotations::default()
    }

    fn miss_tool(&self, id: &ToolId, hints: &Hints) -> Option<Miss> {
        if let Some(field) = self.annotations.miss(hints) {
            return Some(Miss::Field(field, "the tool is not so"));
        }
        let (server, tool) = (id.server.as_str(), id.tool.as_str());
        let named = self.tools.is_empty() || self.tools.iter().any(|pattern| pattern.matches(server, tool));
        (!named).then_some(Miss::Field("tools", "no pattern matches"))
    }

    fn miss_caller(&self, subject: &Subject<'_>) -> Option<Miss> {
        let differs = |pattern: &Option<String>, text: &str| pattern.as_ref().is_some_and(|p| !glob(p, text));
        if differs(&self.principal, &subject.principal.0) {
            Some(Miss::Field("principal", "somebody else asks"))
        } else if differs(&self.session, subject.session.as_str()) {
            Some(Miss::Field("session", "it is another session"))
        } else if self.origin.is_some_and(|origin| origin != subject.origin) {
            Some(Miss::Field("origin", "something else asks"))
        } else {
            None
        }
    }
}

impl Annotations {
    /// The first annotation that the tool does not have.
    fn miss(&self, hints: &Hints) -> Option<&'static str> {
        let read_only = hints.read_only.unwrap_or(false);
        let pairs = [
            ("annotations.read_only", self.read_only, read_only),
            ("annotations.destructive", self.destructive, hints.destructive.unwrap_or(!read_only)),
            ("annotations.idempotent", self.idempotent, hints.idempotent.unwrap_or(read_only)),
            ("annotations.open_world", self.open_world, hints.open_world.unwrap_or(true)),
        ];
        pairs.into_iter().find(|(_, wanted, is)| wanted.is_some_and(|wanted| wanted != *is)).map(|(field, ..)| field)
    }
}

impl Profile {
    /// A tool that claims to be both read-only and destructive counts as destructive.
    fn decision(self, hints: &Hints) -> Decision {
        let destructive = hints.destructive == Some(true);
        let read_only = hints.read_only == Some(true) && !destructive;
        let (action, rule) = match self {
            Profile::Balanced if destructive => (Action::Ask, "profile balanced: declared destructive"),
            Profile::Balanced if read_only => (Action::Allow, "profile balanced: declared read-only"),
            Profile::Balanced => (Action::Allow, "profile balanced: not declared destructive"),
            Profile::Strict if read_only => (Action::Allow, "profile strict: declared read-only"),
            Profile::Strict => (Action::Ask, "profile strict: not declared read-only"),
            Profile::Open => (Action::Allow, "profile open"),
        };
        Decision { action, rule: rule.into(), reason: None }
    }
}

fn problem(rule: &str, field: &str, problem: String, todo: &str) -> PolicyProblem {
    PolicyProblem { rule: rule.into(), field: field.into(), problem, todo: todo.into() }
}

fn version(profile: Profile, rules: &[Rule], access: &[ServerAccess]) -> Digest {
    let mut access: Vec<_> = access.iter().collect();
    access.sort_by(|a, b| a.server.cmp(&b.server));
    let content = serde_json::json!({ "profile": profile, "rules": rules, "access": access });
    Digest::of(canonical::text(&content))
}
