//! Answers as JSON, and errors with their code and what to do.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use outboard_types::{ErrorCode, ToolError};
use serde_json::{Value, json};

/// A JSON answer.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    (status, headers, body.to_string()).into_response()
}

/// What went wrong, as the commands say it with `--json`.
pub(crate) fn failed(error: &ToolError) -> Response {
    let body = json!({"error": {"code": error.code, "message": error.message, "hint": error.hint}});
    json(status(error.code), &body)
}

/// A request that is not let in.
pub(crate) fn refused(status: StatusCode, message: &str, hint: &str) -> Response {
    json(status, &json!({"error": {"code": ErrorCode::InvalidRequest, "message": message, "hint": hint}}))
}

fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::InvalidRequest | ErrorCode::InvalidArguments => StatusCode::BAD_REQUEST,
        ErrorCode::UnknownExecution
        | ErrorCode::UnknownServer
        | ErrorCode::UnknownSkill
        | ErrorCode::UnknownTool
        | ErrorCode::UnknownToken => StatusCode::NOT_FOUND,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        // What a tool, a rule or a person said no to is an answer, and no fault of the request.
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
