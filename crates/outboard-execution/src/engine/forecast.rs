//! Before a program runs: what it is expected to cost, and a person's word where that is over the budget.
//!
//! The forecast takes the tools that the program names, how often programs call them, and how large their
//! answers are. It is a guess for early asking; the budget itself is kept call by call at the gateway.

use super::Engine;
use super::answers::Given;
use outboard_gateway::approvals::{Ask, Verdict};
use outboard_gateway::{Ground, Money, OnExceed, Run};
use outboard_types::{Digest, ErrorCode, ToolError, ToolId};
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use std::sync::Arc;

/// Program text that is shown with the question, in characters.
const SHOWN: usize = 2_000;

impl Engine {
    /// Work that ends with the program's leave to run; `None` where there is nothing to ask about.
    pub(super) fn leave(&self) -> Option<impl Future<Output = Given> + Send + use<>> {
        let forecast = self.deps.forecast.clone()?;
        let (deps, run, tools) = (self.deps.clone(), self.run.clone(), self.findings.tools.clone());
        let code: String = self.request.code.chars().take(SHOWN).collect();
        Some(async move {
            let journal = deps.journal.clone();
            let ids: Vec<ToolId> = tools.iter().filter_map(|name| run.resolve("", name).ok()).collect();
            let total = tokio::task::spawn_blocking(move || {
                let cost = |id: &ToolId| {
                    let (server, tool) = (id.server.as_str(), id.tool.as_str());
                    let calls = journal.usual_calls(server, tool).ok().flatten().unwrap_or(1.0);
                    let sizes = journal.past_sizes(server, tool).ok().flatten();
                    let bytes = sizes.map_or(0.0, |sizes| sizes.arguments + sizes.result);
                    forecast.cost(id, calls, bytes)
                };
                let total = ids.iter().map(cost).fold(Money::default(), Money::plus);
                forecast.over(total)
            });
            let Ok(Some((ground, on_exceed))) = total.await else { return Ok(RawValue::NULL.to_owned()) };
            let desk = deps.desk.as_ref().filter(|_| on_exceed == OnExceed::Ask);
            let Some(desk) = desk else { return Err(refused(&ground, None)) };
            let ask = ask(&run, &code, ground.clone(), deps.rulebook.current().version())?;
            match desk.request(ask).await {
                Verdict::Approved(_) => Ok(RawValue::NULL.to_owned()),
                Verdict::Denied { reason, .. } => Err(refused(&ground, reason)),
                _ => Err(refused(&ground, Some("nobody answered".into()))),
            }
        })
    }
}

fn ask(run: &Arc<Run>, code: &str, ground: Ground, policy: Digest) -> Result<Ask, ToolError> {
    let broken = |error: &dyn std::fmt::Display| ToolError::new(ErrorCode::Internal, error.to_string());
    let id = ToolId::new("outboard", "run_code").map_err(|error| broken(&error))?;
    let arguments = to_raw_value(&json!({"code": code})).map_err(|error| broken(&error))?;
    let digest = Digest::of(arguments.get());
    let call = run.prepare_numbered(0, id, arguments.into());
    let effect = "runs the program, whose calls are still decided one by one".to_owned();
    Ok(Ask { call, run: run.clone(), digest, policy, grounds: vec![ground], effect })
}

fn refused(ground: &Ground, why: Option<String>) -> ToolError {
    let reason = ground.reason.as_deref().unwrap_or_default();
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    ToolError::new(ErrorCode::BudgetExceeded, format!("{reason}{why}"))
        .hint(format!("nothing was run; do less in one program, or have {} raised", ground.rule))
}
