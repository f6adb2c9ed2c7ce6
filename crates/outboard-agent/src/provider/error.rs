//! How asking a model fails, and what to do about it.

use serde_json::Value;
use std::time::Duration;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// The provider was not reached, or the connection broke.
    #[error("the model's provider could not be reached: {0}")]
    Unreachable(String),
    /// It has too much to do, or failed in a way that may pass.
    #[error("the model's provider is busy or failing{}: {message}", status.map(|code| format!(" (HTTP {code})")).unwrap_or_default())]
    Busy {
        /// The HTTP status, unless it came within an answer.
        status: Option<u16>,
        /// What it says.
        message: String,
        /// After how long it wants to be asked again.
        retry_after: Option<Duration>,
    },
    /// It does not take the key.
    #[error("the model's provider refuses the key (HTTP {status}): {message}")]
    Key {
        /// The HTTP status.
        status: u16,
        /// What it says.
        message: String,
    },
    /// What was said so far is more than the model can read.
    #[error("the conversation is longer than the model's context: {0}")]
    ContextFull(String),
    /// It does not take the request.
    #[error("the model's provider refuses the request{}: {message}", status.map(|code| format!(" (HTTP {code})")).unwrap_or_default())]
    Refused {
        /// The HTTP status, unless it came within an answer.
        status: Option<u16>,
        /// What it says.
        message: String,
    },
    /// What came is not what the wire format says.
    #[error("the model's provider gave an answer that cannot be read: {0}")]
    BadAnswer(String),
    /// Somebody stopped it.
    #[error("stopped")]
    Stopped,
}

impl ModelError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            ModelError::Unreachable(_) => "check --base-url and that the server runs",
            ModelError::Busy { .. } => "try again later; what was said so far is kept, go on with --continue",
            ModelError::Key { .. } => "set ANTHROPIC_API_KEY or OPENAI_API_KEY, or `key` in [agent]",
            ModelError::ContextFull(_) => {
                "ask for less at once, or use --mode code, which keeps data out of the context"
            }
            ModelError::Refused { .. } => "check --model, --provider and --base-url",
            ModelError::BadAnswer(_) => "check that --provider names the format that the server speaks",
            ModelError::Stopped => "go on with --continue",
        }
    }

    /// Whether asking again may help.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, ModelError::Unreachable(_) | ModelError::Busy { .. })
    }
}

/// What an answer with an error status means.
pub(super) fn of_status(status: u16, retry_after: Option<Duration>, body: &str) -> ModelError {
    let message = message(body);
    match status {
        401 | 403 => ModelError::Key { status, message },
        // Used-up credit comes as 429 too and does not pass by itself.
        429 if body.contains("insufficient_quota") => ModelError::Refused { status: Some(status), message },
        408 | 409 | 425 | 429 | 500..=599 => ModelError::Busy { status: Some(status), message, retry_after },
        413 => ModelError::ContextFull(message),
        _ if says_full(body) => ModelError::ContextFull(message),
        _ => ModelError::Refused { status: Some(status), message },
    }
}

/// What an error within a stream means.
pub(super) fn of_event(error: &Value) -> ModelError {
    let kind = error["type"].as_str().or(error["code"].as_str()).unwrap_or_default();
    let status = error["code"].as_u64().or(error["status"].as_u64()).and_then(|code| u16::try_from(code).ok());
    let shown = message(&error.to_string());
    if let Some(status) = status.filter(|code| *code >= 400) {
        return of_status(status, None, &error.to_string());
    }
    let passing = ["overloaded", "rate_limit", "api_error", "server_error", "timeout", "internal"];
    match () {
        () if says_full(&error.to_string()) => ModelError::ContextFull(shown),
        () if passing.iter().any(|word| kind.contains(word)) => {
            ModelError::Busy { status: None, message: shown, retry_after: None }
        }
        () => ModelError::Refused { status: None, message: shown },
    }
}

/// How providers say that a prompt is too long.
fn says_full(body: &str) -> bool {
    const WORDS: [&str; 8] = [
        "context_length_exceeded",
        "prompt is too long",
        "maximum context length",
        "exceeds the context",
        "exceed_context_size",
        "context window",
        "input length and `max_tokens` exceed",
        "context length",
    ];
    let body = body.to_lowercase();
    WORDS.iter().any(|word| body.contains(word))
}

/// The sentence of an error body, fit to be shown.
fn message(body: &str) -> String {
    let value: Value = serde_json::from_str(body).unwrap_or_default();
    let candidates = [&value["error"]["message"], &value["message"], &value["error"], &value["detail"]];
    let said = candidates.into_iter().find_map(Value::as_str).unwrap_or(body);
    let plain = said.chars().map(|c| if c.is_control() { ' ' } else { c });
    let shown: String = plain.take(400).collect();
    if shown.trim().is_empty() { "it says nothing about it".into() } else { shown.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn statuses_are_told_apart() {
        assert!(of_status(529, None, "{\"error\":{\"message\":\"Overloaded\"}}").may_pass());
        assert!(of_status(429, None, "slow down").may_pass());
        assert!(!of_status(429, None, "{\"error\":{\"code\":\"insufficient_quota\"}}").may_pass());
        assert!(matches!(of_status(401, None, ""), ModelError::Key { .. }));
        let full = "{\"error\":{\"code\":\"context_length_exceeded\",\"message\":\"too long\"}}";
        assert_eq!(of_status(400, None, full), ModelError::ContextFull("too long".into()));
        let refused = of_status(404, None, "{\"error\":{\"message\":\"no such\\nmodel\"}}");
        assert_eq!(refused, ModelError::Refused { status: Some(404), message: "no such model".into() });
    }

    #[test]
    fn errors_within_a_stream_are_told_apart() {
        assert!(of_event(&json!({"type": "overloaded_error", "message": "Overloaded"})).may_pass());
        assert!(of_event(&json!({"code": 502, "message": "upstream"})).may_pass());
        assert!(matches!(of_event(&json!({"code": "invalid_prompt", "message": "no"})), ModelError::Refused { .. }));
        let full = json!({"code": "context_length_exceeded", "message": "long"});
        assert!(matches!(of_event(&full), ModelError::ContextFull(_)));
    }
}
