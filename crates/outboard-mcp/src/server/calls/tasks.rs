//! The tasks extension: work that takes long is followed by clients that know how.
//!
//! A task is an execution under the protocol's name for it; nothing is kept for it that the execution does not
//! keep anyway. A direct call is one once its server makes one of it, and so is everything that takes long.

use super::direct::TASK_KEPT;
use super::follow::{Work, follow, requests};
use super::{Bound, Failure, approvals, error_result, error_text, find};
use crate::rpc::RpcError;
use crate::server::client::Way;
use crate::server::protocol;
use crate::server::questions::Reply;
use crate::server::service::{Caller, Service};
use outboard_types::{ErrorCode, ExecutionId, ToolError};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

/// How long work may take before a client that follows tasks is given one.
pub(super) const PROMPT: Duration = Duration::from_secs(5);
/// How long a task can be asked for after its end; reports are kept longer.
const KEPT_MS: u64 = 24 * 3_600 * 1_000;
/// How often a client should look.
const POLL_MS: u64 = 1_000;

/// Runs a program; a client that follows tasks gets one instead of a long wait.
pub(super) async fn run(
    service: &Service,
    work: Work,
    limit: Duration,
    bound: Bound,
    caller: Caller,
) -> Result<Value, Failure> {
    if !bound.task {
        return follow(service, work, limit, bound, caller, true).await;
    }
    if let Some(ended) = work.ended(service, limit.min(PROMPT)).await {
        return Ok(ended?);
    }
    // From now on the client comes back by itself, and is there when something is asked.
    drop(service.bridge.attach(work.id(), caller.agent.clone(), HashMap::new()));
    Ok(handed_over(service, &work, &caller))
}

/// Whether a client follows tasks. One of the handshake era has no way to, whatever it declares.
pub(super) fn are_followed(caller: &Caller) -> bool {
    protocol::takes_tasks(&caller.agent.capabilities) && matches!(caller.agent.way, Way::Retry)
}

/// The answer to a request whose result is to be asked for later.
pub(super) fn handed_over(service: &Service, work: &Work, caller: &Caller) -> Value {
    let mut task = state(service, work, caller);
    task["resultType"] = json!("task");
    // What is asked is for those who ask how it stands.
    task.as_object_mut().and_then(|task| task.shift_remove("inputRequests"));
    task
}

#[derive(Deserialize)]
struct Params {
    #[serde(rename = "taskId")]
    id: String,
    #[serde(rename = "inputResponses", default)]
    replies: HashMap<String, Value>,
}

/// The task that is meant.
fn named(service: &Service, params: Option<&RawValue>, caller: &Caller) -> Result<(Params, Work), RpcError> {
    let invalid = |why: String| RpcError::new(RpcError::INVALID_PARAMS, why);
    if !protocol::takes_tasks(&caller.agent.capabilities) {
        let data = json!({"requiredCapabilities": {"extensions": {protocol::TASKS: {}}}});
        let data = serde_json::value::to_raw_value(&data).ok();
        let message = "the client did not declare that it follows tasks".into();
        return Err(RpcError { code: RpcError::MISSING_CAPABILITY, message, data });
    }
    let text = params.map_or("{}", RawValue::get);
    let params: Params = serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
    let work = find(service, &params.id, caller).map_err(|_| invalid("no task has this id".into()))?;
    Ok((params, work))
}

/// `tasks/get`.
pub(in crate::server) async fn get(
    service: &Service,
    params: Option<&RawValue>,
    caller: &Caller,
) -> Result<Value, RpcError> {
    let (_, work) = named(service, params, caller)?;
    let ended = work.ended(service, Duration::ZERO).await;
    if ended.is_some() {
        service.bridge.posts.remove(work.id());
    }
    let mut task = state(service, &work, caller);
    match ended {
        None => {}
        Some(Ok(mut result)) => {
            result["resultType"] = json!("complete");
            (task["status"], task["result"]) = (json!("completed"), result);
        }
        Some(Err(error)) if error.code == ErrorCode::Cancelled => task["status"] = json!("cancelled"),
        Some(Err(error)) if is_of_the_protocol(&error) => {
            let why = json!({"code": RpcError::INTERNAL, "message": error_text(&error)});
            (task["status"], task["error"]) = (json!("failed"), why);
        }
        Some(Err(error)) => (task["status"], task["result"]) = (json!("completed"), failed(&error)),
    }
    Ok(task)
}

/// Whether the server did not get as far as doing the call. What went wrong in a tool is its result.
fn is_of_the_protocol(error: &ToolError) -> bool {
    matches!(error.code, ErrorCode::UpstreamProtocol | ErrorCode::UpstreamLost | ErrorCode::Internal)
}

fn failed(error: &ToolError) -> Value {
    let mut result = error_result(error);
    result["resultType"] = json!("complete");
    result
}

/// `tasks/update`: answers to what a task asks.
pub(in crate::server) async fn update(
    service: &Service,
    params: Option<&RawValue>,
    caller: Caller,
) -> Result<Value, RpcError> {
    let (params, work) = named(service, params, &caller)?;
    if let Some(desk) = &service.executions.deps().desk {
        for question in approvals::open(desk, work.id()) {
            let reply = params.replies.get(&question.record.id).cloned();
            if let Some(Ok(reply)) = reply.map(serde_json::from_value::<Reply>) {
                approvals::take(desk, &question.record.id, &reply).await;
            }
        }
    }
    drop(service.bridge.attach(work.id(), caller.agent, params.replies));
    Ok(json!({}))
}

/// `tasks/cancel`.
pub(in crate::server) async fn cancel(
    service: &Service,
    params: Option<&RawValue>,
    caller: &Caller,
) -> Result<Value, RpcError> {
    let (_, work) = named(service, params, caller)?;
    work.cancel();
    Ok(json!({}))
}

/// What is known of a task that has not ended.
fn state(service: &Service, work: &Work, caller: &Caller) -> Value {
    let open = match service.bridge.posts.get(work.id()) {
        Some(post) => requests(service, work, caller, &post),
        None => serde_json::Map::new(),
    };
    let status = if open.is_empty() { "working" } else { "input_required" };
    let started = started(work.id());
    let kept = match work {
        Work::Run { .. } => KEPT_MS,
        Work::Direct(_) => TASK_KEPT.as_millis() as u64,
    };
    let mut task = json!({
        "taskId": work.id().as_str(),
        "status": status,
        "createdAt": started,
        "lastUpdatedAt": started,
        "ttlMs": kept,
        "pollIntervalMs": POLL_MS,
    });
    if !open.is_empty() {
        task["inputRequests"] = Value::Object(open);
    }
    task
}

/// When an execution began: its id says so.
fn started(id: &ExecutionId) -> String {
    let millis = id.as_str().get(3..14).and_then(|digits| u64::from_str_radix(digits, 16).ok());
    timestamp(millis.unwrap_or_default())
}

/// Milliseconds since 1970 as RFC 3339 in UTC, by the civil calendar counted in years from March.
fn timestamp(millis: u64) -> String {
    let (days, rest) = (millis / 86_400_000 + 719_468, millis % 86_400_000);
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", rest % 1_000)
}

#[cfg(test)]
mod tests {
    use super::timestamp;

    #[test]
    fn times_are_written_as_dates() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(timestamp(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(timestamp(1_735_689_599_999), "2024-12-31T23:59:59.999Z");
    }
}
