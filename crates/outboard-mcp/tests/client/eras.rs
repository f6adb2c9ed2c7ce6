//! Both eras, and servers that make it hard to find out theirs.

use super::support::{Stage, text};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn legacy_servers_get_initialize_after_refusing_the_probe() {
    let stage = Stage::new(&["legacy"]);
    stage.works("legacy").await;
    let expected = ["server/discover", "initialize", "notifications/initialized", "tools/call"];
    assert_eq!(stage.methods("legacy"), expected);
    let state = stage.state("legacy");
    assert_eq!((state.status.as_str(), state.era), ("ready", Some("legacy")));
    assert_eq!(state.protocol_version.as_deref(), Some("2025-11-25"));
}

#[tokio::test]
async fn modern_servers_get_no_handshake_and_meta_in_every_request() {
    let stage = Stage::new(&["modern"]);
    let meta = stage.call("modern", "meta", json!({})).await.unwrap();
    assert!(meta.meta.is_none(), "the server's card is not repeated with every result");
    let meta: Value = serde_json::from_str(&text(meta)).unwrap();
    assert_eq!(meta["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
    let declared = json!({"extensions": {"io.modelcontextprotocol/tasks": {}}});
    assert_eq!(meta["io.modelcontextprotocol/clientCapabilities"], declared, "nobody is there to be asked");
    assert_eq!(meta["io.modelcontextprotocol/clientInfo"]["name"], "outboard");
    assert!(!stage.methods("modern").contains(&"initialize".into()));
    assert_eq!(stage.state("modern").era, Some("modern"));
}

#[tokio::test]
async fn modern_verdicts_stick() {
    let stage = Stage::new(&["modern-sticky", "modern-code"]);
    stage.works("modern-sticky").await;
    stage.works("modern-code").await;
    let late = Stage::with(&["modern-late"], |spec| spec.start_timeout = Duration::from_millis(1500));
    late.works("modern-late").await;
    assert_eq!((late.state("modern-late").era, late.starts("modern-late")), (Some("modern"), 1));
    assert!(late.methods("modern-late").contains(&"initialize".into()), "both were open");
}

#[tokio::test]
async fn silence_at_the_probe_is_answered_with_initialize_on_the_same_connection() {
    let stage = Stage::with(&["silent-probe"], |spec| spec.start_timeout = Duration::from_millis(1200));
    stage.works("silent-probe").await;
    assert_eq!((stage.state("silent-probe").era, stage.starts("silent-probe")), (Some("legacy"), 1));
}

#[tokio::test]
async fn a_server_that_dies_of_the_probe_is_started_again_and_remembered() {
    let stage = Stage::new(&["dies-on-probe"]);
    stage.works("dies-on-probe").await;
    assert_eq!(stage.starts("dies-on-probe"), 2);
    stage.upstreams.listing(&super::support::name("dies-on-probe"), true).await.unwrap();
    let stage = stage.again(&["dies-on-probe"]);
    stage.works("dies-on-probe").await;
    assert_eq!(stage.starts("dies-on-probe"), 3, "the second run did not probe");
}

#[tokio::test]
async fn old_revisions_are_accepted_and_unknown_ones_named() {
    let stage = Stage::new(&["old", "ancient"]);
    assert!(stage.call("old", "echo", json!({})).await.is_ok(), "an answer in a batch");
    assert_eq!(stage.state("old").protocol_version.as_deref(), Some("2024-11-05"));
    let error = stage.error("ancient", "echo", json!({})).await;
    assert!(error.message.contains("1999-01-01"), "{}", error.message);
}

#[tokio::test]
async fn servers_may_ping_and_are_told_what_is_not_offered() {
    let stage = Stage::new(&["legacy"]);
    let answers = text(stage.call("legacy", "ask", json!({})).await.unwrap());
    let answers: Value = serde_json::from_str(&answers).unwrap();
    assert_eq!(answers[0], json!({"jsonrpc": "2.0", "id": "ask-ping", "result": {}}));
    assert_eq!(answers[1]["error"]["code"], -32601);
}

#[tokio::test]
async fn input_required_is_an_error_that_says_so() {
    let stage = Stage::new(&["modern"]);
    let error = stage.error("modern", "input", json!({})).await;
    assert_eq!((error.code.as_str(), error.hint.is_some()), ("upstream_protocol", true));
}
