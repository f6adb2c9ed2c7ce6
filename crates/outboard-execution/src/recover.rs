//! Executions that another process left unfinished.

use crate::engine::Origin;
use crate::executions::{Executions, Handle};
use crate::request::RunRequest;
use crate::workspace::Found;

use futures::StreamExt;
use outboard_journal::{Claim, ExecutionRow, OnRestart, Status};
use outboard_types::{CallOrigin, ErrorCode, ExecutionId, ToolError};
use serde_json::value::RawValue;

/// Claims that are written together.
const AT_ONCE: usize = 512;

/// What became of the executions that were found unfinished.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Resumed {
    /// They go on.
    pub resumed: Vec<ExecutionId>,
    /// They wait until somebody resumes them.
    pub waiting: Vec<ExecutionId>,
}

fn broken(error: impl std::fmt::Display) -> ToolError {
    ToolError::new(ErrorCode::Internal, format!("the journal cannot be read: {error}"))
}

impl Executions {
    /// Goes on with every unfinished execution that is to be resumed. One that another process is quicker to
    /// take is left to it.
    pub async fn recover(&self) -> Result<Resumed, ToolError> {
        let mut found = Resumed::default();
        let mut resumed = Vec::new();
        let unfinished = self.deps().journal.unfinished().map_err(broken)?;
        self.sweep();
        for row in unfinished {
            let id = row.record.id.clone();
            let wanted = row.durability.as_ref().map(|durability| durability.on_restart);
            match wanted {
                Some(OnRestart::Resume) => resumed.push(self.take_over(row)),
                Some(OnRestart::Suspend) => found.waiting.push(id),
                _ => {}
            }
        }
        // Many at once, so that thousands of claims share a few commits.
        let mut taken = futures::stream::iter(resumed).buffered(AT_ONCE);
        while let Some(taken) = taken.next().await {
            found.resumed.extend(taken?.map(|handle| handle.id().clone()));
        }
        Ok(found)
    }

    /// Removes copies of files that no execution needs any more; those of one that is over are kept for replays.
    fn sweep(&self) {
        let journal = &self.deps().journal;
        self.deps().state.sweep_files(&|id| match journal.execution(&ExecutionId(id.into())) {
            Ok(Some(row)) if row.status.is_final() => Found::Over,
            Ok(None) => Found::Unknown,
            _ => Found::Needed,
        });
    }

    /// Goes on with one unfinished execution, whatever was wanted for it.
    pub async fn resume_one(&self, id: &ExecutionId) -> Result<Handle, ToolError> {
        let row = self.deps().journal.execution(id).map_err(broken)?.ok_or_else(|| {
            ToolError::new(ErrorCode::UnknownExecution, format!("no execution {id} is in the journal"))
        })?;
        if row.status.is_final() {
            let hint = "an execution that ended can be replayed, not resumed";
            return Err(ToolError::new(ErrorCode::InvalidRequest, format!("{id} is over: {}", row.status)).hint(hint));
        }
        let taken = self.take_over(row).await?;
        taken.ok_or_else(|| {
            ToolError::new(ErrorCode::InvalidRequest, format!("{id} belongs to another process that lives"))
                .hint("it goes on there; `outboard executions` shows how far it is")
        })
    }

    async fn take_over(&self, row: ExecutionRow) -> Result<Option<Handle>, ToolError> {
        let id = row.record.id.clone();
        let Some(durability) = row.durability else {
            let why = format!("{id} was recorded without what a replay needs");
            return Err(ToolError::new(ErrorCode::InvalidRequest, why));
        };
        if self.deps().journal.claim(&id).await.map_err(broken)? != Claim::Ours {
            return Ok(None);
        }
        self.deps().journal.status(&id, Status::Queued);
        let input = row.record.input.map(RawValue::from_string).transpose().map_err(broken)?;
        let request = RunRequest {
            code: row.record.code,
            language: row.record.language,
            input,
            session: row.record.session,
            principal: row.record.principal,
            origin: CallOrigin::Program,
            idempotency_key: durability.idempotency_key,
            on_restart: durability.on_restart,
            guest: None,
        };
        let origin = Origin { seed: durability.seed, clock_ms: durability.clock_ms, resumed: true };
        Ok(Some(self.resume(id, request, origin)))
    }
}
