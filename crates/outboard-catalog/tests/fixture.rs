use outboard_catalog::{Catalogue, Listing};
use outboard_types::ServerName;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// A listing of definitions given as values.
pub(crate) fn listing(server: &str, tools: &[Value]) -> Listing {
    let tools = tools.iter().map(|tool| RawValue::from_string(tool.to_string()).unwrap()).collect();
    Listing { server: ServerName::new(server).unwrap(), title: None, instructions: None, tools }
}

/// A listing of tools that have only names.
pub(crate) fn named(server: &str, tools: &[&str]) -> Listing {
    let tools: Vec<Value> = tools.iter().map(|name| json!({"name": name, "inputSchema": {"type": "object"}})).collect();
    listing(server, &tools)
}

pub(crate) fn build(listings: Vec<Listing>) -> Catalogue {
    Catalogue::build(1, listings)
}
