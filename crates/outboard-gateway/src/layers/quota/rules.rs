//! What a rule limits, for whom, and how it says no.

use super::meters::Hit;
use crate::{Request, glob};
use outboard_types::{ErrorCode, ToolError, ToolId};
use std::time::Duration;

/// One limit or several on the same calls.
#[derive(Debug, Clone)]
pub struct QuotaRule {
    /// Where the rule stands in the settings, as errors name it.
    pub setting: String,
    /// Patterns over `server.tool`; none means all.
    pub tools: Vec<String>,
    /// Whose calls are counted together.
    pub per: Per,
    /// Calls within the window.
    pub calls: Option<u64>,
    /// Bytes of arguments and answers within the window. An answer's size is known when it is there, so
    /// the last call within the limit may go over it.
    pub bytes: Option<u64>,
    /// How long calls and bytes are counted before the count begins anew; `None` never.
    pub window: Option<Duration>,
    /// How fast calls may follow each other.
    pub rate: Option<Rate>,
    /// Calls under way at once; more wait.
    pub concurrent: Option<usize>,
}

impl QuotaRule {
    /// A rule that limits nothing yet.
    pub fn new(setting: impl Into<String>, per: Per) -> Self {
        let setting = setting.into();
        Self { setting, tools: Vec::new(), per, calls: None, bytes: None, window: None, rate: None, concurrent: None }
    }
}

/// How fast calls may follow each other.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Calls per second on average.
    pub per_second: f64,
    /// Calls that may come at once after a pause; at least 1.
    pub burst: u32,
    /// How long a call waits for its turn before it is refused; default 10 s.
    pub patience: Duration,
}

impl Rate {
    /// So many calls per second, with a burst of as many.
    pub fn per_second(per_second: f64) -> Self {
        Self { per_second, burst: per_second.clamp(1.0, 1e6) as u32, patience: Duration::from_secs(10) }
    }
}

/// Whose calls are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// All calls of each tool.
    Tool,
    /// All calls of each server.
    Server,
    /// All calls of each session of each principal.
    Session,
    /// All calls of each principal.
    Principal,
    /// All calls of each execution.
    Execution,
}

impl Per {
    /// The word in settings and errors.
    pub fn as_str(self) -> &'static str {
        match self {
            Per::Tool => "tool",
            Per::Server => "server",
            Per::Session => "session",
            Per::Principal => "principal",
            Per::Execution => "execution",
        }
    }
}

impl QuotaRule {
    pub(super) fn covers(&self, name: &str) -> bool {
        glob::any(&self.tools, name)
    }

    /// What the calls that are counted together have in common.
    pub(super) fn key(&self, request: &Request) -> String {
        let (call, context) = (&request.call, &request.call.context);
        match self.per {
            Per::Tool => call.id.to_string(),
            Per::Server => call.id.server.to_string(),
            Per::Session => format!("{}\n{}", context.session, context.principal.0),
            Per::Principal => context.principal.0.to_string(),
            Per::Execution => String::new(),
        }
    }

    pub(super) fn refusal(&self, id: &ToolId, hit: &Hit) -> ToolError {
        let (setting, per) = (&self.setting, self.per.as_str());
        let within = self.window.map(|window| format!(" within {window:?}")).unwrap_or_default();
        let (code, key, message) = match hit {
            Hit::Calls { limit, .. } => {
                (ErrorCode::LimitExceeded, "calls", format!("the limit of {limit} calls per {per}{within} is reached"))
            }
            Hit::Bytes { limit, used, .. } => (
                ErrorCode::LimitExceeded,
                "bytes",
                format!("the limit of {limit} bytes per {per}{within} is reached ({used} were moved)"),
            ),
            Hit::Rate { rate, .. } => {
                (ErrorCode::RateLimited, "rate", format!("more than {} calls per second per {per}", rate.per_second))
            }
        };
        let again = hit.retry_after().map(|wait| format!("retry after {} s, or ", wait.as_secs() + 1));
        let error = ToolError::new(code, format!("{id} was not called: {message}")).on(id);
        let error = error.hint(format!("{}raise {setting}.{key}", again.clone().unwrap_or_default()));
        if again.is_some() { error.retryable() } else { error }
    }
}
