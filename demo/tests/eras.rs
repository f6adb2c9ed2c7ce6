//! Both ways of starting a conversation, and what servers say of themselves.

use crate::talk::{SERVERS, Talk, hello, meta, program};
use serde_json::{Value, json};
use std::process::Stdio;

#[test]
fn the_servers_are_named() {
    let output = program().arg("--list").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().collect::<Vec<_>>(), SERVERS);
    let output = program().arg("nobody").stdin(Stdio::null()).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
}

#[test]
fn each_server_lists_described_tools_after_initialize() {
    for server in SERVERS {
        let tools = Talk::start(server, &[]).ask("tools/list", json!({}))["result"]["tools"].clone();
        for tool in tools.as_array().unwrap() {
            well_described(tool);
        }
        assert!(tools.as_array().unwrap().len() >= 3, "{server}");
    }
}

fn well_described(tool: &Value) {
    assert!(tool["description"].as_str().is_some_and(|text| text.len() > 10), "{tool}");
    assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
    for (name, parameter) in tool["inputSchema"]["properties"].as_object().unwrap() {
        assert!(parameter["description"].is_string(), "{} of {tool}", name);
    }
    let hints = &tool["annotations"];
    assert!(hints["readOnlyHint"].is_boolean() && hints["destructiveHint"].is_boolean(), "{tool}");
    assert!(hints["readOnlyHint"] != true || hints["destructiveHint"] == false, "{tool}");
}

#[test]
fn what_cannot_be_undone_is_marked() {
    let mut destructive = Vec::new();
    for server in SERVERS {
        let tools = Talk::start(server, &[]).ask("tools/list", json!({}))["result"]["tools"].clone();
        let marked = tools.as_array().unwrap().iter().filter(|tool| tool["annotations"]["destructiveHint"] == true);
        destructive.extend(marked.map(|tool| tool["name"].as_str().unwrap().to_owned()));
    }
    assert_eq!(destructive, ["delete_record", "post_message_to_all_hands", "rollback"]);
}

#[test]
fn the_asked_version_of_the_older_era_is_spoken() {
    for version in ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] {
        let reply = Talk::silent("logs", &[]).ask("initialize", hello(version));
        assert_eq!(reply["result"]["protocolVersion"], version);
        assert!(reply["result"]["capabilities"]["tools"].is_object());
    }
}

#[test]
fn the_stateless_era_is_spoken() {
    let mut talk = Talk::silent("logs", &[]);
    let found = talk.ask("server/discover", json!({"_meta": meta()}));
    let versions = found["result"]["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&json!("2026-07-28")), "{found}");
    let listed = talk.ask("tools/list", json!({"_meta": meta()}));
    assert_eq!(listed["result"]["resultType"], "complete");
    assert_eq!(listed["result"]["tools"].as_array().unwrap().len(), 3);
    let called = talk.ask("tools/call", json!({"name": "list_pages", "arguments": {}, "_meta": meta()}));
    assert_eq!(called["result"]["resultType"], "complete");
    assert_eq!(called["result"]["content"][0]["text"], r#"{"pages":30,"recordsPerPage":10}"#);
}

#[test]
fn a_probe_can_be_followed_by_initialize() {
    let mut talk = Talk::silent("logs", &[]);
    talk.ask("server/discover", json!({}));
    assert_eq!(talk.ask("initialize", hello("2025-11-25"))["result"]["serverInfo"]["name"], "logs");
}

#[test]
fn the_process_ends_with_stdin() {
    assert_eq!(Talk::silent("slack", &[]).finish(), (vec![], Some(0)));
    assert_eq!(Talk::start("slack", &[]).finish(), (vec![], Some(0)));
}

#[test]
fn stdout_holds_only_messages_whatever_comes_in() {
    let mut talk = Talk::start("logs", &[]);
    for line in ["", "not json", "{\"jsonrpc\": \"2.0\"}", "[1, 2]", "{\"id\": 5, \"method\": 7}"] {
        talk.write_line(line);
    }
    let asked = talk.request("tools/call", json!({"name": "list_pages", "arguments": {}}));
    // Refusals of the lines above may come first; `next` fails on anything that is no message.
    while talk.next()["id"] != asked {}
    let (rest, code) = talk.finish();
    assert_eq!((rest, code), (vec![], Some(0)));
}
