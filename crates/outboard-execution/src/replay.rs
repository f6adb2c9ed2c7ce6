//! Runs an execution again over its recorded answers, without a call to anybody.
//!
//! The executions that this works on have a journal of their own in memory, into which one execution was
//! imported: whatever a replay writes is gone with it.

use crate::engine::Origin;
use crate::executions::Executions;
use crate::report::Report;
use crate::request::RunRequest;
use outboard_journal::{ExecutionRow, OnRestart};
use outboard_types::{CallOrigin, ErrorCode, ExecutionId, ToolError};
use serde_json::value::RawValue;
use std::sync::Arc;
use std::time::Duration;

/// Longer than any replay: its own limits end it.
const LONG: Duration = Duration::from_secs(7 * 86_400);

/// What to run.
#[derive(Debug, Clone)]
pub struct Replay {
    /// The execution whose answers are used.
    pub id: ExecutionId,
    /// Another program than the recorded one.
    pub code: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// How the program ended now.
    pub report: Arc<Report>,
    /// How it ended when it was recorded, if it did.
    pub recorded: Option<Report>,
}

impl Replayed {
    /// Whether it ended as it was recorded; `None` where it was not recorded how it ended.
    pub fn is_same(&self) -> Option<bool> {
        let recorded = self.recorded.as_ref()?;
        let result = |report: &Report| report.result.as_ref().map(|result| result.get().to_owned());
        let code = |report: &Report| report.error.as_ref().map(|error| error.code.clone());
        let now = (self.report.status, result(&self.report), code(&self.report));
        Some(now == (recorded.status, result(recorded), code(recorded)))
    }
}

impl Executions {
    /// Runs it. Needs [`Deps::follower`](crate::Deps::follower): without one this would call tools.
    pub async fn replay(&self, replay: Replay) -> Result<Replayed, ToolError> {
        if self.deps().follower.is_none() {
            return Err(ToolError::new(ErrorCode::Internal, "a replay needs a follower"));
        }
        let row = self.deps().journal.execution(&replay.id).ok().flatten().ok_or_else(|| {
            ToolError::new(ErrorCode::UnknownExecution, format!("no execution {} is in the journal", replay.id))
        })?;
        let recorded = crate::kept::report(self.deps(), &row);
        let (request, origin) = again(row, replay.code)?;
        let report = self.resume(replay.id, request, origin).wait(LONG).await;
        let report = report.ok_or_else(|| ToolError::new(ErrorCode::Internal, "the replay never ended"))?;
        Ok(Replayed { report, recorded })
    }
}

fn again(row: ExecutionRow, code: Option<String>) -> Result<(RunRequest, Origin), ToolError> {
    let Some(durability) = row.durability else {
        let why = format!("{} was recorded without what a replay needs", row.record.id);
        return Err(ToolError::new(ErrorCode::InvalidRequest, why));
    };
    let record = row.record;
    let input = record.input.map(RawValue::from_string).transpose();
    let input = input.map_err(|error| ToolError::new(ErrorCode::Internal, format!("the recorded input: {error}")))?;
    let request = RunRequest {
        code: code.unwrap_or(record.code),
        language: record.language,
        input,
        session: record.session,
        principal: record.principal,
        origin: CallOrigin::Program,
        idempotency_key: None,
        on_restart: OnRestart::Fail,
        guest: None,
    };
    Ok((request, Origin { seed: durability.seed, clock_ms: durability.clock_ms, resumed: true }))
}
