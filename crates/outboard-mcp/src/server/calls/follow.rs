//! Waits with a client for the end of its work: tells progress, and asks the person behind it.

use super::direct::Direct;
use super::text_result;
use crate::server::approvals;
use crate::server::questions::Elicitation;
use crate::server::service::{Caller, Service};
use outboard_execution::{Handle, Report, Shaped};
use outboard_types::{Digest, ExecutionId, ToolError};
use serde_json::Value;
use std::future::pending;
use std::time::Duration;

/// What a client may wait for.
pub(super) enum Work {
    /// A program.
    Run { handle: Handle, max_tokens: Option<usize> },
    /// One direct call.
    Direct(Direct),
}

impl Work {
    fn id(&self) -> &ExecutionId {
        match self {
            Work::Run { handle, .. } => handle.id(),
            Work::Direct(direct) => &direct.id,
        }
    }

    fn cancel(&self) {
        match self {
            Work::Run { handle, .. } => handle.cancel(),
            Work::Direct(direct) => direct.cancel.cancel(),
        }
    }

    /// The end, if it comes within this time.
    async fn ended(&self, service: &Service, limit: Duration) -> Option<Result<Value, ToolError>> {
        match self {
            Work::Run { handle, max_tokens } => {
                let most = max_tokens.unwrap_or(service.options.max_tokens).clamp(100, 100_000);
                handle.wait(limit).await.map(|report| Ok(report_result(&report, most)))
            }
            Work::Direct(direct) => tokio::time::timeout(limit, direct.ended.clone()).await.ok(),
        }
    }
}

/// Waits for the end. Work that its own request started ends with that request's cancellation.
pub(super) async fn follow(
    service: &Service,
    work: Work,
    limit: Duration,
    digest: Digest,
    caller: Caller,
    owns: bool,
) -> Result<Value, ToolError> {
    tokio::select! {
        biased;
        ended = work.ended(service, limit) => match ended {
            Some(ended) => ended,
            None => Ok(running(service, &work).await),
        },
        () = caller.cancel.cancelled() => {
            if owns { work.cancel() }
            let ended = work.ended(service, Duration::from_secs(2)).await;
            match ended {
                Some(ended) => ended,
                None => Ok(running(service, &work).await),
            }
        }
        () = tell(&work, &caller) => pending().await,
        asked = ask(service, &work, digest, &caller) => Ok(asked),
    }
}

/// Puts open questions to the person behind the client; ends only with a result that makes the client ask.
async fn ask(service: &Service, work: &Work, digest: Digest, caller: &Caller) -> Value {
    let Some(desk) = &service.executions.deps().desk else { return pending().await };
    match &caller.elicitation {
        Elicitation::Unable => pending().await,
        Elicitation::Ask(asker) => {
            approvals::ask_all(desk, work.id(), asker).await;
            pending().await
        }
        Elicitation::Retry => {
            approvals::opened(desk, work.id()).await;
            let state = service.parked.park(&caller.principal, digest, work.id());
            approvals::input_required(&approvals::open(desk, work.id()), &state)
        }
    }
}

/// Sends a progress notification whenever something happened, at most five a second. Never ends.
async fn tell(work: &Work, caller: &Caller) {
    let (Work::Run { handle, .. }, Some(sink)) = (work, &caller.progress) else { return pending().await };
    let mut changes = handle.progress();
    let mut sent = 0;
    while changes.changed().await.is_ok() {
        let now = changes.borrow_and_update().clone();
        sent += 1;
        sink(sent, format!("{} calls {}", now.calls, now.last_line).trim_end().to_owned());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    pending().await
}

fn report_result(report: &Report, max_tokens: usize) -> Value {
    let Shaped { text, .. } = report.shape(max_tokens);
    text_result(&text, report.error.is_some())
}

/// How long an answer that names an execution waits for its record.
const RECORDED: Duration = Duration::from_secs(10);

/// What is known of work that goes on.
async fn running(service: &Service, work: &Work) -> Value {
    if let Work::Run { handle, .. } = work {
        handle.begun(RECORDED).await;
    }
    let id = work.id();
    let questions = service.executions.deps().desk.as_ref().map(|desk| approvals::open(desk, id)).unwrap_or_default();
    let status = if questions.is_empty() { "running" } else { "waiting_approval" };
    let mut text = format!("{status} {id}");
    if let Work::Run { handle, .. } = work {
        let progress = handle.progress().borrow().clone();
        text.push_str(&format!("\ncalls so far: {}", progress.calls));
        if !progress.last_line.is_empty() {
            text.push_str(&format!("\nlast line: {}", progress.last_line));
        }
    }
    if !questions.is_empty() {
        text.push_str(&approvals::advice(&questions));
    }
    text.push_str(&format!("\nget the end with wait {{\"execution\": \"{id}\"}}"));
    text_result(&text, false)
}
