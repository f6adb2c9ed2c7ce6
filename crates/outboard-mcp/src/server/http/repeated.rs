//! Arguments that a call of the stateless era repeats in headers, as the definition of its tool wants it
//! (`x-mcp-header`): they are compared, so that nothing between the client and us can be told something else.

use super::headers::{decoded, mismatch};
use crate::mirrored;
use crate::rpc::RpcError;
use crate::server::service::Service;
use crate::server::tools;
use axum::http::HeaderMap;
use outboard_types::Principal;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;

#[derive(Deserialize)]
struct Call<'a> {
    name: String,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
}

/// Checks one `tools/call`. Only tools of servers, under the names under which they are shown, have such headers.
pub(super) async fn check(
    service: &Service,
    principal: &Principal,
    headers: &HeaderMap,
    params: Option<&RawValue>,
) -> Result<(), RpcError> {
    let call = params.and_then(|params| serde_json::from_str::<Call<'_>>(params.get()).ok());
    let Some(Call { name, arguments: Some(arguments) }) = call else { return Ok(()) };
    match definition(service, principal, &name).await {
        Some(definition) => compare(headers, &definition, arguments),
        None => Ok(()),
    }
}

async fn definition(service: &Service, principal: &Principal, name: &str) -> Option<Arc<RawValue>> {
    let transparent = service.options().transparent.as_ref();
    let ours = transparent.is_none() && tools::definitions().iter().any(|tool| tool["name"] == name);
    if ours || !service.shows_upstream_tools() {
        return None;
    }
    let surface = service.listed(Some(principal)).await?;
    let found = match transparent {
        Some(server) => surface.catalogue.find(server.as_str(), name),
        None => surface.catalogue.find_joined(name),
    };
    Some(found.ok()?.raw.clone())
}

fn compare(headers: &HeaderMap, definition: &RawValue, arguments: &RawValue) -> Result<(), RpcError> {
    for (name, text) in mirrored::expected(definition, arguments) {
        let said = headers.get(&name).map(|value| value.to_str().ok().and_then(decoded));
        let agrees = match (said, text) {
            (Some(said), Some(text)) => said.is_some_and(|said| said == text),
            (said, text) => said.is_none() && text.is_none(),
        };
        if !agrees {
            return Err(mismatch(&name, "is missing or does not agree with the arguments"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn repeated_arguments_have_to_agree() {
        let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
        let tool = raw(r#"{"inputSchema":{"properties":{"a":{"type":"string","x-mcp-header":"Region"}}}}"#);
        let agrees = |header: Option<&'static str>, arguments: &str| {
            let header = header.map(|text| ("mcp-param-region".parse().unwrap(), HeaderValue::from_static(text)));
            compare(&header.into_iter().collect(), &tool, &raw(arguments)).is_ok()
        };
        assert!(agrees(Some("=?base64?SGVsbG8=?="), r#"{"a":"Hello"}"#) && agrees(None, "{}"));
        assert!(agrees(Some("=?base64?SGVsbG8="), r#"{"a":"=?base64?SGVsbG8="}"#), "literally");
        for (header, arguments) in [
            (Some("=?base64?SGVsbG8?="), r#"{"a":"Hello"}"#),
            (Some("=?base64?SGVs!!!bG8=?="), r#"{"a":"Hello"}"#),
            (Some("other"), r#"{"a":"Hello"}"#),
            (None, r#"{"a":"Hello"}"#),
            (Some("Hello"), "{}"),
        ] {
            assert!(!agrees(header, arguments), "{header:?} {arguments}");
        }
    }
}
