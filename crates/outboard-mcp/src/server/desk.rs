//! The desk over HTTP: open questions are listed and answered beside the MCP endpoint.
//!
//! Two kinds of callers: the operator with the bearer token (a console), and a webhook's other end, whose answers
//! are signed instead. Never a principal with a token of its own: it would answer questions about its own calls.
//! Deciding which answer counts is the desk's.

use super::http::Http;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use outboard_gateway::ApprovalDesk;
use outboard_gateway::approvals::webhook::{self, WebhookKey, WebhookProblem};
use outboard_gateway::approvals::{Answer, Answered, ApprovalScope};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// An answer of a caller with the bearer token.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    approve: bool,
    #[serde(default)]
    scope: Option<ApprovalScope>,
    #[serde(default)]
    by: Option<String>,
    #[serde(default)]
    reason: Option<String>,
}

/// `GET /approvals`: the open questions.
pub(super) async fn list(State(http): State<Arc<Http>>, headers: HeaderMap) -> Response {
    if let Err(refusal) = http.admit_operator(&headers).await {
        return refusal.into_response();
    }
    let Some(desk) = http.desk() else { return nothing("no desk is open here") };
    match desk.pending() {
        Ok(open) => answer(StatusCode::OK, &json!(open)),
        Err(error) => answer(StatusCode::INTERNAL_SERVER_ERROR, &json!({"error": error.to_string()})),
    }
}

/// `POST /approvals/ID`: an answer.
pub(super) async fn post(
    State(http): State<Arc<Http>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(desk) = http.desk() else { return nothing("no desk is open here") };
    let given = match (headers.get(webhook::HEADER), http.webhook_key()) {
        (Some(signature), Some(key)) => signed(desk, key, &id, signature.as_bytes(), &body),
        _ => match http.admit_operator(&headers).await {
            Ok(()) => trusted(&body),
            Err(refusal) => return refusal.into_response(),
        },
    };
    let given = match given {
        Ok(given) => given,
        Err((status, why)) => return answer(status, &json!({"error": why})),
    };
    match desk.answer(&id, given).await {
        Ok(Answered::First(record)) => answer(StatusCode::OK, &json!(record)),
        Ok(Answered::Already(record)) => answer(StatusCode::CONFLICT, &json!(record)),
        Ok(Answered::Expired(record)) => answer(StatusCode::GONE, &json!(record)),
        Ok(Answered::Unknown) => nothing("no approval has this id"),
        Err(error) => answer(StatusCode::INTERNAL_SERVER_ERROR, &json!({"error": error.to_string()})),
    }
}

/// Why an answer is not taken.
type Refused = (StatusCode, String);

fn trusted(body: &[u8]) -> Result<Answer, Refused> {
    let unusable = |error| (StatusCode::BAD_REQUEST, format!("the answer is not usable: {error}"));
    let given: Given = serde_json::from_slice(body).map_err(unusable)?;
    Ok(Answer {
        approve: given.approve,
        scope: given.scope.unwrap_or(ApprovalScope::Once),
        by: given.by.unwrap_or_else(|| "the holder of the token".into()),
        channel: "http".into(),
        reason: given.reason,
    })
}

/// A signed answer, which also has to name the arguments that it is about.
fn signed(desk: &ApprovalDesk, key: &WebhookKey, id: &str, signature: &[u8], body: &[u8]) -> Result<Answer, Refused> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let header = std::str::from_utf8(signature).unwrap_or_default();
    webhook::verify(key, header, body, now).map_err(|problem| (StatusCode::UNAUTHORIZED, problem.to_string()))?;
    let bad = |problem: WebhookProblem| (StatusCode::BAD_REQUEST, problem.to_string());
    let given = webhook::read(body).map_err(bad)?;
    let question = desk.get(id).ok().flatten();
    let question = question.ok_or_else(|| (StatusCode::NOT_FOUND, "no approval has this id".to_owned()))?;
    given.to(&question.record).map_err(bad)
}

fn nothing(why: &str) -> Response {
    answer(StatusCode::NOT_FOUND, &json!({"error": why}))
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
