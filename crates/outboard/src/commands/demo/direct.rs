//! A workflow as direct calls: every argument is written by the model, every result is read by it.

use super::Done;
use super::workflows::Workflow;
use crate::compose::App;
use crate::failure::Failure;
use crate::tokens::O200k;
use outboard_catalog::Catalogue;
use outboard_execution::{TokenCounter, fresh_id, program_value};
use outboard_gateway::Run;
use outboard_ledger::{Part, texts};
use outboard_types::{CallContext, CallOrigin, CancellationToken, ErrorCode, Principal, SessionName, ToolResult};
use serde_json::Value;
use serde_json::value::to_raw_value;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Makes direct calls and counts what a model would write and read.
pub(super) struct Direct<'a> {
    app: &'a App,
    run: Arc<Run>,
    done: Done,
    counting: Duration,
}

pub(super) async fn done(app: &App, workflow: &Workflow) -> Result<Done, Failure> {
    let surface = app.catalog.surfaces.current().await?;
    let context = CallContext {
        execution: fresh_id(),
        session: SessionName::default(),
        principal: Principal::default(),
        origin: CallOrigin::Model,
        cancel: CancellationToken::new(),
    };
    let run = Run::new(context, surface.catalogue.clone(), app.executions.deps().limits.calls);
    let mut done = Done::default();
    done.account.given(definitions(&surface.catalogue));
    let mut direct = Direct { app, run, done, counting: Duration::ZERO };
    let started = Instant::now();
    let outcome = (workflow.direct)(&mut direct).await?;
    let wall = started.elapsed().saturating_sub(direct.counting);
    Ok(Done { outcome, wall, ..direct.done })
}

/// All definitions of all servers, as clients show them.
fn definitions(catalogue: &Catalogue) -> u64 {
    let mut tokens = 0;
    for server in &catalogue.servers {
        for tool in &server.tools {
            let raw: Value = serde_json::from_str(tool.raw.get()).unwrap_or_default();
            tokens += O200k.count(&texts::definition(&format!("{}__{}", server.name, tool.id.tool), &raw));
        }
    }
    tokens
}

impl Direct<'_> {
    /// One call as the model makes it; gives the value that it reads.
    pub(super) async fn call(&mut self, server: &str, tool: &str, arguments: Value) -> Result<Value, Failure> {
        let id = self.run.resolve(server, tool)?;
        let raw = to_raw_value(&arguments).map_err(|error| Failure::new(ErrorCode::Internal, error.to_string()))?;
        let result = self.app.executions.deps().gateway.call(&self.run, id, raw.into()).await?;
        let counted = Instant::now();
        self.done.calls += 1;
        self.done.account.turn();
        let written = texts::call(&format!("{server}__{tool}"), &arguments);
        self.done.account.add(Part::Arguments, O200k.count(&written));
        self.done.account.add(Part::Results, O200k.count(&shown(&result)));
        self.counting += counted.elapsed();
        let value = program_value(None, &result, std::path::Path::new("/nonexistent"));
        serde_json::from_str(value.get()).map_err(|error| Failure::new(ErrorCode::Internal, error.to_string()))
    }
}

/// The text of the content blocks, which is what clients give to a model.
fn shown(result: &ToolResult) -> String {
    let content: Value =
        result.content.as_ref().and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
    let blocks = content.as_array().into_iter().flatten();
    blocks.filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().join("\n")
}
