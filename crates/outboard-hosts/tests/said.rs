//! What each client's file says, in our words.

use crate::fixtures::{Sample, samples};
use outboard_hosts::{Entry, Transport};

fn told(entry: &Entry) -> String {
    let server = match &entry.server {
        Ok(server) => server,
        Err(refused) => return format!("{}:{} refused: {refused}", entry.line, entry.name),
    };
    let reached = match &server.transport {
        Transport::Stdio { command, args, env, cwd } => format!("{command} {args:?} {env:?} {cwd:?}"),
        Transport::Http { url, headers } => format!("{url} {headers:?}"),
    };
    let times = [server.timeout, server.start_timeout].map(|time| time.map_or(0, |time| time.as_millis()));
    let rest = format!("{} {times:?} {:?} {:?} left {:?}", server.enabled, server.allow, server.deny, server.left);
    format!("{}:{} {reached} {rest} {}", entry.line, entry.name, server.notes.len())
}

#[test]
fn every_client_is_understood() {
    let all = samples();
    let told: Vec<String> = all
        .iter()
        .flat_map(|sample: &Sample| {
            let head = format!("== {}", sample.host.id);
            std::iter::once(head).chain(sample.entries().iter().map(told).collect::<Vec<_>>())
        })
        .collect();
    let expected = include_str!("fixtures/said.txt");
    assert_eq!(told.join("\n").trim(), expected.trim(), "\n{}", told.join("\n"));
}

#[test]
fn no_reason_shows_a_value() {
    let text = r#"{"mcpServers": {"a": {"command": {"hunter2": 1}}, "b": {"command": "x", "env": {"K": ["hunter2"]}},
        "c": {"command": "x", "timeout": "hunter2"}, "d": {"url": "hunter2"}, "e": "hunter2", "f": {"command": "${hunter2:x}"}}}"#;
    let sample = &samples()[0];
    let entries = sample.read(text);
    assert_eq!(entries.len(), 6);
    for entry in entries {
        let reason = entry.server.unwrap_err().to_string();
        assert!(!reason.contains("hunter2"), "{}: {reason}", entry.name);
    }
}
