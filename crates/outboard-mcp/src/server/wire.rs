//! Incoming messages as they arrive, outgoing ones as they leave.

use crate::rpc::RpcError;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Largest message that an agent may send, in bytes.
pub(super) const MAX_MESSAGE: usize = 16 << 20;

/// One message from an agent. Answers to questions of ours have an id and no method.
#[derive(Debug, Deserialize)]
pub(super) struct Incoming {
    #[serde(default)]
    pub(super) id: Option<Box<RawValue>>,
    #[serde(default)]
    pub(super) method: Option<String>,
    #[serde(default)]
    pub(super) params: Option<Box<RawValue>>,
    #[serde(default)]
    pub(super) result: Option<Box<RawValue>>,
}

/// What the `_meta` of a request says about who sends it.
#[derive(Debug, Deserialize, Default)]
pub(super) struct Meta {
    #[serde(rename = "progressToken", default)]
    pub(super) progress_token: Option<Value>,
    #[serde(rename = "io.modelcontextprotocol/clientCapabilities", default)]
    pub(super) capabilities: Value,
    #[serde(rename = "io.modelcontextprotocol/logLevel", default)]
    pub(super) level: Option<String>,
    #[serde(rename = "io.modelcontextprotocol/protocolVersion", default)]
    pub(super) version: Option<Value>,
}

/// Parses one message; the error is the response to send.
pub(super) fn parse(bytes: &[u8]) -> Result<Incoming, String> {
    serde_json::from_slice(bytes)
        .map_err(|error| failure("null", &RpcError::new(-32700, format!("not JSON-RPC: {error}"))))
}

/// The `_meta` of a request; empty where there is none that can be read.
pub(super) fn meta(params: Option<&RawValue>) -> Meta {
    #[derive(Deserialize)]
    struct Params {
        #[serde(rename = "_meta", default)]
        meta: Option<Meta>,
    }
    let read = params.and_then(|params| serde_json::from_str::<Params>(params.get()).ok());
    read.and_then(|params| params.meta).unwrap_or_default()
}

/// The response to a request, as one line.
pub(super) fn response(id: &RawValue, answer: &Result<Value, RpcError>) -> String {
    match answer {
        Ok(result) => format!(r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#, id.get()),
        Err(error) => failure(id.get(), error),
    }
}

fn failure(id: &str, error: &RpcError) -> String {
    let body = serde_json::to_string(error).unwrap_or_default();
    format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{body}}}"#)
}

/// A notification, as one line.
pub(super) fn notification(method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "method": method, "params": params}).to_string()
}

/// The request that a `notifications/cancelled` names.
pub(super) fn cancelled(params: Option<&RawValue>) -> Option<String> {
    #[derive(Deserialize)]
    struct Cancelled {
        #[serde(rename = "requestId")]
        id: Box<RawValue>,
    }
    Some(serde_json::from_str::<Cancelled>(params?.get()).ok()?.id.get().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbage_gets_a_parse_error() {
        let answer = parse(b"{not json").unwrap_err();
        assert!(answer.starts_with(r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700"#), "{answer}");
    }

    #[test]
    fn ids_come_back_as_they_came() {
        let message = parse(br#"{"jsonrpc":"2.0","id":"a\u0062","method":"ping"}"#).unwrap();
        let line = response(&message.id.unwrap(), &Ok(json!({})));
        assert_eq!(line, r#"{"jsonrpc":"2.0","id":"a\u0062","result":{}}"#);
    }
}
