//! The arguments of our four tools, as sent by a model: parsed strictly, refused helpfully.

use outboard_types::{ErrorCode, Language, SessionName, ToolError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use std::time::Duration;

/// Longest program text, in bytes.
const MAX_CODE: usize = 1 << 20;

/// Longest wait that one request may ask for.
const MAX_WAIT: Duration = Duration::from_secs(3_600);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunCode {
    // Small models call it what they please.
    #[serde(alias = "program", alias = "script", alias = "source")]
    pub(crate) code: String,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    pub(crate) input: Option<Box<RawValue>>,
    #[serde(default)]
    session: Option<String>,
    #[serde(default)]
    wait_s: Option<f64>,
    #[serde(default)]
    pub(crate) max_tokens: Option<usize>,
    #[serde(default)]
    pub(crate) idempotency_key: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallTool {
    pub(crate) tool: String,
    #[serde(default)]
    pub(crate) arguments: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wait {
    pub(crate) execution: String,
    #[serde(default)]
    wait_s: Option<f64>,
}

/// Parses one tool's arguments; the message names the field that is wrong.
pub(crate) fn parse<T: DeserializeOwned>(tool: &str, arguments: Option<&RawValue>) -> Result<T, ToolError> {
    let text = arguments.map_or("{}", RawValue::get);
    serde_json::from_str(text).map_err(|error| invalid(format!("{tool}: {error}")))
}

pub(crate) fn invalid(message: String) -> ToolError {
    ToolError::new(ErrorCode::InvalidRequest, message)
}

impl RunCode {
    pub(crate) fn language(&self) -> Result<Language, ToolError> {
        if self.code.len() > MAX_CODE {
            return Err(invalid(format!("the program has {} bytes; at most {MAX_CODE} are taken", self.code.len()))
                .hint("give data as `input` or put it into a file of /workspace"));
        }
        let Some(name) = &self.language else { return Ok(Language::default()) };
        Language::parse(name).ok_or_else(|| {
            invalid(format!("unknown language {name:?}")).hint("use \"typescript\", \"python\" or \"bash\"")
        })
    }

    pub(crate) fn session(&self) -> Result<SessionName, ToolError> {
        let Some(name) = &self.session else { return Ok(SessionName::default()) };
        SessionName::new(name).map_err(|error| invalid(error.to_string()))
    }

    pub(crate) fn wait(&self, default: Duration) -> Duration {
        seconds(self.wait_s, default)
    }
}

impl Wait {
    pub(crate) fn wait(&self, default: Duration) -> Duration {
        seconds(self.wait_s, default)
    }
}

fn seconds(asked: Option<f64>, default: Duration) -> Duration {
    let given = asked.map(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(MAX_WAIT));
    given.unwrap_or(default).min(MAX_WAIT)
}

/// A model may send the arguments object as a JSON string; that is understood too.
pub(crate) fn object(raw: Option<Box<RawValue>>) -> Result<Box<RawValue>, ToolError> {
    let Some(raw) = raw else { return RawValue::from_string("{}".into()).map_err(|error| invalid(error.to_string())) };
    match serde_json::from_str::<Value>(raw.get()) {
        Ok(Value::String(inner)) => RawValue::from_string(inner)
            .map_err(|error| invalid(format!("arguments: expected an object, got a string that is not JSON: {error}"))),
        _ => Ok(raw),
    }
}
