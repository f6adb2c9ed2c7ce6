//! Patterns over `server.tool`.

use outboard_types::glob;

/// A pattern over `server.tool`. Names may hold dots themselves, so the pattern is split instead of the
/// names being joined: `crm.*` never matches a tool of a server `crm.old`.
#[derive(Debug)]
pub(crate) struct ToolPattern {
    splits: Vec<(String, String)>,
}

impl ToolPattern {
    /// `None` if it has no dot and is not `*`.
    pub(crate) fn new(pattern: &str) -> Option<Self> {
        if is_any(pattern) {
            return Some(Self { splits: vec![("*".into(), "*".into())] });
        }
        let at = pattern.match_indices('.').map(|(at, _)| (pattern[..at].to_owned(), pattern[at + 1..].to_owned()));
        let splits: Vec<_> = at.filter(|(server, tool)| !server.is_empty() && !tool.is_empty()).collect();
        (!splits.is_empty()).then_some(Self { splits })
    }

    pub(crate) fn matches(&self, server: &str, tool: &str) -> bool {
        self.splits.iter().any(|(servers, tools)| glob(servers, server) && glob(tools, tool))
    }

    /// Whether it matches everything that a server could have.
    pub(crate) fn covers(&self, server: &str) -> bool {
        self.splits.iter().any(|(servers, tools)| glob(servers, server) && is_any(tools))
    }
}

/// Whether a pattern matches every name.
pub(crate) fn is_any(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_pattern_does_not_reach_into_another_servers_name() {
        let pattern = ToolPattern::new("crm.*").unwrap();
        assert!(pattern.matches("crm", "old.get"));
        assert!(!pattern.matches("crm.old", "get"));
        assert!(ToolPattern::new("crm.old.*").unwrap().matches("crm.old", "get"));
        assert!(ToolPattern::new("crm").is_none());
        assert!(pattern.covers("crm") && !pattern.covers("crm.old"));
        assert!(!ToolPattern::new("crm.get_*").unwrap().covers("crm"));
    }
}
