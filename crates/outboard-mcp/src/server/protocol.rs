//! What differs between the two eras of the protocol, in one place.

use super::wire;
use crate::rpc::RpcError;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

/// The stateless revision.
pub const MODERN: &str = "2026-07-28";

/// The newest revision with an `initialize` handshake.
pub const LATEST_LEGACY: &str = "2025-11-25";

/// Revisions with a handshake that we speak, newest first.
pub(super) const LEGACY: [&str; 4] = [LATEST_LEGACY, "2025-06-18", "2025-03-26", "2024-11-05"];

/// `_meta` keys of the stateless revision.
const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const META_SERVER: &str = "io.modelcontextprotocol/serverInfo";
pub(super) const META_SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";
/// The extension by which long work is followed.
pub(super) const TASKS: &str = "io.modelcontextprotocol/tasks";

/// JSON-RPC errors of MCP 2026-07-28.
pub(super) const HEADER_MISMATCH: i64 = -32020;
const UNSUPPORTED_VERSION: i64 = -32022;

/// The methods that only the handshake era has.
const LEGACY_ONLY: [&str; 5] =
    ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"];
/// The methods that only the stateless era has.
const MODERN_ONLY: [&str; 5] = ["server/discover", "subscriptions/listen", "tasks/get", "tasks/update", "tasks/cancel"];

/// How one request is to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    Legacy,
    Modern,
}

/// Tells the era of one request: the stateless revision names itself in every request.
pub(crate) fn era(params: Option<&RawValue>) -> Result<Era, RpcError> {
    match wire::meta(params).version {
        None => Ok(Era::Legacy),
        Some(Value::String(version)) if version == MODERN => Ok(Era::Modern),
        Some(other) => {
            let message = format!("protocol version {other} is not supported");
            let data = to_raw_value(&json!({"supported": supported(), "requested": other})).ok();
            Err(RpcError { code: UNSUPPORTED_VERSION, message, data })
        }
    }
}

/// Whether a method exists in an era.
pub(super) fn exists(era: Era, method: &str) -> bool {
    match era {
        Era::Modern => !LEGACY_ONLY.contains(&method),
        // A probe for the era comes before anybody can know it.
        Era::Legacy => method == "server/discover" || !MODERN_ONLY.contains(&method),
    }
}

/// Whether a request is of the stateless revision; cheap, for transports.
pub(super) fn is_modern(params: Option<&RawValue>) -> bool {
    params.is_some_and(|params| params.get().contains(META_VERSION))
}

/// The capabilities in the parameters of `initialize`.
pub(super) fn declared(params: Option<&RawValue>) -> Value {
    #[derive(Deserialize)]
    struct Params {
        #[serde(default)]
        capabilities: Value,
    }
    params
        .and_then(|params| serde_json::from_str::<Params>(params.get()).ok())
        .map_or(Value::Null, |it| it.capabilities)
}

/// Whether a client that declares this shows forms to its person.
pub(super) fn takes_forms(capabilities: &Value) -> bool {
    let elicitation = capabilities.get("elicitation").and_then(Value::as_object);
    elicitation.is_some_and(|modes| modes.contains_key("form") || !modes.contains_key("url"))
}

/// Whether a client follows tasks.
pub(super) fn takes_tasks(capabilities: &Value) -> bool {
    capabilities["extensions"].get(TASKS).is_some_and(Value::is_object)
}

fn supported() -> Vec<&'static str> {
    std::iter::once(MODERN).chain(LEGACY).collect()
}

fn server_info() -> Value {
    json!({"name": "outboard", "title": "Outboard", "version": env!("CARGO_PKG_VERSION")})
}

/// The result of `initialize`: the version asked for if we speak it, else our newest with a handshake.
pub(crate) fn initialize(params: Option<&RawValue>, capabilities: &Value, instructions: &str) -> Value {
    #[derive(Deserialize)]
    struct Params {
        #[serde(rename = "protocolVersion", default)]
        version: Value,
    }
    let asked = params.and_then(|params| serde_json::from_str::<Params>(params.get()).ok());
    let asked = asked.as_ref().and_then(|params| params.version.as_str()).unwrap_or(LATEST_LEGACY);
    let version = LEGACY.into_iter().find(|known| *known == asked).unwrap_or(LATEST_LEGACY);
    json!({
        "protocolVersion": version,
        "capabilities": capabilities,
        "serverInfo": server_info(),
        "instructions": instructions,
    })
}

/// The result of `server/discover`.
pub(crate) fn discover(capabilities: &Value, instructions: &str) -> Value {
    let mut capabilities = capabilities.clone();
    capabilities["extensions"] = json!({TASKS: {}});
    json!({
        "supportedVersions": supported(),
        "capabilities": capabilities,
        "instructions": instructions,
        "ttlMs": 3_600_000,
        "cacheScope": "private",
        "_meta": {META_SERVER: server_info()},
    })
}

/// Adds what the era of a request wants in every result, and takes away what it does not know.
pub(crate) fn finish(era: Era, method: &str, mut result: Map<String, Value>) -> Map<String, Value> {
    let cacheable = method.ends_with("/list") || method == "resources/read";
    if era == Era::Legacy {
        if method != "server/discover" {
            ["resultType", "ttlMs", "cacheScope"].iter().for_each(|key| drop(result.shift_remove(*key)));
        }
        return result;
    }
    let input_required = result.get("resultType").is_some_and(|kind| kind == "input_required");
    result.entry("resultType").or_insert_with(|| json!("complete"));
    if cacheable && !input_required {
        // Lists change with what upstreams announce; what is read may change at any time.
        let ttl = if method == "resources/read" { 0 } else { 60_000 };
        result.entry("ttlMs").or_insert_with(|| json!(ttl));
        result.insert("cacheScope".into(), json!("private"));
    }
    result
}
