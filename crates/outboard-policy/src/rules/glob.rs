//! Patterns in which `*` stands for any run of characters.

/// Whether the pattern matches the whole text; one point to fall back to, so no more than their product.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
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

/// A pattern over `server.tool`. Names may hold dots themselves, so the pattern is split instead of the
/// names being joined: `crm.*` never matches a tool of a server `crm.old`.
#[derive(Debug)]
pub(crate) struct ToolPattern {
    splits: Vec<(String, String)>,
}

impl ToolPattern {
    /// `None` if it has no dot and is not `*`.
    pub(crate) fn new(pattern: &str) -> Option<Self> {
        if !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*') {
            return Some(Self { splits: vec![("*".into(), "*".into())] });
        }
        let at = pattern.match_indices('.').map(|(at, _)| (pattern[..at].to_owned(), pattern[at + 1..].to_owned()));
        let splits: Vec<_> = at.filter(|(server, tool)| !server.is_empty() && !tool.is_empty()).collect();
        (!splits.is_empty()).then_some(Self { splits })
    }

    pub(crate) fn matches(&self, server: &str, tool: &str) -> bool {
        self.splits.iter().any(|(servers, tools)| matches(servers, server) && matches(tools, tool))
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
    fn a_server_pattern_does_not_reach_into_another_servers_name() {
        let pattern = ToolPattern::new("crm.*").unwrap();
        assert!(pattern.matches("crm", "old.get"));
        assert!(!pattern.matches("crm.old", "get"));
        assert!(ToolPattern::new("crm.old.*").unwrap().matches("crm.old", "get"));
        assert!(ToolPattern::new("crm").is_none());
    }
}
