//! The MCP server over stdio and HTTP, in both eras.

use crate::listening::Listening;
use crate::support::Place;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

fn modern() -> Value {
    json!({"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}})
}

#[test]
fn both_eras_see_the_same_four_tools() {
    let place = Place::with(&["google-drive", "salesforce", "slack", "crm", "logs", "deploys"]);
    let mut session = place.serve();
    let hello = session.request(
        "initialize",
        json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}),
    );
    assert_eq!(hello["result"]["protocolVersion"], "2025-06-18");
    assert!(hello["result"]["instructions"].as_str().unwrap().contains("google-drive"));
    let names = |answer: &Value| {
        answer["result"]["tools"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tool| tool["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let legacy = session.request("tools/list", json!({}));
    assert_eq!(names(&legacy), ["search_tools", "run_code", "call_tool", "wait"]);
    let discovered = session.request("server/discover", json!({"_meta": modern()}));
    assert_eq!(
        (&discovered["result"]["supportedVersions"][0], &discovered["result"]["resultType"]),
        (&json!("2026-07-28"), &json!("complete"))
    );
    let list = session.request("tools/list", json!({"_meta": modern()}));
    assert_eq!((names(&list), &list["result"]["resultType"]), (names(&legacy), &json!("complete")));
    let refused =
        session.request("tools/list", json!({"_meta": {"io.modelcontextprotocol/protocolVersion": "2031-01-01"}}));
    assert_eq!(refused["error"]["code"], -32022);
    assert_eq!(session.request("nonsense/method", json!({}))["error"]["code"], -32601);
    assert_eq!(session.end(), 0);
}

#[test]
fn a_small_catalogue_is_shown_directly_as_well() {
    let place = Place::with(&["logs"]);
    let mut session = place.serve();
    let list = session.request("tools/list", json!({}));
    let names: Vec<_> =
        list["result"]["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names[4..], ["logs__get_page", "logs__list_pages", "logs__search_logs"]);
    let (text, error) = session.tool("logs__list_pages", json!({}));
    assert!(!error && text.contains("\"pages\":30"), "{text}");
    session.end();
}

#[test]
fn the_definitions_fit_their_budget() {
    let place = Place::with(&["google-drive", "salesforce", "slack", "crm", "logs", "deploys"]);
    let mut session = place.serve();
    let list = session.request("tools/list", json!({}));
    let shown = |tool: &Value| {
        json!({"name": tool["name"], "description": tool["description"], "inputSchema": tool["inputSchema"]})
            .to_string()
    };
    let text: String = list["result"]["tools"].as_array().unwrap().iter().map(shown).collect();
    let tokens = outboard_ledger::TokenCounter::count(&outboard_ledger::O200k, &text);
    assert!(tokens <= 600, "{tokens} tokens");
    session.end();
}

#[test]
fn long_runs_are_waited_for_followed_and_cancelled() {
    let place = Place::with(&["logs"]);
    let mut session = place.serve();
    let code = "for i in range(20):\n    print('step', i)\n    sleep(0.3)\n'end'";
    let arguments = json!({"code": code, "language": "python", "wait_s": 3});
    let (text, _) = session.tool("run_code", arguments);
    assert!(text.starts_with("running ex_"), "{text}");
    let id = text.split_whitespace().nth(1).unwrap().to_owned();
    let answer = session.request(
        "tools/call",
        json!({"name": "wait", "arguments": {"execution": id}, "_meta": {"progressToken": "p"}}),
    );
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("succeeded") && text.contains("result: \"end\""), "{text}");
    assert!(
        session.notes.iter().any(|note| note["params"]["message"].as_str().is_some_and(|text| text.contains("step"))),
        "{:?}",
        session.notes
    );

    let request = session.ask(
        "tools/call",
        json!({"name": "run_code", "arguments": {"code": "while True: pass", "language": "python"}}),
    );
    std::thread::sleep(Duration::from_millis(300));
    session.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": request}}));
    let answer = session.answer(request);
    assert!(answer["result"]["content"][0]["text"].as_str().unwrap().starts_with("cancelled"), "{answer}");
    session.end();
}

#[test]
fn a_repeated_request_joins_the_first() {
    let place = Place::with(&["salesforce"]);
    let mut session = place.serve();
    let arguments = json!({"code": "from servers.salesforce import create_lead\ncreate_lead(data={'Name': 'x'})['id']", "language": "python", "idempotency_key": "k1"});
    let (first, _) = session.tool("run_code", arguments.clone());
    let (second, _) = session.tool("run_code", arguments);
    assert_eq!(first, second);
    assert!(first.contains("00Q000000000501"), "{first}");
    session.end();
}

#[test]
fn bad_requests_are_answered_and_the_next_one_works() {
    let place = Place::with(&["logs"]);
    let mut session = place.serve();
    for (tool, arguments, said) in [
        ("run_code", json!({}), "missing field `code`"),
        ("run_code", json!({"code": "1", "language": "cobol"}), "unknown language"),
        ("run_code", json!({"code": "1", "session": "../x"}), "session name"),
        ("run_code", json!({"code": "1", "cod": 1}), "unknown field `cod`"),
        ("wait", json!({"execution": "ex_nope"}), "no execution"),
        ("call_tool", json!({"tool": "logs.getPag"}), "did you mean get_page"),
        ("search_tools", json!({"query": "x", "server": "lgs"}), "servers: logs"),
    ] {
        let (text, error) = session.tool(tool, arguments);
        assert!(error && text.contains(said), "{tool}: {text}");
    }
    let (text, error) = session.tool("call_tool", json!({"tool": "logs.listPages"}));
    assert!(!error && text.contains("30"), "{text}");
    session.end();
}

#[test]
fn nothing_is_left_behind_when_the_client_leaves() {
    let place = Place::with(&["logs"]);
    let mut session = place.serve();
    session.ask(
        "tools/call",
        json!({"name": "run_code", "arguments": {"code": "while True: pass", "language": "python"}}),
    );
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(session.end(), 0);
    let marker = place.path().display().to_string();
    let left = Instant::now() + Duration::from_secs(20);
    loop {
        let alive = processes_in(&marker);
        if alive.is_empty() {
            break;
        }
        assert!(Instant::now() < left, "still there: {alive:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_thousand_runs_leave_nothing() {
    let place = Place::with(&["logs"]);
    let mut session = place.serve();
    let run = |session: &mut crate::support::Session, at: usize| {
        let (text, error) = session
            .tool("run_code", json!({"code": format!("console.log({at}); return (await logs.listPages()).pages")}));
        assert!(!error && text.contains("result: 30"), "{text}");
    };
    (0..100).for_each(|at| run(&mut session, at));
    std::thread::sleep(Duration::from_millis(500));
    let before = footprint(session.child.id());
    (0..1_000).for_each(|at| run(&mut session, at));
    std::thread::sleep(Duration::from_millis(500));
    let after = footprint(session.child.id());
    assert!(after.0 <= before.0 + 4, "descriptors: {before:?} to {after:?}");
    assert!(after.1 <= before.1 + 2, "processes: {before:?} to {after:?}");
    assert!(after.2 <= before.2 + 16_000, "KiB of memory: {before:?} to {after:?}");
    session.end();
}

/// Open descriptors, processes below it, and resident KiB of a process.
fn footprint(pid: u32) -> (usize, usize, usize) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let resident = resident.trim().trim_end_matches(" kB").parse().unwrap();
    (std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count(), descendants(pid), resident)
}

fn descendants(pid: u32) -> usize {
    let children = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let lists = children.map(|task| std::fs::read_to_string(task.path().join("children")).unwrap_or_default());
    let pids: Vec<u32> =
        lists.flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect();
    pids.len() + pids.into_iter().map(descendants).sum::<usize>()
}

#[test]
fn many_configured_servers_are_not_started_to_answer() {
    let place = Place::with(&[]);
    let servers = (0..96).map(|at| format!("[servers.s{at}]\ncommand = \"/bin/sleep\"\nargs = [\"100\"]\n"));
    place.settings(&servers.collect::<String>());
    let mut session = place.serve();
    let hello = session.request("initialize", json!({"protocolVersion": "2025-11-25", "capabilities": {}}));
    assert!(hello["result"]["instructions"].as_str().unwrap().contains("and 36 more"));
    assert_eq!(session.request("tools/list", json!({}))["result"]["tools"].as_array().unwrap().len(), 4);
    let sleeping =
        processes_in(&place.path().display().to_string()).iter().filter(|line| line.contains("sleep")).count();
    assert_eq!(sleeping, 0);
    session.end();
}

/// Command lines of processes whose working folder is the test's.
fn processes_in(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let inside =
        entries.filter(|entry| std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder)));
    inside.map(|entry| std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default()).collect()
}

#[test]
fn http_needs_the_token_and_refuses_foreign_pages() {
    let place = Place::with(&["logs"]);
    let served = Listening::of(&place, "t0ken");
    let address = &served.address;
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
    let auth = "Authorization: Bearer t0ken\r\n";
    let host = format!("Host: {address}\r\n");
    for (headers, status) in [
        (format!("{host}{auth}"), "200"),
        (host.clone(), "401"),
        (format!("{host}Authorization: Bearer wrong\r\n"), "401"),
        (format!("Host: evil.example\r\n{auth}"), "403"),
        (format!("{host}{auth}Origin: http://evil.example\r\n"), "403"),
        (format!("{host}{auth}Origin: http://{address}\r\n"), "200"),
        (format!("{host}{auth}Mcp-Method: tools/call\r\n"), "400"),
    ] {
        let answer = post(address, &headers, &list);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{headers}: {answer}");
    }
    let call = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "run_code", "arguments": {"code": "print('hi')\nsleep(0.3)\n7", "language": "python"}, "_meta": {"progressToken": 1}}});
    let streamed =
        post(address, &format!("{host}{auth}Accept: application/json, text/event-stream\r\n"), &call.to_string());
    assert!(streamed.contains("notifications/progress") && streamed.contains("result: 7"), "{streamed}");
}

fn post(address: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "POST /mcp HTTP/1.1\r\n{headers}Content-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
