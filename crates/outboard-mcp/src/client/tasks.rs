//! Calls that a server makes tasks of: followed until they end, in the way of its era.
//!
//! A modern server decides by itself and is asked how the task stands; one of revision 2025-11-25 declares per tool
//! whether it may be asked for a task, and has the result for whoever waits for it.

use super::agents::Active;
use super::handshake::Era;
use super::rounds::{Asked, Stopped, ask_all, bad};
use super::session::Session;
use crate::rpc::{RequestError, RpcError};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// The least and the most time between two looks at a task.
const POLL: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(30));
/// The longest that a task is followed; then it is cancelled at the server.
const LONGEST: Duration = Duration::from_secs(3_600);
/// How often the result of a task is asked for again whose connection broke off.
const RETURNS: usize = 10;
/// What makes a call of revision 2025-11-25 a task, as JSON text.
const WISH: &str = r#","task":{}"#;

/// Whether a server of the handshake era says that this tool is called as a task: always, or where that is wanted.
pub(super) fn wish(session: &Session, definition: &RawValue, wanted: bool) -> &'static str {
    #[derive(Deserialize)]
    struct Tool {
        #[serde(default)]
        execution: Value,
    }
    let able = session.greeting.era == Era::Legacy
        && session.greeting.capabilities["tasks"]["requests"]["tools"]["call"].is_object()
        && definition.get().contains("taskSupport");
    if !able {
        return "";
    }
    let tool = serde_json::from_str::<Tool>(definition.get()).ok();
    match tool.as_ref().and_then(|tool| tool.execution["taskSupport"].as_str()) {
        Some("required") => WISH,
        Some("optional") if wanted => WISH,
        _ => "",
    }
}

/// Whether a request asked for a task.
pub(super) fn is_asked_for(fields: &str) -> bool {
    fields.ends_with(WISH)
}

fn unusable() -> Stopped {
    bad("it answered with a task that cannot be followed".into())
}

/// Follows one task, and cancels it at the server if nobody waits for it any more.
struct Followed<'a> {
    session: &'a Session,
    active: &'a Arc<Active>,
    id: String,
    over: bool,
}

impl<'a> Followed<'a> {
    fn begin(session: &'a Session, active: &'a Arc<Active>, id: &Value) -> Result<Self, Stopped> {
        let id = id.as_str().ok_or_else(unusable)?.to_owned();
        if let Some(agents) = session.under_way.agents() {
            agents.became_task(&active.call);
        }
        Ok(Self { session, active, id, over: false })
    }

    async fn ask(&self, method: &str, more: &str) -> Result<Box<RawValue>, RequestError> {
        let fields = format!("{}{more}", self.fields());
        let asked = Asked { method, fields: &fields, name: Some(&self.id), entry: None, headers: Vec::new() };
        self.session.request_for(self.active, &asked).await
    }

    async fn seen(&self) -> Result<Value, Stopped> {
        let seen = self.ask("tasks/get", "").await?;
        serde_json::from_str(seen.get()).map_err(|_| unusable())
    }

    fn fields(&self) -> String {
        format!(r#""taskId":{}"#, Value::from(self.id.as_str()))
    }
}

impl Drop for Followed<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.session.soon("tasks/cancel", &self.fields(), Some(&self.id));
        }
    }
}

/// Follows a task for as long as one may take: the time limit of a call is for answers, and this is one.
pub(super) async fn bounded(
    active: &Active,
    followed: impl Future<Output = Result<Box<RawValue>, Stopped>>,
) -> Result<Box<RawValue>, Stopped> {
    let _held = active.clock.hold();
    let ended = tokio::time::timeout(LONGEST, followed).await;
    ended.unwrap_or_else(|_| Err(bad(format!("its task did not end within {} min", LONGEST.as_secs() / 60))))
}

/// Looks at a task of a modern server until it is done.
pub(super) async fn modern(
    session: &Session,
    active: &Arc<Active>,
    result: &RawValue,
) -> Result<Box<RawValue>, Stopped> {
    let mut state: Value = serde_json::from_str(result.get()).map_err(|_| unusable())?;
    let mut task = Followed::begin(session, active, &state["taskId"])?;
    let mut answered = HashSet::new();
    if state["status"] != "working" {
        // What came of it, and what it asks, is told to whoever looks.
        state = task.seen().await?;
    }
    loop {
        match state["status"].as_str().unwrap_or("working") {
            "completed" => {
                task.over = true;
                let result = state.get_mut("result").map(Value::take).ok_or_else(unusable)?;
                return serde_json::value::to_raw_value(&result).map_err(|_| unusable());
            }
            status @ ("failed" | "cancelled") => {
                task.over = true;
                return Err(ended(status, &state));
            }
            "input_required" => {
                let open = state["inputRequests"].as_object().cloned().unwrap_or_default();
                let open: Map<String, Value> =
                    open.into_iter().filter(|(key, _)| answered.insert(key.clone())).collect();
                if !open.is_empty() {
                    let responses = Value::Object(ask_all(session, active, open).await?);
                    task.ask("tasks/update", &format!(r#","inputResponses":{responses}"#)).await?;
                }
            }
            _ => {}
        }
        let pause = state["pollIntervalMs"].as_u64().map_or(Duration::from_secs(1), Duration::from_millis);
        tokio::time::sleep(pause.clamp(POLL.0, POLL.1)).await;
        state = task.seen().await?;
    }
}

/// A task that failed with an error of the protocol gives that error, as the call itself would have.
fn ended(status: &str, state: &Value) -> Stopped {
    match RpcError::deserialize(&state["error"]) {
        Ok(error) if status == "failed" && error.code != 0 => Stopped::Request(RequestError::Refused(error)),
        _ => {
            let why = state["statusMessage"].as_str().unwrap_or(status);
            bad(format!("its task ended as {status}: {why}"))
        }
    }
}

/// Waits for the result of a task of revision 2025-11-25. What it asks meanwhile comes as requests of its own.
pub(super) async fn legacy(
    session: &Session,
    active: &Arc<Active>,
    result: Box<RawValue>,
) -> Result<Box<RawValue>, Stopped> {
    let state: Value = serde_json::from_str(result.get()).map_err(|_| unusable())?;
    if state["task"]["taskId"].is_null() {
        // It did the call at once.
        return Ok(result);
    }
    let mut task = Followed::begin(session, active, &state["task"]["taskId"])?;
    for _ in 0..RETURNS {
        match task.ask("tasks/result", "").await {
            Err(RequestError::Lost(_)) if session.is_alive() => tokio::time::sleep(POLL.0).await,
            answer => {
                task.over = true;
                return answer.map_err(Stopped::Request);
            }
        }
    }
    Err(bad("the connection broke off each time the result of its task was asked for".into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_task_that_failed_gives_its_error() {
        let error = |state: Value| match ended("failed", &state) {
            Stopped::Request(RequestError::Refused(error)) => error.code,
            Stopped::Request(RequestError::BadAnswer(why)) => i64::from(why.contains("no disk")),
            _ => -1,
        };
        assert_eq!(error(json!({"error": {"code": -32603, "message": "broken"}})), -32603);
        assert_eq!(error(json!({"statusMessage": "no disk"})), 1);
        assert_eq!(error(json!({"error": "nonsense", "statusMessage": "no disk"})), 1);
    }

    #[test]
    fn only_what_asked_for_a_task_is_taken_for_one() {
        assert!(is_asked_for(&format!(r#""name":"t","arguments":{{}}{WISH}"#)));
        assert!(!is_asked_for(r#""name":"t","arguments":{"task":{}}"#));
    }
}
