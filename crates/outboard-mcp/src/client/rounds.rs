//! One request of a call, with everything that a modern server may put between it and its result: questions
//! that are answered in another round, and tasks that are asked for until they are done.

use super::agents::{Active, Question, Unanswered};
use super::session::Session;
use crate::rpc::RequestError;
use futures::future::join_all;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// Rounds of questions at most; a server that asks for more goes in circles.
const ROUNDS: usize = 16;
/// Questions in one round at most.
const QUESTIONS: usize = 32;
/// The least and the most time between two looks at a task.
const POLL: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(30));

/// Why there is no result.
pub(super) enum Stopped {
    /// The request failed.
    Request(RequestError),
    /// A question has no answer.
    Unanswered(Unanswered),
}

impl From<RequestError> for Stopped {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

/// What is asked of the server.
pub(super) struct Asked<'a> {
    /// The method.
    pub(super) method: &'a str,
    /// The inside of its parameters as JSON text.
    pub(super) fields: &'a str,
    /// The tool, prompt or resource concerned.
    pub(super) name: Option<&'a str>,
    /// Further entries of `_meta` as JSON text.
    pub(super) entry: Option<&'a str>,
    /// Further headers, for HTTP.
    pub(super) headers: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Outer<'a> {
    #[serde(borrow, rename = "resultType")]
    result_type: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Input {
    #[serde(rename = "inputRequests", default)]
    requests: Map<String, Value>,
    #[serde(rename = "requestState")]
    state: Option<Value>,
}

/// Asks until there is a result.
pub(super) async fn converse(
    session: &Session,
    active: &Arc<Active>,
    asked: &Asked<'_>,
) -> Result<Box<RawValue>, Stopped> {
    let mut fields = asked.fields.to_owned();
    for _ in 0..ROUNDS {
        let again = Asked { fields: &fields, headers: asked.headers.clone(), ..*asked };
        let result = session.request_for(active, &again).await?;
        match result_type(&result).as_deref() {
            Some("input_required") => {
                let more = answers(session, active, &result).await?;
                let between = if asked.fields.is_empty() { "" } else { "," };
                fields = format!("{}{between}{more}", asked.fields);
            }
            Some("task") => return task(session, active, &result).await,
            _ => return Ok(result),
        }
    }
    Err(bad(format!("it asked for input {ROUNDS} times without coming to a result")))
}

fn result_type(result: &RawValue) -> Option<String> {
    // Only the outermost layer is read, and only where the word is there at all.
    if !result.get().contains("resultType") {
        return None;
    }
    serde_json::from_str::<Outer<'_>>(result.get()).ok()?.result_type.map(Cow::into_owned)
}

fn bad(reason: String) -> Stopped {
    Stopped::Request(RequestError::BadAnswer(reason))
}

/// The parameters that answer a round of questions.
async fn answers(session: &Session, active: &Arc<Active>, result: &RawValue) -> Result<String, Stopped> {
    let input: Input =
        serde_json::from_str(result.get()).map_err(|error| bad(format!("its questions cannot be read: {error}")))?;
    if input.requests.is_empty() {
        // Nothing to ask, only to come back; not at once, so that neither side spins.
        tokio::time::sleep(POLL.0).await;
    }
    let responses = ask_all(session, active, input.requests).await?;
    let state = input.state.map(|state| format!(r#","requestState":{state}"#)).unwrap_or_default();
    Ok(format!(r#""inputResponses":{}{state}"#, Value::Object(responses)))
}

async fn ask_all(
    session: &Session,
    active: &Arc<Active>,
    requests: Map<String, Value>,
) -> Result<Map<String, Value>, Stopped> {
    if requests.len() > QUESTIONS {
        return Err(bad(format!("it asks {} questions at once; {QUESTIONS} are passed on", requests.len())));
    }
    let nobody = || Stopped::Unanswered(Unanswered::Refused("nobody can be asked here".into()));
    let agents = session.under_way.agents().ok_or_else(nobody)?;
    let _held = active.clock.hold();
    let asked = requests.into_iter().map(|(key, mut request)| {
        let agents = agents.clone();
        async move {
            let method = request["method"].as_str().unwrap_or_default().to_owned();
            let params = request.get_mut("params").map_or_else(|| json!({}), Value::take);
            let question = Question { key: Some(key.clone()), method, params };
            let answer = agents.ask(&active.call, question).await.map_err(Stopped::Unanswered)?;
            Ok((key, serde_json::from_str(answer.get()).unwrap_or_default()))
        }
    });
    join_all(asked).await.into_iter().collect()
}

/// Looks at a task until it is done. Giving up cancels it at the server.
async fn task(session: &Session, active: &Arc<Active>, result: &RawValue) -> Result<Box<RawValue>, Stopped> {
    let unusable = || bad("it answered with a task that cannot be followed".into());
    let mut state: Value = serde_json::from_str(result.get()).map_err(|_| unusable())?;
    let id = state["taskId"].as_str().ok_or_else(unusable)?.to_owned();
    let mut guard = CancelTask { session, id: Some(id.clone()) };
    let fields = format!(r#""taskId":{}"#, Value::from(id.as_str()));
    let ask = |method, fields: String| async move {
        let headers = Vec::new();
        let asked = Asked { method, fields: &fields, name: None, entry: None, headers };
        session.request_for(active, &asked).await
    };
    let mut answered = std::collections::HashSet::new();
    loop {
        match state["status"].as_str().unwrap_or("working") {
            "completed" => {
                guard.id = None;
                let result = state.get_mut("result").map(Value::take).ok_or_else(unusable)?;
                return serde_json::value::to_raw_value(&result).map_err(|_| unusable());
            }
            status @ ("failed" | "cancelled") => {
                guard.id = None;
                let why = state["error"]["message"].as_str().or(state["statusMessage"].as_str()).unwrap_or(status);
                return Err(bad(format!("its task ended as {status}: {why}")));
            }
            "input_required" => {
                let open = state["inputRequests"].as_object().cloned().unwrap_or_default();
                let open: Map<String, Value> =
                    open.into_iter().filter(|(key, _)| answered.insert(key.clone())).collect();
                if !open.is_empty() {
                    let responses = Value::Object(ask_all(session, active, open).await?);
                    ask("tasks/update", format!(r#"{fields},"inputResponses":{responses}"#)).await?;
                }
            }
            _ => {}
        }
        let pause = state["pollIntervalMs"].as_u64().map_or(Duration::from_secs(1), Duration::from_millis);
        tokio::time::sleep(pause.clamp(POLL.0, POLL.1)).await;
        let seen = ask("tasks/get", fields.clone()).await?;
        state = serde_json::from_str(seen.get()).map_err(|_| unusable())?;
    }
}

struct CancelTask<'a> {
    session: &'a Session,
    id: Option<String>,
}

impl Drop for CancelTask<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            self.session.soon("tasks/cancel", &format!(r#""taskId":{}"#, Value::from(id)));
        }
    }
}
