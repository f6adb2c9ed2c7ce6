//! A workflow as one program: the model reads four definitions, some signatures and a report.

use super::Cost;
use super::workflows::Workflow;
use crate::compose::App;
use crate::failure::Failure;
use crate::tokens::O200k;
use outboard_execution::{RunRequest, SearchRequest, TokenCounter};
use outboard_mcp::server::definitions;
use outboard_types::ErrorCode;
use std::time::{Duration, Instant};

/// Far more than any of the workflows takes.
const LIMIT: Duration = Duration::from_secs(300);

pub(super) async fn cost(app: &App, workflow: &Workflow) -> Result<Cost, Failure> {
    let started = Instant::now();
    let hits = search(app, workflow).await?;
    let handle = app.executions.start(RunRequest::new(workflow.language, workflow.program))?;
    let report = handle.wait(LIMIT).await.ok_or_else(|| Failure::new(ErrorCode::Timeout, "the program did not end"))?;
    let wall_ms = started.elapsed();
    let text = report.shape(4_000).text;
    let Some(result) = &report.result else { return Err(Failure::new(ErrorCode::ProgramError, text)) };
    let outcome = serde_json::from_str::<String>(result.get()).unwrap_or_else(|_| result.get().to_owned());
    Ok(Cost {
        definitions: definitions().iter().map(|tool| O200k.count(&tool.to_string())).sum(),
        written: O200k.count(workflow.program) + O200k.count(workflow.query),
        read: O200k.count(&text) + O200k.count(&hits),
        turns: 3,
        calls: report.calls.iter().map(|call| call.ok + call.failed).sum(),
        wall_ms,
        outcome,
    })
}

/// The search that a model makes first.
async fn search(app: &App, workflow: &Workflow) -> Result<String, Failure> {
    let surface = app.catalog.surfaces.current().await?;
    let request = SearchRequest {
        query: workflow.query.to_owned(),
        language: Some(workflow.language.as_str().to_owned()),
        limit: Some(5),
        ..SearchRequest::default()
    };
    Ok(surface.search_text(&request)?)
}
