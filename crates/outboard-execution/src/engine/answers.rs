//! Answers on their way to the program.

use super::Engine;
use outboard_journal::Value;
use outboard_sandbox::{SendError, Sender};
use outboard_types::{ErrorCode, ToolError};
use outboard_worker_protocol::{CallFailure, ToWorker};
use serde_json::value::RawValue;

/// What a program may be given: a value, or an error that it can catch.
pub(super) type Given = Result<Box<RawValue>, ToolError>;

/// Queues an answer, and ahead of it what time it is for the program. One that is too large for a frame
/// becomes an error that the program can catch. `None` when the worker is gone.
pub(super) fn queue(sender: &mut Sender, frame: u64, at_ms: u64, given: Given) -> Option<()> {
    sender.queue(&ToWorker::Clock { now_ms: at_ms as f64 }).ok()?;
    let fail = |error: ToolError| ToWorker::Fail { id: frame, error: failure(error) };
    let answer = match given {
        Ok(value) => ToWorker::Done { id: frame, value },
        Err(error) => fail(error),
    };
    match sender.queue(&answer) {
        Ok(()) => Some(()),
        Err(SendError::Frame(error)) => {
            let error =
                ToolError::new(ErrorCode::LimitExceeded, format!("the answer is too large for a program: {error}"));
            sender.queue(&fail(error.hint("ask for less at once"))).ok()
        }
        Err(_) => None,
    }
}

pub(super) fn failure(error: ToolError) -> CallFailure {
    let ToolError { code, message, server, tool, retryable, hint } = error;
    CallFailure { code: code.to_string(), message, server, tool, retryable, hint }
}

impl Engine {
    /// A recorded answer as it was given.
    pub(super) fn loaded(&self, outcome: Result<Value, ToolError>) -> Given {
        let text = match outcome? {
            Value::Text(text) => text,
            blob => self.deps.journal.load(&blob).map_err(|error| lost(&error.to_string()))?,
        };
        RawValue::from_string(text).map_err(|error| lost(&error.to_string()))
    }
}

fn lost(why: &str) -> ToolError {
    ToolError::new(ErrorCode::Internal, format!("a recorded answer cannot be read: {why}"))
}
