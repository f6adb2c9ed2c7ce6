//! What differs between the two eras of the protocol, in one place.

use crate::rpc::RpcError;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

/// The stateless revision.
pub const MODERN: &str = "2026-07-28";

/// The newest revision with an `initialize` handshake.
pub const LATEST_LEGACY: &str = "2025-11-25";

/// Revisions with a handshake that we speak, newest first.
const LEGACY: [&str; 4] = [LATEST_LEGACY, "2025-06-18", "2025-03-26", "2024-11-05"];

/// `_meta` keys of the stateless revision.
const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const META_SERVER: &str = "io.modelcontextprotocol/serverInfo";

/// JSON-RPC error of MCP 2026-07-28, "Protocol version errors".
const UNSUPPORTED_VERSION: i64 = -32022;

/// How one request is to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    Legacy,
    Modern,
}

/// Tells the era of one request: the stateless revision names itself in every request.
pub(crate) fn era(params: &Value) -> Result<Era, RpcError> {
    match params.get("_meta").and_then(|meta| meta.get(META_VERSION)) {
        None => Ok(Era::Legacy),
        Some(Value::String(version)) if version == MODERN => Ok(Era::Modern),
        Some(other) => {
            let message = format!("protocol version {other} is not supported");
            let data = to_raw_value(&json!({"supported": supported(), "requested": other})).ok();
            Err(RpcError { code: UNSUPPORTED_VERSION, message, data })
        }
    }
}

/// Whether a request is of the stateless revision; cheap, for transports.
pub(super) fn is_modern(params: Option<&RawValue>) -> bool {
    params.is_some_and(|params| params.get().contains(META_VERSION))
}

/// Whether parameters declare that the client can ask its person: those of `initialize`, or the `_meta` of
/// a request of the stateless revision.
pub(super) fn declares_elicitation(params: Option<&RawValue>) -> bool {
    #[derive(Deserialize)]
    struct Params {
        capabilities: Option<Value>,
        #[serde(rename = "_meta")]
        meta: Option<Value>,
    }
    let Some(Ok(params)) = params.map(|params| serde_json::from_str::<Params>(params.get())) else { return false };
    let meant =
        params.meta.and_then(|mut meta| meta.get_mut(META_CAPABILITIES).map(Value::take)).or(params.capabilities);
    meant.is_some_and(|capabilities| capabilities.get("elicitation").is_some_and(Value::is_object))
}

fn supported() -> Vec<&'static str> {
    std::iter::once(MODERN).chain(LEGACY).collect()
}

fn server_info() -> Value {
    json!({"name": "outboard", "title": "Outboard", "version": env!("CARGO_PKG_VERSION")})
}

/// The result of `initialize`: the version asked for if we speak it, else our newest with a handshake.
pub(crate) fn initialize(params: &Value, instructions: &str) -> Value {
    let asked = params.get("protocolVersion").and_then(Value::as_str).unwrap_or(LATEST_LEGACY);
    let version = LEGACY.into_iter().find(|known| *known == asked).unwrap_or(LATEST_LEGACY);
    json!({
        "protocolVersion": version,
        "capabilities": {"tools": {}},
        "serverInfo": server_info(),
        "instructions": instructions,
    })
}

/// The result of `server/discover`.
pub(crate) fn discover(instructions: &str) -> Value {
    json!({
        "supportedVersions": supported(),
        "capabilities": {"tools": {}},
        "instructions": instructions,
        "ttlMs": 3_600_000,
        "cacheScope": "private",
        "_meta": {META_SERVER: server_info()},
    })
}

/// Adds what the era of a request wants in every result.
pub(crate) fn finish(era: Era, mut result: Map<String, Value>) -> Map<String, Value> {
    if era == Era::Modern {
        result.entry("resultType").or_insert_with(|| json!("complete"));
    }
    result
}
