//! One call to an upstream, and what came of it.

use crate::{CallTracing, ExecutionId, Principal, SessionName, ToolError, ToolId};
use serde_json::value::RawValue;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What asked for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOrigin {
    /// A program inside the jail.
    Program,
    /// The model, through `call_tool` or a directly exposed tool.
    Model,
    /// A person on the command line.
    Person,
}

/// The circumstances of a call; shared by all calls of one execution.
#[derive(Debug, Clone)]
pub struct CallContext {
    /// The execution that the call belongs to.
    pub execution: ExecutionId,
    /// The session of that execution.
    pub session: SessionName,
    /// On whose authority the call is made.
    pub principal: Principal,
    /// What asked for it.
    pub origin: CallOrigin,
    /// Fires when nobody waits for the answer any more.
    pub cancel: CancellationToken,
}

/// One tool call on its way through the gateway.
#[derive(Debug, Clone)]
pub struct Call {
    /// Which tool.
    pub id: ToolId,
    /// The arguments: the JSON text of an object, kept as it came.
    pub arguments: Arc<RawValue>,
    /// The number of the call within its execution, from 1.
    pub number: u64,
    /// What it is known by wherever it is made again, by a retry or after a crash; none for calls of no program.
    pub idempotency_key: Option<Arc<str>>,
    /// The trace that it is part of.
    pub trace: CallTracing,
    /// Its circumstances.
    pub context: Arc<CallContext>,
}

/// What an upstream answered to `tools/call`. The parts are kept as raw JSON text, so that nothing is
/// lost and large results are not parsed on the way through.
#[derive(Debug, Clone, Default)]
pub struct ToolResult {
    /// `content`: the JSON text of an array of content blocks.
    pub content: Option<Box<RawValue>>,
    /// `structuredContent`, where the server gives it.
    pub structured: Option<Box<RawValue>>,
    /// `_meta`, where the server gives it.
    pub meta: Option<Box<RawValue>>,
}

impl ToolResult {
    /// A result of one text block, for tests and for servers of our own.
    pub fn text(text: &str) -> Self {
        let content = serde_json::json!([{"type": "text", "text": text}]).to_string();
        Self { content: RawValue::from_string(content).ok(), ..Self::default() }
    }

    /// The size of the answer, in bytes of JSON.
    pub fn size(&self) -> usize {
        [&self.content, &self.structured].into_iter().flatten().map(|raw| raw.get().len()).sum()
    }
}

/// Past the gateway's edge there are no failures of another kind: a call ends as one of these.
pub type Outcome = Result<ToolResult, ToolError>;
