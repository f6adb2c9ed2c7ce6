//! The envelope of a message: read with its contents left as raw text, and written.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The id of a request: the other side's is echoed exactly as it came.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Id {
    /// A number; ours always are.
    Number(i64),
    /// A string.
    Text(String),
}

/// The other side's refusal of a request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RpcError {
    /// The JSON-RPC or MCP error number.
    #[serde(default)]
    pub(crate) code: i64,
    /// Its text.
    #[serde(default)]
    pub(crate) message: String,
    /// Whatever it adds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) data: Option<Box<RawValue>>,
}

impl RpcError {
    /// No such method.
    pub(crate) const METHOD_NOT_FOUND: i64 = -32601;
    /// The parameters do not fit the method.
    pub(crate) const INVALID_PARAMS: i64 = -32602;
    /// No such resource, in the legacy era.
    pub(crate) const NO_RESOURCE: i64 = -32002;
    /// The client did not declare what the request needs.
    pub(crate) const MISSING_CAPABILITY: i64 = -32021;
    /// A fault of the answering side.
    pub(crate) const INTERNAL: i64 = -32603;

    /// An error without data.
    pub(crate) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }
}

impl fmt::Display for RpcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

/// One message from the other side.
#[derive(Debug)]
pub(crate) enum Message {
    /// It asks something.
    Request {
        /// To be echoed in the answer.
        id: Id,
        /// What is asked.
        method: String,
        /// With which parameters.
        params: Option<Box<RawValue>>,
    },
    /// It tells something.
    Notification {
        /// What happened.
        method: String,
        /// With which parameters.
        params: Option<Box<RawValue>>,
    },
    /// It answers a request of ours.
    Response {
        /// Which one; none where the other side could not tell.
        id: Option<Id>,
        /// The answer.
        outcome: Result<Box<RawValue>, RpcError>,
    },
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// Text that is not a JSON-RPC message.
#[derive(Debug, thiserror::Error)]
#[error("not a JSON-RPC message: {0}")]
pub(crate) struct NotMessage(#[from] serde_json::Error);

impl Message {
    /// Reads one message.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, NotMessage> {
        let envelope: Envelope<'_> = serde_json::from_slice(text)?;
        let id = envelope.id.map(|raw| serde_json::from_str(raw.get())).transpose()?;
        let params = envelope.params.map(ToOwned::to_owned);
        Ok(match (envelope.method, id) {
            (Some(method), Some(id)) => Self::Request { id, method: method.into_owned(), params },
            (Some(method), None) => Self::Notification { method: method.into_owned(), params },
            (None, id) => Self::Response { id, outcome: outcome(envelope.result, envelope.error)? },
        })
    }
}

fn outcome(result: Option<&RawValue>, error: Option<&RawValue>) -> Result<Result<Box<RawValue>, RpcError>, NotMessage> {
    match (result, error) {
        (_, Some(error)) => Ok(Err(serde_json::from_str(error.get())?)),
        (Some(result), None) => Ok(Ok(result.to_owned())),
        (None, None) => Err(NotMessage(serde::de::Error::custom("neither method, result nor error"))),
    }
}

/// Reads one message or, as revision 2025-03-26 allows, an array of them.
pub(crate) fn for_each_message(text: &[u8], mut each: impl FnMut(Message)) -> Result<(), NotMessage> {
    if text.trim_ascii_start().first() != Some(&b'[') {
        each(Message::parse(text)?);
        return Ok(());
    }
    let batch: Vec<&RawValue> = serde_json::from_slice(text)?;
    batch.into_iter().try_for_each(|one| Message::parse(one.get().as_bytes()).map(&mut each))
}

/// The text of a request, one line without its end.
pub(crate) fn request(id: i64, method: &str, params: &str) -> Vec<u8> {
    one_line(format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#))
}

/// The text of a notification, one line without its end.
pub(crate) fn notification(method: &str, params: &str) -> Vec<u8> {
    one_line(format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#))
}

/// The text of an answer, one line without its end.
pub(crate) fn response(id: &Id, outcome: &Result<Box<RawValue>, RpcError>) -> Vec<u8> {
    let id = serde_json::to_string(id).unwrap_or_else(|_| "null".into());
    one_line(match outcome {
        Ok(result) => format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{}}}"#, result.get()),
        Err(error) => {
            let error = serde_json::to_string(error).unwrap_or_else(|_| "{}".into());
            format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#)
        }
    })
}

/// Line breaks in raw JSON can only be white space between its parts; as spaces they cannot end the line
/// early, so that arguments never turn into a message of their own.
fn one_line(text: String) -> Vec<u8> {
    let mut bytes = text.into_bytes();
    bytes.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_contents_as_they_came() {
        let text = br#"{"result":{"b": 1.50,"a":[ ]},"id":"x","jsonrpc":"2.0"}"#;
        let Ok(Message::Response { id, outcome: Ok(result) }) = Message::parse(text) else { panic!() };
        assert_eq!((id, result.get()), (Some(Id::Text("x".into())), r#"{"b": 1.50,"a":[ ]}"#));
    }

    #[test]
    fn tells_kinds_apart() {
        let kind = |text: &str| match Message::parse(text.as_bytes()) {
            Ok(Message::Request { .. }) => "request",
            Ok(Message::Notification { .. }) => "notification",
            Ok(Message::Response { outcome: Ok(_), .. }) => "result",
            Ok(Message::Response { outcome: Err(_), .. }) => "error",
            Err(_) => "noise",
        };
        assert_eq!(kind(r#"{"id":1,"method":"ping"}"#), "request");
        assert_eq!(kind(r#"{"method":"a\u0062"}"#), "notification");
        assert_eq!(kind(r#"{"id":1,"result":{}}"#), "result");
        assert_eq!(kind(r#"{"id":null,"error":{"code":-32700,"message":"x"}}"#), "error");
        for noise in
            ["", "[INFO] starting", "{}", "null", "42", r#"{"id":{},"method":"x"}"#, r#"{"id":1,"id":2,"result":1}"#]
        {
            assert_eq!(kind(noise), "noise", "{noise}");
        }
    }

    #[test]
    fn batches_are_taken_apart() {
        let mut seen = 0;
        for_each_message(br#" [{"id":1,"result":{}},{"method":"x"}]"#, |_| seen += 1).unwrap();
        assert_eq!(seen, 2);
    }

    #[test]
    fn line_breaks_in_arguments_do_not_end_the_message() {
        let line = request(1, "tools/call", "{\n\"a\":\r\n1}");
        assert!(!line.contains(&b'\n') && !line.contains(&b'\r'));
    }
}
