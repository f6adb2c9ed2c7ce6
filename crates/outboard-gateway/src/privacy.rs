//! What the door needs to be told about private values.

use outboard_types::{Call, ToolError, ToolResult};
use serde_json::value::RawValue;
use std::sync::Arc;

/// Whether arguments may carry the private values that they hold to their server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flow {
    /// They may, or there are none.
    Pass,
    /// A person is asked.
    Ask {
        /// The rule, such as `privacy.flows[0] (outboard.toml:12)`.
        rule: String,
        /// Which value, from where, to where; never the value itself.
        reason: String,
    },
    /// They may not.
    Deny {
        /// The rule.
        rule: String,
        /// As above.
        reason: String,
    },
}

/// Knows which values are private, what stands for them, and where they came from.
pub trait Privacy: Send + Sync {
    /// Arguments in which tokens are replaced by what they stand for; `None` where there are none.
    ///
    /// # Errors
    ///
    /// `unknown_token`: something that has the form of a token and is none of this session's.
    fn restore(&self, call: &Call) -> Result<Option<Arc<RawValue>>, ToolError>;

    /// Whether restored arguments may go where they go.
    fn flow(&self, call: &Call) -> Flow;

    /// Takes note of an answer's private values and of the server that gave them.
    fn note(&self, call: &Call, result: &ToolResult);
}

/// Knows of no private values; for settings that turn privacy off, and for tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct NothingPrivate;

impl Privacy for NothingPrivate {
    fn restore(&self, _call: &Call) -> Result<Option<Arc<RawValue>>, ToolError> {
        Ok(None)
    }

    fn flow(&self, _call: &Call) -> Flow {
        Flow::Pass
    }

    fn note(&self, _call: &Call, _result: &ToolResult) {}
}
