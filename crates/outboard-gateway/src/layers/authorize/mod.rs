//! Decides whether a call may happen; the sole maker of [`Permit`].
//!
//! What a caller may see follows from the same [`Access`]: a tool that is hidden is not listed and not
//! callable, by one rule.

use crate::{Answer, Layer, Next, Permit, Request};
use outboard_types::{ErrorCode, ServerName, ToolError, ToolId};
use std::collections::HashMap;

/// Which tools of one server may be used: patterns in which `*` stands for any run of characters.
#[derive(Debug, Clone, Default)]
pub struct AccessRule {
    /// If any pattern is given, only tools that match one are usable.
    pub allow: Vec<String>,
    /// Tools that match one of these are never usable.
    pub deny: Vec<String>,
}

/// The access rules of all servers. A server without a rule is open.
#[derive(Debug, Clone, Default)]
pub struct Access {
    rules: HashMap<ServerName, AccessRule>,
}

impl Access {
    /// Sets the rule of one server.
    pub fn set(&mut self, server: ServerName, rule: AccessRule) {
        self.rules.insert(server, rule);
    }

    /// Whether the tool may be seen and called; otherwise the setting that forbids it.
    pub fn check(&self, id: &ToolId) -> Result<(), String> {
        let Some(rule) = self.rules.get(&id.server) else {
            return Ok(());
        };
        let tool = id.tool.as_str();
        if let Some(pattern) = rule.deny.iter().find(|pattern| matches(pattern, tool)) {
            return Err(format!("servers.{}.tools.deny holds {pattern:?}", id.server));
        }
        if rule.allow.is_empty() || rule.allow.iter().any(|pattern| matches(pattern, tool)) {
            return Ok(());
        }
        Err(format!("servers.{}.tools.allow does not hold it", id.server))
    }
}

/// Matches text against a pattern in which `*` stands for any run of characters; linear in practice, with
/// one point to fall back to.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        if p < pattern.len() && pattern[p] == b'*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && pattern[p] == text[t] {
            (p, t) = (p + 1, t + 1);
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            (p, t) = (at + 1, from + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

/// The layer.
pub(crate) struct Authorize {
    access: Access,
}

impl Authorize {
    /// Decides by these rules.
    pub(crate) fn new(access: Access) -> Self {
        Self { access }
    }
}

impl Layer for Authorize {
    fn name(&self) -> &'static str {
        "authorize"
    }

    fn call<'a>(&'a self, request: Request, next: Next<'a>) -> Answer<'a> {
        match self.access.check(&request.call.id) {
            Ok(()) => next.permitted(Permit::of(&request.call)).run(request),
            Err(rule) => Box::pin(async move {
                Err(ToolError::new(ErrorCode::Denied, format!("{} may not be called: {rule}", request.call.id))
                    .on(&request.call.id)
                    .hint("whoever runs Outboard can grant it there"))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_people_expect() {
        for (pattern, text, expected) in [
            ("*", "anything", true),
            ("get_*", "get_document", true),
            ("get_*", "forget_me", false),
            ("*_record*", "update_record", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b", "a-b-c", false),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} ~ {text}");
        }
    }

    #[test]
    fn deny_beats_allow_and_names_the_setting() {
        let mut access = Access::default();
        let server = ServerName::new("crm").unwrap();
        access.set(server, AccessRule { allow: vec!["*".into()], deny: vec!["delete_*".into()] });
        assert!(access.check(&ToolId::new("crm", "get").unwrap()).is_ok());
        let denial = access.check(&ToolId::new("crm", "delete_all").unwrap()).unwrap_err();
        assert_eq!(denial, "servers.crm.tools.deny holds \"delete_*\"");
    }
}
