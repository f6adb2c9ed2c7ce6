//! What headers have to say, and that they agree with the body.

use crate::rpc::RpcError;
use crate::server::protocol::{HEADER_MISMATCH, LEGACY, MODERN};
use crate::server::wire;
use axum::http::HeaderMap;
use base64::Engine as _;
use serde::Deserialize;
use serde_json::value::RawValue;

const VERSION: &str = "mcp-protocol-version";
const METHOD: &str = "mcp-method";
const NAME: &str = "mcp-name";

pub(super) fn mismatch(name: &str, why: &str) -> RpcError {
    RpcError::new(HEADER_MISMATCH, format!("header {name} {why}"))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Whether a request is of the stateless era: its header or its body says so.
pub(super) fn is_modern(headers: &HeaderMap, params: Option<&RawValue>) -> bool {
    text(headers, VERSION) == Some(MODERN) || wire::meta(params).version.is_some()
}

/// Checks one request.
pub(super) fn check(headers: &HeaderMap, method: &str, params: Option<&RawValue>) -> Result<(), RpcError> {
    let modern = is_modern(headers, params);
    if modern {
        versions(headers, params)?;
    } else if let Some(version) = text(headers, VERSION).filter(|version| !LEGACY.contains(version)) {
        return Err(RpcError::new(-32022, format!("protocol version {version:?} is not supported")));
    }
    match text(headers, METHOD) {
        Some(said) if said == method => {}
        None if !modern => {}
        _ => return Err(mismatch("Mcp-Method", "is missing or does not agree with the body")),
    }
    let Some(subject) = subject(method, params) else { return Ok(()) };
    match text(headers, NAME).map(decoded) {
        Some(Some(said)) if said == subject => Ok(()),
        None if !modern => Ok(()),
        _ => Err(mismatch("Mcp-Name", "is missing or does not agree with the body")),
    }
}

/// The stateless era wants its version twice, and the capabilities.
fn versions(headers: &HeaderMap, params: Option<&RawValue>) -> Result<(), RpcError> {
    let meta = wire::meta(params);
    let missing = |key: &str| RpcError::new(RpcError::INVALID_PARAMS, format!("_meta: {key} is missing"));
    let version = meta.version.ok_or_else(|| missing("io.modelcontextprotocol/protocolVersion"))?;
    if text(headers, VERSION).is_none_or(|said| version != said) {
        return Err(mismatch("MCP-Protocol-Version", "is missing or does not agree with the body"));
    }
    if !meta.capabilities.is_object() {
        return Err(missing("io.modelcontextprotocol/clientCapabilities"));
    }
    Ok(())
}

/// What a request is about, for the methods whose header has to name it.
fn subject(method: &str, params: Option<&RawValue>) -> Option<String> {
    #[derive(Deserialize)]
    struct Params {
        name: Option<String>,
        uri: Option<String>,
        #[serde(rename = "taskId")]
        task: Option<String>,
    }
    let params: Params = serde_json::from_str(params?.get()).ok()?;
    match method {
        "tools/call" | "prompts/get" => params.name,
        "resources/read" => params.uri,
        "tasks/get" | "tasks/update" | "tasks/cancel" => params.task,
        _ => None,
    }
}

/// A value as it was meant: what headers cannot carry comes in base64.
pub(super) fn decoded(value: &str) -> Option<String> {
    let Some(inner) = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) else {
        return Some(value.to_owned());
    };
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(inner).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn code(headers: &[(&'static str, &'static str)], method: &str, params: &str) -> Option<i64> {
        let headers = headers
            .iter()
            .map(|(name, value)| (axum::http::HeaderName::from_static(name), HeaderValue::from_static(value)));
        let params = RawValue::from_string(params.to_owned()).unwrap();
        check(&headers.collect(), method, Some(&params)).err().map(|error| error.code)
    }

    #[test]
    fn headers_and_body_have_to_agree() {
        let meta = r#"{"name":"é","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}"#;
        let all = [("mcp-protocol-version", MODERN), ("mcp-method", "tools/call"), ("mcp-name", "=?base64?w6k=?=")];
        assert_eq!(code(&all, "tools/call", meta), None);
        assert_eq!(code(&all[..2], "tools/call", meta), Some(HEADER_MISMATCH), "no name");
        assert_eq!(code(&all[1..], "tools/call", meta), Some(HEADER_MISMATCH), "no version");
        assert_eq!(code(&all, "prompts/get", meta), Some(HEADER_MISMATCH), "another method");
        assert_eq!(code(&all[..2], "tools/call", "{}"), Some(RpcError::INVALID_PARAMS), "no meta");
        assert_eq!(code(&[], "tools/call", r#"{"name":"x"}"#), None, "the handshake era sends none");
        assert_eq!(code(&[("mcp-protocol-version", "1999-01-01")], "tools/list", "{}"), Some(-32022));
        let task = meta.replace(r#""name":"é""#, r#""taskId":"t""#);
        let named = [all[0], ("mcp-method", "tasks/get"), ("mcp-name", "t")];
        assert_eq!(code(&named, "tasks/get", &task), None);
        assert_eq!(code(&named[..2], "tasks/get", &task), Some(HEADER_MISMATCH), "no task");
    }
}
