//! Latency and faults on purpose.

use crate::talk::{Talk, program};
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::{Duration, Instant};

#[test]
fn each_nth_call_can_be_an_error() {
    let mut talk = Talk::start("logs", &[("OUTBOARD_DEMO_FAULT", "every:3=error")]);
    let seen: Vec<Value> = (0..6).map(|_| talk.call("list_pages", json!({}))["isError"].clone()).collect();
    assert_eq!(seen.iter().map(|error| *error == true).collect::<Vec<_>>(), [false, false, true, false, false, true]);
}

#[test]
fn a_crash_ends_the_process() {
    let mut talk = Talk::start("logs", &[("OUTBOARD_DEMO_FAULT", "every:2=crash")]);
    talk.value("list_pages", json!({}));
    talk.request("tools/call", json!({"name": "list_pages", "arguments": {}}));
    assert_eq!(talk.finish(), (vec![], Some(70)));
}

#[test]
fn a_crash_takes_no_earlier_answer_along() {
    let environment = [("OUTBOARD_DEMO_FAULT", "every:2=crash"), ("OUTBOARD_DEMO_LATENCY", "100ms")];
    let mut talk = Talk::start("logs", &environment);
    for _ in 0..2 {
        talk.request("tools/call", json!({"name": "list_pages", "arguments": {}}));
    }
    let (lines, code) = talk.finish();
    assert_eq!((lines.len(), code), (1, Some(70)));
}

#[test]
fn a_hang_holds_up_nobody_else() {
    let mut talk = Talk::start("logs", &[("OUTBOARD_DEMO_FAULT", "every:2=hang")]);
    talk.value("list_pages", json!({}));
    let hung = talk.request("tools/call", json!({"name": "list_pages", "arguments": {}}));
    assert!(talk.quiet(Duration::from_millis(300)));
    talk.value("list_pages", json!({}));
    talk.write(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": hung}}));
    assert!(talk.ask("tools/list", json!({}))["result"]["tools"].is_array());
}

#[test]
fn latency_is_waited_for_at_once_by_calls_at_once() {
    let mut talk = Talk::start("logs", &[("OUTBOARD_DEMO_LATENCY", "300ms")]);
    let started = Instant::now();
    for page in 1..=10 {
        talk.request("tools/call", json!({"name": "get_page", "arguments": {"page": page}}));
    }
    let answers: Vec<Value> = (0..10).map(|_| talk.next()["result"].clone()).collect();
    assert!(answers.iter().all(|answer| answer["content"][0]["text"].is_string()));
    let taken = started.elapsed();
    assert!(taken >= Duration::from_millis(300) && taken < Duration::from_millis(3_000), "{taken:?}");
}

#[test]
fn settings_that_are_not_understood_are_refused() {
    let misspelt = [
        ("logs", "OUTBOARD_DEMO_FAULT", "sometimes"),
        ("logs", "OUTBOARD_DEMO_LATENCY", "20"),
        ("crm", "OUTBOARD_DEMO_CUSTOMERS", "many"),
        ("catalogue", "OUTBOARD_DEMO_TOOLS", "10001"),
    ];
    for (server, name, value) in misspelt {
        let output = program().arg(server).env(name, value).stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(output.stderr).unwrap().contains(name));
    }
}
