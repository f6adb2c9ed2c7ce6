//! The snippets for clients start what there is to start.

use super::pages::root;
use crate::commands::blocks;
use serde_json::Value;

#[test]
fn every_client_is_given_the_same_program() {
    let page = std::fs::read_to_string(root().join("docs/clients.md")).unwrap();
    let snippets = blocks(&page, "json");
    assert!(snippets.len() >= 7, "{snippets:?}");
    for snippet in snippets {
        let value: Value = serde_json::from_str(&snippet).unwrap_or_else(|error| panic!("{error}: {snippet}"));
        let (_, servers) = value.as_object().unwrap().iter().next().unwrap();
        let server = &servers["outboard"];
        let over_stdio = server["command"] == "outboard" && server["args"] == serde_json::json!(["serve"])
            || server["command"] == serde_json::json!(["outboard", "serve"]);
        let over_http = server["url"].as_str().is_some_and(|url| url.ends_with(":8765/mcp"));
        assert!(over_stdio || over_http, "{snippet}");
    }
    let [codex] = blocks(&page, "toml codex").try_into().unwrap();
    let codex: toml::Table = codex.parse().unwrap();
    assert_eq!(codex["mcp_servers"]["outboard"]["command"].as_str(), Some("outboard"));
}
