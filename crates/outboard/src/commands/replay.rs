//! `outboard replay`: a recorded program again, over its recorded answers alone.

use crate::cli::{self, Cli};
use crate::failure::Failure;
use crate::{compose, output};
use outboard_execution::{Follower, Replay, Replayed, ReplayedCall};
use outboard_journal::Status;
use outboard_types::{ErrorCode, ExecutionId};
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) async fn run(cli: &Cli, args: &cli::Replay) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let journal = compose::journal(&settings)?;
    let id = super::executions::known(&journal, &args.id)?.record.id;
    let code = args.edit.as_deref().map(super::run::read).transpose()?;
    let folder = tempfile::tempdir()?;
    let printer = Arc::new(Printer { json: args.json, until: args.until.unwrap_or(u64::MAX), shown: 0.into() });
    let app = compose::replay(&settings, &journal, &id, folder.path(), printer).await?;
    let replayed = app.executions.replay(Replay { id: id.clone(), code }).await;
    app.close().await;
    Ok(show(&id, &replayed?, args, settings.execution.max_tokens))
}

/// Prints each call as the program gets its answer.
struct Printer {
    json: bool,
    until: u64,
    shown: AtomicU64,
}

impl Follower for Printer {
    fn call(&self, call: ReplayedCall) -> ControlFlow<()> {
        if self.json {
            output::json(&call_json(&call));
        } else {
            let came = call.outcome.as_ref().map(|bytes| format!("{bytes} bytes")).unwrap_or_else(ToString::to_string);
            output::data(&format!("{:>5} {}.{}  {came}", call.number, call.server, call.tool));
        }
        match self.shown.fetch_add(1, Ordering::Relaxed) + 1 >= self.until {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}

fn call_json(call: &ReplayedCall) -> Value {
    json!({
        "id": call.number, "server": call.server, "tool": call.tool, "at_ms": call.at_ms,
        "bytes": call.outcome.as_ref().ok(), "error": call.outcome.as_ref().err().map(|error| error.code.as_str()),
    })
}

fn show(id: &ExecutionId, replayed: &Replayed, args: &cli::Replay, max_tokens: usize) -> ExitCode {
    let (report, same) = (&replayed.report, replayed.is_same());
    if args.json {
        let result: Option<Value> = report.result.as_ref().and_then(|raw| serde_json::from_str(raw.get()).ok());
        output::json(&json!({
            "id": id, "status": report.status.as_str(), "result": result, "error": report.error, "same": same,
        }));
    } else {
        output::data(&report.shape(max_tokens).text);
        output::talk(match same {
            Some(true) => "it ended as it was recorded",
            Some(false) => "it ended otherwise than it was recorded",
            None => "it was never recorded to its end",
        });
    }
    let stopped = report.status == Status::Cancelled && args.until.is_some();
    let departed = report.error.as_ref().is_some_and(|error| error.code == ErrorCode::Nondeterminism.as_str());
    ExitCode::from(u8::from(departed || !(stopped || same.unwrap_or(true) || args.edit.is_some())))
}
