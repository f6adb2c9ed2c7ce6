//! Reading the answer to one HTTP request: JSON, a stream of events, or a refusal.

use super::process::harmless;
use super::sse::{Events, Mark};
use crate::rpc::{Id, MAX_MESSAGE, Message, RequestError, RpcError, for_each_message, raw};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Response, StatusCode};
use serde_json::value::RawValue;

/// A message of the server besides the answer.
pub(super) enum Reply {
    /// It tells something.
    Notification(String, Option<Box<RawValue>>),
    /// It asks something.
    Request(Id, String, Option<Box<RawValue>>),
}

/// Reads the answer to request `id`; everything else is handed to `aside`. Where a stream stood when it ended
/// is in `mark` then.
pub(super) async fn read(
    mut answer: Response,
    id: i64,
    mut aside: impl FnMut(Reply),
    mark: &mut Mark,
) -> Result<Box<RawValue>, RequestError> {
    let status = answer.status();
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if status.is_success() && kind.starts_with("text/event-stream") {
        return stream(answer, id, aside, mark).await;
    }
    let body = whole(&mut answer).await?;
    let mut found = None;
    let parsed = for_each_message(&body, |message| sort(message, id, &mut found, &mut aside));
    match (found, status.is_success()) {
        (Some(Ok(result)), true) => Ok(result),
        (Some(Err(refused)), _) => Err(RequestError::Refused(refused)),
        (None, true) => Err(RequestError::BadAnswer(match parsed {
            Ok(()) => "it answered without a result".into(),
            Err(error) => format!("its answer is {error}"),
        })),
        (_, false) => Err(refusal(status, &body)),
    }
}

async fn whole(answer: &mut Response) -> Result<Vec<u8>, RequestError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| RequestError::Lost(causes(error)))? {
        if body.len() + chunk.len() > MAX_MESSAGE {
            return Err(RequestError::BadAnswer(format!("the answer is larger than {} MiB", MAX_MESSAGE >> 20)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

async fn stream(
    mut answer: Response,
    id: i64,
    mut aside: impl FnMut(Reply),
    mark: &mut Mark,
) -> Result<Box<RawValue>, RequestError> {
    let mut events = Events::after(mark.clone());
    while let Some(chunk) = answer.chunk().await.map_err(|error| RequestError::Lost(causes(error)))? {
        events.push(&chunk).map_err(|error| RequestError::BadAnswer(error.to_string()))?;
        let next = |events: &mut Events, mark: &mut Mark| {
            let event = events.next();
            mark.clone_from(&events.mark);
            event
        };
        while let Some(event) = next(&mut events, mark) {
            let mut found = None;
            // What is not a message is skipped, as on the standard streams.
            let _ = for_each_message(&event.data, |message| sort(message, id, &mut found, &mut aside));
            if let Some(outcome) = found {
                return outcome.map_err(RequestError::Refused);
            }
        }
    }
    Err(RequestError::Lost("the stream ended before the answer".into()))
}

type Found = Option<Result<Box<RawValue>, RpcError>>;

fn sort(message: Message, wanted: i64, found: &mut Found, aside: &mut impl FnMut(Reply)) {
    match message {
        Message::Response { id, outcome } => {
            let ours = match &id {
                Some(Id::Number(id)) => *id == wanted,
                Some(Id::Text(id)) => id.parse() == Ok(wanted),
                // A refusal that came before the server read the id.
                None => outcome.is_err(),
            };
            if ours {
                *found = Some(outcome);
            }
        }
        Message::Notification { method, params } => aside(Reply::Notification(method, params)),
        Message::Request { id, method, params } => aside(Reply::Request(id, method, params)),
    }
}

/// An answer that is not MCP. Statuses at which a server cannot have done anything count as not sent.
fn refusal(status: StatusCode, body: &[u8]) -> RequestError {
    let text: String = harmless(&String::from_utf8_lossy(&body[..body.len().min(2000)])).chars().take(300).collect();
    match status.as_u16() {
        401 | 403 => RequestError::NotSent(format!(
            "it asks for authorization (HTTP {}): see to its account or to the `Authorization` header of the settings. {text}",
            status.as_u16()
        )),
        429 | 503 => RequestError::NotSent(format!("it is busy (HTTP {}): {text}", status.as_u16())),
        code => RequestError::BadAnswer(format!("it answered with HTTP {code}: {text}")),
    }
}

/// An error with what caused it, which reqwest itself leaves out; without the address, whose query may hold
/// a secret.
pub(super) fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

/// An empty object.
pub(super) fn empty() -> Box<RawValue> {
    raw("{}")
}
