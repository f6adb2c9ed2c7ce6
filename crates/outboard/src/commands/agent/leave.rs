//! A person's leave, where a run is estimated to cost more than is spent without asking.

use super::session::Session;
use crate::failure::Failure;
use outboard_agent::{Conversation, Estimate};
use outboard_execution::fresh_id;
use outboard_gateway::approvals::{Ask, Verdict};
use outboard_gateway::{Ground, Run};
use outboard_types::{CallContext, CallOrigin, Digest, ErrorCode, Principal, SessionName, ToolId};
use serde_json::json;
use serde_json::value::to_raw_value;
use std::sync::Arc;

/// Characters of the task that are shown with the question.
const SHOWN: usize = 1_000;

/// Asks where the estimate is over the budget; an error unless somebody agrees.
pub(super) async fn ask(
    session: &Session<'_>,
    conversation: &Conversation,
    estimate: &Estimate,
) -> Result<(), Failure> {
    let Some(ground) = ground(session, estimate) else { return Ok(()) };
    let refused = |why: &str| {
        let reason = ground.reason.as_deref().unwrap_or_default();
        Failure::new(ErrorCode::BudgetExceeded, format!("{reason}: {why}; the model was not asked"))
            .hint("ask for less, choose --mode code or a cheaper model, or raise the budget")
    };
    let deps = session.app.executions.deps();
    let Some(desk) = &deps.desk else { return Err(refused("nobody can be asked")) };
    let question = question(session, conversation, estimate, ground.clone()).await?;
    tokio::select! {
        verdict = desk.request(question) => match verdict {
            Verdict::Approved(_) => Ok(()),
            Verdict::Denied { reason, .. } => Err(refused(reason.as_deref().unwrap_or("a person said no"))),
            _ => Err(refused("nobody agreed")),
        },
        () = session.stop.cancelled() => Err(refused("stopped")),
    }
}

fn ground(session: &Session<'_>, estimate: &Estimate) -> Option<Ground> {
    let given = &session.given;
    if let (Some(above), Some(cost)) = (given.ask_above, estimate.cost_usd)
        && cost > above
    {
        let reason = format!("the run is estimated at ${cost:.4}, which is more than ${above}");
        return Some(Ground { rule: "agent.ask_above".into(), reason: Some(reason) });
    }
    let (limit, tokens) = (given.max_tokens_total?, estimate.input + estimate.output);
    let reason = format!("the run is estimated at {tokens} tokens, which is more than {limit}");
    (tokens > limit).then(|| Ground { rule: "--max-tokens-total".into(), reason: Some(reason) })
}

async fn question(
    session: &Session<'_>,
    conversation: &Conversation,
    estimate: &Estimate,
    ground: Ground,
) -> Result<Ask, Failure> {
    let internal = |error: &dyn std::fmt::Display| Failure::new(ErrorCode::Internal, error.to_string());
    let deps = session.app.executions.deps();
    let context = CallContext {
        execution: fresh_id(),
        session: SessionName::default(),
        principal: Principal::default(),
        origin: CallOrigin::Person,
        cancel: session.stop.clone(),
    };
    let surface = session.app.catalog.surfaces.current().await?;
    let run = Run::new(context, surface.catalogue.clone(), deps.limits.calls);
    let task: String = conversation.entries.last().map(outboard_agent::Entry::text).unwrap_or_default();
    let task: String = task.chars().take(SHOWN).collect();
    let shown = json!({"task": task, "model": session.given.model, "mode": conversation.mode, "estimate": estimate});
    let arguments = to_raw_value(&shown).map_err(|error| internal(&error))?;
    let id = ToolId::new("outboard", "agent").map_err(|error| internal(&error))?;
    let digest = Digest::of(arguments.get());
    let call = run.prepare_numbered(0, id, Arc::from(arguments));
    let effect = "lets the model work; its calls are still decided one by one".to_owned();
    Ok(Ask { call, run, digest, policy: deps.rulebook.current().version(), grounds: vec![ground], effect })
}
