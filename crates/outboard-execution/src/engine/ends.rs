//! How a program can end, and what is said about it.

use super::attempt::Request;
use crate::executions::Limits;
use crate::report::Failure;
use outboard_journal::Status;
use outboard_sandbox::{ExitReason, SandboxError};
use outboard_types::{ErrorCode, ToolError};
use outboard_worker_protocol::{FrameError, Trouble};
use serde_json::value::RawValue;
use std::time::Duration;

/// How a program ended.
pub(super) enum End {
    Result(Option<Box<RawValue>>),
    Trouble(Trouble),
    Failed(Status, ToolError),
}

impl End {
    /// No worker could be had.
    pub(super) fn sandbox(error: &SandboxError) -> Self {
        let error = ToolError::new(ErrorCode::SandboxUnavailable, error.to_string()).hint("run `outboard doctor`");
        End::Failed(Status::Failed, error)
    }

    /// The worker ended without a last frame: says why.
    pub(super) fn lost(reason: &ExitReason, limits: &Limits) -> Self {
        let over = |text: String, key: &str| {
            let error = ToolError::new(ErrorCode::LimitExceeded, text);
            End::Failed(Status::LimitExceeded, error.hint(format!("sandbox.{key} in outboard.toml sets it")))
        };
        match reason {
            ExitReason::Cpu => over(format!("the program used its {:?} of CPU time", limits.cpu), "cpu"),
            ExitReason::Memory => {
                over(format!("the program used its {} MiB of memory", limits.memory_bytes >> 20), "memory_mb")
            }
            ExitReason::Disk => over("the folders that the program writes to hold too much".into(), "disk_mb"),
            ExitReason::DiskFiles => {
                over("the folders that the program writes to hold too many files".into(), "disk_files")
            }
            other => End::Failed(
                Status::Failed,
                ToolError::new(ErrorCode::WorkerLost, format!("the worker ended before the program did ({other:?})"))
                    .hint("the next run gets a new worker"),
            ),
        }
    }
}

pub(super) fn cancelled() -> ToolError {
    ToolError::new(ErrorCode::Cancelled, "the execution was cancelled")
}

pub(super) fn garbage(error: &FrameError) -> ToolError {
    ToolError::new(ErrorCode::WorkerLost, format!("the worker broke the frame protocol: {error}"))
        .hint("the next run gets a new worker")
}

pub(super) fn over_wall(limit: Duration) -> ToolError {
    ToolError::new(ErrorCode::LimitExceeded, format!("the program ran for {limit:?}, its wall-clock limit"))
        .hint("sandbox.wall in outboard.toml sets it")
}

/// A program went another way than when it was recorded: both sides, as far as they are known.
pub(super) fn nondeterminism(expected: Option<String>, found: Option<&Request>) -> ToolError {
    let expected = expected.unwrap_or_else(|| "nothing more".into());
    let found = found.map_or("nothing of it".into(), |request| request.key.to_string());
    ToolError::new(
        ErrorCode::Nondeterminism,
        format!("run again over its recorded answers, the program asked for something else: expected {expected}; it asked for {found}"),
    )
    .hint("nothing was executed twice; run it anew, and let it depend only on its input, its answers, its clock and its random numbers")
}

/// The status that a worker's own report of a failure means.
pub(super) fn status_of(trouble: &Trouble) -> Status {
    match trouble.code.as_str() {
        "limit_exceeded" => Status::LimitExceeded,
        _ => Status::Failed,
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        let Trouble { code, message, line, column, excerpt, stack, hint } = trouble;
        Self { code, message, line, column, excerpt, stack, hint }
    }
}

impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Self {
        Self { code: error.code.to_string(), message: error.message, hint: error.hint, ..Self::default() }
    }
}
