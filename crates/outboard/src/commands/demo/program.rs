//! A workflow as one program: the model reads four definitions, some signatures and a report.

use super::Done;
use super::workflows::Workflow;
use crate::compose::App;
use crate::failure::Failure;
use crate::tokens::O200k;
use outboard_execution::{RunRequest, SearchRequest, TokenCounter};
use outboard_ledger::{Account, Part, texts};
use outboard_mcp::server::definitions;
use outboard_types::ErrorCode;
use serde_json::json;
use std::time::{Duration, Instant};

/// Hits that a model asks for.
const HITS: usize = 5;

/// Far more than any of the workflows takes.
const LIMIT: Duration = Duration::from_secs(300);

pub(super) async fn done(app: &App, workflow: &Workflow) -> Result<Done, Failure> {
    let started = Instant::now();
    let request = search(workflow);
    let surface = app.catalog.surfaces.current().await?;
    let hits = surface.search_text(&request)?;
    let handle = app.executions.start(RunRequest::new(workflow.language, workflow.program))?;
    let report = handle.wait(LIMIT).await.ok_or_else(|| Failure::new(ErrorCode::Timeout, "the program did not end"))?;
    let wall = started.elapsed();
    let text = report.shape(4_000).text;
    let Some(result) = &report.result else { return Err(Failure::new(ErrorCode::ProgramError, text)) };
    let outcome = serde_json::from_str::<String>(result.get()).unwrap_or_else(|_| result.get().to_owned());
    let calls = report.calls.iter().map(|call| call.ok + call.failed).sum();
    Ok(Done { account: account(workflow, &hits, &text), calls, wall, outcome })
}

/// The definitions, the search with its hits, the program with its report.
fn account(workflow: &Workflow, hits: &str, report: &str) -> Account {
    let language = workflow.language.as_str();
    let mut account = Account::default();
    let shown = |tool: &serde_json::Value| texts::definition(tool["name"].as_str().unwrap_or_default(), tool);
    account.given(definitions().iter().map(|tool| O200k.count(&shown(tool))).sum());
    account.turn();
    let asked = json!({"query": workflow.query, "language": language, "limit": HITS});
    account.add(Part::Arguments, O200k.count(&texts::call("search_tools", &asked)));
    account.add(Part::Results, O200k.count(hits));
    account.turn();
    let run = json!({"code": workflow.program, "language": language});
    account.add(Part::Code, O200k.count(&texts::call("run_code", &run)));
    account.add(Part::Reports, O200k.count(report));
    account
}

/// The search that a model makes first.
fn search(workflow: &Workflow) -> SearchRequest {
    SearchRequest {
        query: workflow.query.to_owned(),
        language: Some(workflow.language.as_str().to_owned()),
        limit: Some(HITS),
        ..SearchRequest::default()
    }
}
