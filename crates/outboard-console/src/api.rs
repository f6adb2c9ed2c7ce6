//! Reading and changing: both for open sessions alone.

use crate::door::Stranger;
use crate::who::Who;
use crate::{Act, Answer, Console, Look, answer};
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use outboard_types::{ErrorCode, ToolError};
use serde_json::Value;
use std::sync::Arc;

/// `GET /console/api/look/WHAT?…`: shows something.
pub(crate) async fn look(
    State(console): State<Arc<Console>>,
    Path(what): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let who = match console.admit(&headers) {
        Ok(who) => who,
        Err(refused) => return refused.into_response(),
    };
    match Look::read(&what, query.as_deref().unwrap_or_default()) {
        Ok(look) if !who.may_see(&look) => Stranger::Guest.into_response(),
        Ok(look) => {
            let _place = console.places.acquire().await;
            shown(console.port.look(look, who.only())).await
        }
        Err(error) => answer::failed(&error),
    }
}

/// `POST /console/api/act/WHAT`: does something.
pub(crate) async fn act(
    State(console): State<Arc<Console>>,
    Path(what): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match console.admit(&headers) {
        Ok(Who::Operator) => {}
        Ok(Who::Holder { .. }) => return Stranger::Guest.into_response(),
        Err(refused) => return refused.into_response(),
    }
    match read(&what, &body) {
        // No place is taken: a call that somebody tries may wait for an answer that comes this way too.
        Ok(act) => shown(console.port.act(act, console.by.clone())).await,
        Err(error) => answer::failed(&error),
    }
}

fn read(what: &str, body: &[u8]) -> Result<Act, ToolError> {
    let refused =
        |why: String| ToolError::new(ErrorCode::InvalidRequest, format!("the request is not understood: {why}"));
    let mut given: Value = serde_json::from_slice(body).map_err(|error| refused(error.to_string()))?;
    let fields = given.as_object_mut().ok_or_else(|| refused("it is no JSON object".into()))?;
    fields.insert("what".into(), what.into());
    serde_json::from_value(given).map_err(|error| refused(error.to_string()))
}

async fn shown(answer: Answer<'_>) -> Response {
    match answer.await {
        Ok(value) => answer::json(StatusCode::OK, &value),
        Err(error) => answer::failed(&error),
    }
}
