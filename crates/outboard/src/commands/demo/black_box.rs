//! What a trace tells of one program with tool tracing, and what is left without it.

use super::{settings, workflows::WORKFLOWS};
use crate::cli;
use crate::commands::trace::drawing;
use crate::compose::{App, Pool};
use crate::failure::Failure;
use crate::output;
use outboard_execution::RunRequest;
use outboard_telemetry::{Trace, TreeOptions, tree};
use outboard_types::{ErrorCode, ExecutionId, Principal};
use serde_json::json;
use std::process::ExitCode;
use std::time::Duration;

/// Far more than the program takes.
const LIMIT: Duration = Duration::from_secs(300);

pub(super) async fn run(cli: &cli::Cli, args: &cli::Demo) -> Result<ExitCode, Failure> {
    let state = tempfile::tempdir()?;
    let mut settings = settings(cli, state.path())?;
    settings.telemetry.tools = !cli.no_tool_tracing;
    let app = App::open(&settings, &Principal::default(), Pool::None).await?;
    let traces = traces(&app).await;
    app.close().await;
    let (id, with, without) = traces?;
    if args.json {
        output::json(&json!({"id": id, "with": with.spans.len(), "without": without.spans.len()}));
        return Ok(ExitCode::SUCCESS);
    }
    output::data(&format!("With tool tracing: {} spans.\n\n{}", with.spans.len(), drawing(&id, &with)));
    output::data(&format!("\nWithout (--no-tool-tracing): one box.\n\n{}", drawing(&id, &without)));
    Ok(ExitCode::SUCCESS)
}

async fn traces(app: &App) -> Result<(ExecutionId, Trace, Trace), Failure> {
    let workflow = &WORKFLOWS[0];
    output::talk(&format!("{} …", workflow.name));
    let handle = app.executions.start(RunRequest::new(workflow.language, workflow.program))?;
    handle.wait(LIMIT).await.ok_or_else(|| Failure::new(ErrorCode::Timeout, "the program did not end"))?;
    let (journal, id) = (app.executions.deps().journal.clone(), handle.id().clone());
    journal.flush()?;
    let lost = || Failure::new(ErrorCode::Internal, "the journal does not know the program that just ran");
    let draw = |inner| {
        let options = TreeOptions { inner, ..TreeOptions::default() };
        tree(&journal, &id, &options)?.ok_or_else(lost)
    };
    let (with, without) = (draw(true)?, draw(false)?);
    Ok((id, with, without))
}
