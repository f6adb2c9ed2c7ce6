//! Arguments that a modern server wants to see in HTTP headers as well (`x-mcp-header`): what we send, and what we
//! expect of those who call a server's tool through us.
//!
//! A definition that asks for impossible headers makes its tool unusable, and only that one.

use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::HashSet;

/// Properties mirrored at most; more are a mistake or an attack on header limits.
const MOST: usize = 64;
const KEY: &str = "x-mcp-header";

/// The properties of a definition that are mirrored, with the ends of their headers' names; an error where
/// the definition asks for what headers cannot carry.
fn wanted(definition: &RawValue) -> Result<Vec<(String, String)>, &'static str> {
    if !definition.get().contains(KEY) {
        return Ok(Vec::new());
    }
    let definition: Value = serde_json::from_str(definition.get()).map_err(|_| "it is not JSON")?;
    let Some(properties) = definition["inputSchema"]["properties"].as_object() else { return Ok(Vec::new()) };
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    for (name, schema) in properties {
        let Some(header) = schema.get(KEY) else { continue };
        let header = header.as_str().filter(|header| is_token(header)).ok_or("a header's name is not usable")?;
        if !matches!(schema["type"].as_str(), Some("string" | "integer" | "boolean")) {
            return Err("only texts, whole numbers and flags go into headers");
        }
        if !seen.insert(header.to_ascii_lowercase()) {
            return Err("two properties share a header");
        }
        found.push((name.clone(), header.to_owned()));
    }
    if found.len() > MOST { Err("too many headers") } else { Ok(found) }
}

fn is_token(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.len() <= 128 && name.bytes().all(allowed)
}

/// Whether the tool can be called over HTTP.
pub(crate) fn usable(definition: &RawValue) -> bool {
    wanted(definition).is_ok()
}

/// The headers of one call, by name and text: what is absent or null is left out.
pub(crate) fn headers(definition: &RawValue, arguments: &RawValue) -> Vec<(String, String)> {
    expected(definition, arguments).into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
}

/// Every header that a definition names, with its text in one call; none where the argument is absent or null.
pub(crate) fn expected(definition: &RawValue, arguments: &RawValue) -> Vec<(String, Option<String>)> {
    let wanted = wanted(definition).unwrap_or_default();
    if wanted.is_empty() {
        return Vec::new();
    }
    let arguments: Value = serde_json::from_str(arguments.get()).unwrap_or_default();
    let header = |(property, header): (String, String)| {
        let text = match arguments.get(&property) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Bool(flag)) => Some(flag.to_string()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        (format!("mcp-param-{}", header.to_ascii_lowercase()), text)
    };
    wanted.into_iter().map(header).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::raw;

    fn tool(properties: &str) -> Box<RawValue> {
        raw(&format!(r#"{{"name":"t","inputSchema":{{"properties":{properties}}}}}"#))
    }

    #[test]
    fn what_is_there_is_mirrored() {
        let tool = tool(
            r#"{"a":{"type":"string","x-mcp-header":"Region"},"b":{"type":"integer","x-mcp-header":"N"},"c":{"type":"boolean","x-mcp-header":"F"},"d":{"type":"string"}}"#,
        );
        let sent = headers(&tool, &raw(r#"{"a":"é ","b":42,"c":null,"d":"x"}"#));
        assert_eq!(sent, [("mcp-param-region".into(), "é ".into()), ("mcp-param-n".into(), "42".into())]);
        assert_eq!(expected(&tool, &raw("{}"))[2], ("mcp-param-f".into(), None), "named, and not to be sent");
    }

    #[test]
    fn impossible_headers_make_a_tool_unusable() {
        for bad in [
            r#"{"a":{"type":"string","x-mcp-header":""}}"#,
            r#"{"a":{"type":"string","x-mcp-header":"My Region"}}"#,
            r#"{"a":{"type":"string","x-mcp-header":"Régio"}}"#,
            r#"{"a":{"type":"number","x-mcp-header":"N"}}"#,
            r#"{"a":{"type":"object","x-mcp-header":"N"}}"#,
            r#"{"a":{"type":"string","x-mcp-header":"N"},"b":{"type":"string","x-mcp-header":"n"}}"#,
        ] {
            assert!(!usable(&tool(bad)), "{bad}");
        }
        assert!(usable(&tool(r#"{"a":{"type":"string"}}"#)));
    }
}
