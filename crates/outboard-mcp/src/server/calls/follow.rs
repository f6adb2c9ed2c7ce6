//! Waits with a client for the end of its work: tells progress, and asks the person behind it.

use super::direct::Direct;
use super::{Bound, Failure, Outlives, tasks, text_result};
use crate::rpc::RpcError;
use crate::server::approvals;
use crate::server::bridge::{self, Attached, Post};
use crate::server::client::Way;
use crate::server::questions::Elicitation;
use crate::server::service::{Caller, Service};
use outboard_execution::{Handle, Report, Shaped};
use outboard_types::{Digest, ExecutionId, ToolError};
use serde_json::{Map, Value, json};
use std::future::pending;
use std::time::Duration;

/// What a client may wait for.
#[derive(Clone)]
pub(super) enum Work {
    /// A program.
    Run { handle: Handle, max_tokens: Option<usize> },
    /// One direct call.
    Direct(Direct),
}

impl Work {
    pub(super) fn id(&self) -> &ExecutionId {
        match self {
            Work::Run { handle, .. } => handle.id(),
            Work::Direct(direct) => &direct.id,
        }
    }

    pub(super) fn cancel(&self) {
        match self {
            Work::Run { handle, .. } => handle.cancel(),
            Work::Direct(direct) => direct.cancel.cancel(),
        }
    }

    /// The end, if it comes within this time.
    pub(super) async fn ended(&self, service: &Service, limit: Duration) -> Option<Result<Value, ToolError>> {
        match self {
            Work::Run { handle, max_tokens } => {
                let most = max_tokens.unwrap_or(service.options.max_tokens).clamp(100, 100_000);
                handle.wait(limit).await.map(|report| {
                    let result = report_result(&report, most);
                    told(service, &report.execution, &result);
                    Ok(result)
                })
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
    bound: Bound,
    caller: Caller,
    owns: bool,
) -> Result<Value, Failure> {
    let mut agent = caller.agent.clone();
    if let Work::Run { .. } = &work {
        // A program tells its own progress.
        agent.progress_token = None;
    }
    let _counted = service.following();
    let post = service.bridge.attach(work.id(), agent, bound.replies);
    if let Work::Direct(direct) = &work {
        direct.begin();
    }
    tokio::select! {
        biased;
        ended = work.ended(service, limit) => match ended {
            Some(ended) => over(service, &work, &post, &caller, ended),
            None => Ok(running(service, &work).await),
        },
        () = service.drain.cancelled() => Ok(running(service, &work).await),
        () = caller.cancel.cancelled() => {
            match (owns, caller.lost.is_cancelled(), bound.outlives) {
                (false, ..) | (true, true, Outlives::Everything) => {}
                (true, true, Outlives::ItsConnection) => abandon(service, work.clone(), &post),
                _ => work.cancel(),
            }
            let ended = work.ended(service, Duration::from_secs(2)).await;
            match ended {
                Some(ended) => over(service, &work, &post, &caller, ended),
                None => Ok(running(service, &work).await),
            }
        }
        () = takes_long(service, &work, &post, bound.task) => Ok(tasks::handed_over(service, &work, &caller)),
        () = tell(&work, &caller) => pending().await,
        () = bridge::put_all(&post, &caller.agent.way) => pending().await,
        asked = ask(service, &work, bound.digest, &caller, &post) => Ok(asked),
    }
}

/// Ends once a direct call is to be followed as a task: its server has made one of it, or it takes long.
async fn takes_long(service: &Service, work: &Work, post: &Post, task: bool) {
    let Work::Direct(direct) = work else { return pending().await };
    if !task {
        return pending().await;
    }
    tokio::select! {
        () = post.became_task() => {}
        () = tokio::time::sleep(tasks::PROMPT) => {}
    }
    if !service.directs.promise(direct) {
        pending::<()>().await;
    }
}

/// How long work goes on whose client may come back by sending the same again.
const COMES_BACK: Duration = Duration::from_secs(60);

/// Ends work after a while, unless its client came back.
fn abandon(service: &Service, work: Work, post: &Attached) {
    let (bridge, number) = (service.bridge.clone(), post.number());
    tokio::spawn(async move {
        tokio::time::sleep(COMES_BACK).await;
        if bridge.posts.get(work.id()).is_some_and(|post| !post.came_after(number)) {
            work.cancel();
        }
    });
}

/// The end of work. A direct call of the stateless era that failed because the client lacks something says what.
fn over(
    service: &Service,
    work: &Work,
    post: &Post,
    caller: &Caller,
    ended: Result<Value, ToolError>,
) -> Result<Value, Failure> {
    service.bridge.posts.remove(work.id());
    let why = match &ended {
        Err(error) => Some(error.message.clone()),
        Ok(result) if result["isError"] == true => result["content"][0]["text"].as_str().map(str::to_owned),
        Ok(_) => None,
    };
    let direct = matches!((work, &caller.agent.way), (Work::Direct(_), Way::Retry));
    match (why, post.missing().filter(|_| direct)) {
        (Some(message), Some(required)) => {
            let data = serde_json::value::to_raw_value(&json!({"requiredCapabilities": required})).ok();
            Err(Failure::Rpc(RpcError { code: RpcError::MISSING_CAPABILITY, message, data }))
        }
        _ => Ok(ended?),
    }
}

/// How long questions that are asked at the same time are waited for, to be put together.
const TOGETHER: Duration = Duration::from_millis(10);

/// Puts open questions to the client; ends only with a result that makes the client ask.
async fn ask(service: &Service, work: &Work, digest: Digest, caller: &Caller, post: &Post) -> Value {
    let desk = service.executions.deps().desk.as_ref();
    let approvals_opened = async {
        match (desk, &caller.elicitation) {
            (Some(desk), Elicitation::Ask(asker)) => {
                approvals::ask_all(desk, work.id(), asker).await;
                pending().await
            }
            (Some(desk), Elicitation::Retry) => approvals::opened(desk, work.id()).await,
            _ => pending().await,
        }
    };
    let retries = matches!(caller.agent.way, Way::Retry);
    let post_opened = async {
        match retries {
            true => post.opened().await,
            false => pending().await,
        }
    };
    tokio::select! {
        () = approvals_opened => {}
        () = post_opened => {}
    }
    tokio::time::sleep(TOGETHER).await;
    let state = service.seal.seal(&caller.principal, digest, work.id());
    json!({
        "resultType": "input_required",
        "inputRequests": requests(service, work, caller, post),
        "requestState": state,
    })
}

/// Everything that waits for the client: our questions and those of servers.
pub(super) fn requests(service: &Service, work: &Work, caller: &Caller, post: &Post) -> Map<String, Value> {
    let mut requests = post.requests();
    if let (Some(desk), Elicitation::Retry) = (&service.executions.deps().desk, &caller.elicitation) {
        requests.extend(approvals::requests(&approvals::open(desk, work.id())));
    }
    requests
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

pub(super) fn report_result(report: &Report, max_tokens: usize) -> Value {
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
    let result = text_result(&text, false);
    told(service, id, &result);
    result
}

/// Has the tokens counted that the client's model reads of it.
fn told(service: &Service, id: &ExecutionId, result: &Value) {
    service.executions.told(id, result["content"][0]["text"].as_str().unwrap_or_default());
}
