//! One request of a call, with everything that a server may put between it and its result: questions that are
//! answered in another round, and tasks ([`super::tasks`]).

use super::agents::{Active, Question, Unanswered};
use super::session::Session;
use super::tasks;
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
/// The pause before a server that only wants us to come back is asked again.
const PAUSE: Duration = Duration::from_millis(50);

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
            Some("task") => return tasks::bounded(active, tasks::modern(session, active, &result)).await,
            _ if tasks::is_asked_for(asked.fields) => {
                return tasks::bounded(active, tasks::legacy(session, active, result)).await;
            }
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

pub(super) fn bad(reason: String) -> Stopped {
    Stopped::Request(RequestError::BadAnswer(reason))
}

/// The parameters that answer a round of questions.
async fn answers(session: &Session, active: &Arc<Active>, result: &RawValue) -> Result<String, Stopped> {
    let input: Input =
        serde_json::from_str(result.get()).map_err(|error| bad(format!("its questions cannot be read: {error}")))?;
    if input.requests.is_empty() {
        // Nothing to ask, only to come back; not at once, so that neither side spins.
        tokio::time::sleep(PAUSE).await;
    }
    let responses = ask_all(session, active, input.requests).await?;
    let state = input.state.map(|state| format!(r#","requestState":{state}"#)).unwrap_or_default();
    Ok(format!(r#""inputResponses":{}{state}"#, Value::Object(responses)))
}

/// Puts questions to the agent behind the call, all at once.
pub(super) async fn ask_all(
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
