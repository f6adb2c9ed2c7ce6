//! Answers on their way to the program.

use crate::executions::now_ms;
use outboard_sandbox::{SendError, Sender};
use outboard_types::{ErrorCode, ToolError, ToolId};
use outboard_worker_protocol::{CallFailure, ToWorker};
use serde_json::value::RawValue;

/// One answered request of the program.
pub(super) struct Answered {
    pub(super) frame: ToWorker,
    /// For calls: the tool as it was meant, and the error if it failed.
    pub(super) call: Option<(String, String, Option<ToolError>)>,
}

/// Queues an answer, and ahead of it what time it is for the program. One that is too large for a frame
/// becomes an error that the program can catch.
pub(super) fn queue(sender: &mut Sender, frame: ToWorker) -> Option<()> {
    sender.queue(&ToWorker::Clock { now_ms: now_ms() as f64 }).ok()?;
    match (sender.queue(&frame), frame) {
        (Ok(()), _) => Some(()),
        (Err(SendError::Frame(error)), ToWorker::Done { id, .. }) => {
            let error =
                ToolError::new(ErrorCode::LimitExceeded, format!("the answer is too large for a program: {error}"));
            sender.queue(&ToWorker::Fail { id, error: failure(error.hint("ask for less at once")) }).ok()
        }
        _ => None,
    }
}

pub(super) fn answered(id: u64, tool: &ToolId, outcome: Result<Box<RawValue>, ToolError>) -> Answered {
    let (server, name) = (tool.server.to_string(), tool.tool.to_string());
    match outcome {
        Ok(value) => Answered { frame: ToWorker::Done { id, value }, call: Some((server, name, None)) },
        Err(error) => refused(id, server, name, error),
    }
}

pub(super) fn refused(id: u64, server: String, tool: String, error: ToolError) -> Answered {
    let frame = ToWorker::Fail { id, error: failure(error.clone()) };
    Answered { frame, call: Some((server, tool, Some(error))) }
}

pub(super) fn failure(error: ToolError) -> CallFailure {
    let ToolError { code, message, server, tool, retryable, hint } = error;
    CallFailure { code: code.to_string(), message, server, tool, retryable, hint }
}
