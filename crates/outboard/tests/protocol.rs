//! What passes between agents and servers of either era, and where requests are taken.

use crate::listening::{Listening, terminate};
use crate::support::{Place, Session};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

/// A server with one of everything, which speaks one era only.
fn fixture(era: &str, more: &str) -> Place {
    let place = Place::with(&[]);
    let script = format!("{}/../../xtask/conformance/fixture.py", env!("CARGO_MANIFEST_DIR"));
    place.settings(&format!(
        "expose = \"both\"\n{more}[servers.fixture]\ncommand = \"python3\"\nargs = [{script:?}, {era:?}]\n"
    ));
    place
}

pub(crate) fn meta(capabilities: &Value) -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    })
}

fn shake_hands(session: &mut Session, capabilities: Value) -> Value {
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": {"name": "t"}});
    session.request("initialize", hello)["result"].clone()
}

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

#[test]
fn questions_cross_between_all_eras() {
    for era in ["legacy", "modern"] {
        let place = fixture(era, "");
        let mut session = place.serve();
        shake_hands(&mut session, json!({"elicitation": {}}));
        let call = json!({"name": "fixture__test_elicitation_sep1034_defaults", "arguments": {}});
        let id = session.ask("tools/call", call);
        let question = session.next_note(|note| note["method"] == "elicitation/create");
        let reply = json!({"action": "accept", "content": {"name": "Ada"}});
        session.send(&json!({"jsonrpc": "2.0", "id": question["id"], "result": reply}));
        let answer = session.answer(id);
        assert!(text(&answer).contains("Ada") && text(&answer).contains("95.5"), "{era}: {answer}");
        session.end();

        let mut session = place.serve();
        let able = meta(&json!({"elicitation": {}, "roots": {}}));
        let call = json!({"name": "fixture__test_input_required_result_multi_round", "arguments": {}, "_meta": able});
        let mut answer = session.request("tools/call", call.clone());
        let mut rounds = 0;
        while answer["result"]["resultType"] == "input_required" {
            let (key, asked) = answer["result"]["inputRequests"].as_object().unwrap().iter().next().unwrap();
            assert_eq!(asked["method"], "elicitation/create");
            let key = key.clone();
            let mut again = call.clone();
            again["requestState"] = answer["result"]["requestState"].clone();
            again["inputResponses"] = json!({&key: {"action": "accept", "content": {"name": "Ada", "color": "red"}}});
            let (same, mut other) = (again.clone(), again.clone());
            answer = session.request("tools/call", again);
            let joined = session.request("tools/call", same);
            let kind = |answer: &Value| answer["result"]["resultType"].clone();
            assert_eq!(kind(&joined), kind(&answer), "{era}: the same again finds the same work: {joined}");
            other["inputResponses"] = json!({&key: {"action": "decline"}});
            assert_eq!(session.request("tools/call", other)["error"]["code"], -32602, "{era}: one set of answers");
            rounds += 1;
        }
        assert!(rounds == 2 && answer["result"]["resultType"] == "complete", "{era}: {answer}");
        session.end();
    }
}

#[test]
fn who_cannot_be_asked_is_not_and_programs_can_catch_it() {
    for era in ["legacy", "modern"] {
        let place = fixture(era, "");
        let mut session = place.serve();
        let able = meta(&json!({}));
        let call = json!({"name": "fixture__test_elicitation", "arguments": {"message": "?"}, "_meta": able});
        let refused = session.request("tools/call", call);
        let needed = json!({"requiredCapabilities": {"elicitation": {}}});
        assert_eq!((&refused["error"]["code"], &refused["error"]["data"]), (&json!(-32021), &needed), "{era}");
        let code = "try { await fixture.testElicitation({message: '?'}); } catch (e) { return e.message }";
        let call = json!({"name": "run_code", "arguments": {"code": code}, "_meta": able});
        let caught = session.request("tools/call", call);
        assert!(text(&caught).contains("elicitation"), "{era}: {caught}");
        session.end();
    }
}

#[test]
fn prompts_resources_and_completion_pass_the_same_door() {
    let rule = "[[policy.rules]]\ntools = [\"fixture.resource:test://static-binary\"]\naction = \"deny\"\nreason = \"no pictures\"\n";
    for era in ["legacy", "modern"] {
        let place = fixture(era, rule);
        // What is known of a server is shown at once, however long it takes to start.
        place.ok(&["list"]);
        let mut session = place.serve();
        let offered = shake_hands(&mut session, json!({}))["capabilities"].clone();
        assert!(offered["prompts"].is_object() && offered["resources"]["subscribe"] == true, "{offered}");
        let prompts = session.request("prompts/list", json!({}));
        assert_eq!(prompts["result"]["prompts"][0]["name"], "fixture__test_simple_prompt");
        let arguments = json!({"arg1": "a", "arg2": "b"});
        let prompt = json!({"name": "fixture__test_prompt_with_arguments", "arguments": arguments});
        let prompt = session.request("prompts/get", prompt);
        assert!(prompt.to_string().contains("arg1='a', arg2='b'"), "{prompt}");
        let read = session.request("resources/read", json!({"uri": "test://template/7/data"}));
        assert!(read.to_string().contains("Data for ID: 7"), "{read}");
        let listed = session.request("resources/list", json!({})).to_string();
        assert!(listed.contains("test://static-text") && !listed.contains("test://static-binary"), "{listed}");
        let denied = session.request("resources/read", json!({"uri": "test://static-binary"}));
        assert!(denied["error"]["message"].as_str().unwrap().contains("no pictures"), "{denied}");
        let unknown = session.request("resources/read", json!({"uri": "test://nowhere"}));
        assert_eq!(
            (&unknown["error"]["code"], &unknown["error"]["data"]["uri"]),
            (&json!(-32602), &json!("test://nowhere"))
        );
        let reference = json!({"type": "ref/prompt", "name": "fixture__test_prompt_with_arguments"});
        let complete = json!({"ref": reference, "argument": {"name": "arg1", "value": "par"}});
        let complete = session.request("completion/complete", complete);
        assert_eq!(complete["result"]["completion"]["values"], json!(["paris", "park", "party"]), "{era}");
        assert_eq!(
            session.request("resources/subscribe", json!({"uri": "test://watched-resource"}))["result"],
            json!({})
        );
        session.request("logging/setLevel", json!({"level": "info"}));
        session.request("tools/call", json!({"name": "fixture__test_tool_with_logging", "arguments": {}}));
        let logged = session.notes.iter().filter(|note| note["params"]["logger"] == "fixture/fixture").count();
        assert_eq!(logged, 3, "{era}: {:?}", session.notes);
        session.tool("fixture__test_trigger_prompt_change", json!({}));
        let told = |note: &Value| note["method"] == "notifications/prompts/list_changed";
        if !session.notes.iter().any(told) {
            session.next_note(told);
        }
        session.end();
    }
}

#[test]
fn a_program_that_takes_long_is_a_task_for_clients_that_follow_tasks() {
    let place = Place::with(&["logs"]);
    let mut session = place.serve();
    let able = meta(&json!({"extensions": {"io.modelcontextprotocol/tasks": {}}}));
    let arguments = json!({"code": "sleep(7)\n'done'", "language": "python"});
    let task = session.request("tools/call", json!({"name": "run_code", "arguments": arguments, "_meta": able}));
    let task = task["result"].clone();
    assert_eq!((&task["resultType"], &task["status"]), (&json!("task"), &json!("working")), "{task}");
    let get = |session: &mut Session| {
        session.request("tasks/get", json!({"taskId": task["taskId"], "_meta": able}))["result"].clone()
    };
    let mut seen = get(&mut session);
    place.wait_for(|| {
        seen = get(&mut session);
        seen["status"] != "working"
    });
    assert_eq!((&seen["status"], &seen["resultType"]), (&json!("completed"), &json!("complete")));
    assert!(seen["result"]["content"][0]["text"].as_str().unwrap().contains("result: \"done\""), "{seen}");
    let refused = session.request("tasks/get", json!({"taskId": task["taskId"], "_meta": meta(&json!({}))}));
    assert_eq!(refused["error"]["code"], -32021);
    session.end();
}

/// Looks at a task until it stands otherwise.
fn followed(place: &Place, session: &mut Session, task: &Value, able: &Value, status: &str) -> Value {
    let mut seen = task.clone();
    place.wait_for(|| {
        seen = session.request("tasks/get", json!({"taskId": task["taskId"], "_meta": able}))["result"].clone();
        seen["status"] != status
    });
    seen
}

#[test]
fn a_call_of_which_its_server_makes_a_task_is_one_for_its_agent() {
    for era in ["legacy", "modern"] {
        let place = fixture(era, "");
        let mut session = place.serve();
        let able = meta(&json!({"elicitation": {}, "extensions": {"io.modelcontextprotocol/tasks": {}}}));
        let made = |session: &mut Session, name: &str, arguments: Value| {
            let call = json!({"name": format!("fixture__{name}"), "arguments": arguments, "_meta": able});
            session.request("tools/call", call)["result"].clone()
        };
        let task = made(&mut session, "failing_job", json!({}));
        assert_eq!((&task["resultType"], &task["status"]), (&json!("task"), &json!("working")), "{era}: {task}");
        let seen = followed(&place, &mut session, &task, &able, "working");
        assert_eq!((&seen["status"], &seen["result"]["isError"]), (&json!("completed"), &json!(true)), "{era}: {seen}");

        let task = made(&mut session, "protocol_error_job", json!({}));
        let seen = followed(&place, &mut session, &task, &able, "working");
        assert!(seen["status"] == "failed" && seen["error"]["message"].is_string(), "{era}: {seen}");

        let task = made(&mut session, "confirm_delete", json!({"filename": "a.txt"}));
        assert!(task.get("inputRequests").is_none(), "{era}: {task}");
        let asked = followed(&place, &mut session, &task, &able, "working");
        let key = asked["inputRequests"].as_object().unwrap().keys().next().unwrap().clone();
        let replies = json!({key: {"action": "accept", "content": {"confirm": true}}});
        session.request("tasks/update", json!({"taskId": task["taskId"], "inputResponses": replies, "_meta": able}));
        let mut seen = followed(&place, &mut session, &task, &able, "input_required");
        if seen["status"] == "working" {
            seen = followed(&place, &mut session, &task, &able, "working");
        }
        assert_eq!(seen["result"]["content"][0]["text"], "deleted: accept", "{era}: {seen}");

        let task = made(&mut session, "slow_compute", json!({"seconds": 60}));
        session.request("tasks/cancel", json!({"taskId": task["taskId"], "_meta": able}));
        let seen = followed(&place, &mut session, &task, &able, "working");
        assert_eq!(seen["status"], "cancelled", "{era}: {seen}");

        let plain = json!({"name": "fixture__slow_compute", "arguments": {"label": "it"}, "_meta": meta(&json!({}))});
        assert_eq!(text(&session.request("tools/call", plain)), "it took 0 s", "{era}: who follows no tasks waits");
        let program = "try { await fixture.failingJob(); } catch (error) { return error.message; }";
        let (said, _) = session.tool("run_code", json!({"code": program}));
        assert!(said.contains("This job always fails"), "{era}: {said}");
        session.end();
    }
}

#[test]
fn a_task_may_take_longer_than_a_call() {
    for era in ["legacy", "modern"] {
        let place = fixture(era, "");
        let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
        place.settings(&format!("{settings}timeout = \"3s\"\n"));
        let mut session = place.serve();
        let able = meta(&json!({"extensions": {"io.modelcontextprotocol/tasks": {}}}));
        let call = json!({"name": "fixture__slow_compute", "arguments": {"seconds": 6, "label": "it"}, "_meta": able});
        let task = session.request("tools/call", call)["result"].clone();
        assert_eq!(task["resultType"], "task", "{era}: {task}");
        let seen = followed(&place, &mut session, &task, &able, "working");
        assert_eq!(seen["result"]["content"][0]["text"], "it took 6 s", "{era}: {seen}");
        session.end();
    }
}

/// A server over HTTP with a known token, and its port.
pub(crate) fn over_http(place: &Place) -> (Listening, u16) {
    let served = Listening::of(place, "t0ken");
    let port = served.port();
    (served, port)
}

pub(crate) fn send(stream: &mut (impl Read + Write), verb: &str, headers: &str, body: &str) {
    let length = body.len();
    let head = format!(
        "{verb} /mcp HTTP/1.1\r\nAuthorization: Bearer t0ken\r\nAccept: application/json, text/event-stream\r\n"
    );
    write!(stream, "{head}{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}").unwrap();
}

pub(crate) fn exchange(port: u16, verb: &str, headers: &str, body: &Value) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let body = if body.is_null() { String::new() } else { body.to_string() };
    send(&mut stream, verb, &format!("Host: 127.0.0.1:{port}\r\n{headers}"), &body);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

pub(crate) const HELLO: &str =
    r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}"#;

pub(crate) fn session_of(answer: &str) -> String {
    let line = answer.lines().find(|line| line.to_ascii_lowercase().starts_with("mcp-session-id: ")).unwrap();
    format!("{}\r\n", line.trim())
}

#[test]
fn an_answer_survives_its_connection_and_a_session_its_end_does_not() {
    let place = fixture("legacy", "");
    let (served, port) = over_http(&place);
    let hello: Value = serde_json::from_str(HELLO).unwrap();
    let session = session_of(&exchange(port, "POST", "", &hello));
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "fixture__test_tool_with_progress", "arguments": {}, "_meta": {"progressToken": "p"}}});
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    send(&mut stream, "POST", &format!("Host: 127.0.0.1:{port}\r\n{session}"), &call.to_string());
    let lines = BufReader::new(stream).lines().map(Result::unwrap);
    let first = lines.into_iter().find_map(|line| line.strip_prefix("id: ").map(str::to_owned)).unwrap();
    let rest = exchange(port, "GET", &format!("{session}Last-Event-ID: {first}\r\n"), &Value::Null);
    assert!(rest.contains("\"progress\":100") && rest.contains("\"text\":\"Done\""), "{rest}");
    assert!(exchange(port, "DELETE", &session, &Value::Null).starts_with("HTTP/1.1 200"));
    assert!(exchange(port, "POST", &session, &call).starts_with("HTTP/1.1 404"));
    assert_eq!(served.end(), 0);
}

#[test]
fn work_has_its_grace_at_the_end_and_goes_on_after_the_next_start() {
    let place = Place::with(&["logs"]);
    let servers = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    place.settings(&format!("[serve]\ndrain = \"1s\"\n{servers}"));
    let (served, port) = over_http(&place);
    let run = |code: &str| {
        let arguments = json!({"code": code, "language": "python"});
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "run_code", "arguments": arguments}})
    };
    let long = run("open('/workspace/begun', 'w').close()\nsleep(20)\n'late'");
    let asked = std::thread::spawn(move || exchange(port, "POST", "", &long));
    place.until(&["executions", "list", "--json"], |list| list.contains("\"running\""));
    assert_eq!(served.end(), 0);
    let answer = asked.join().unwrap();
    assert!(answer.contains("running ex_"), "{answer}");
    let id = answer.split("running ").nth(1).unwrap().split_once("\\n").unwrap().0.to_owned();
    let (served, _) = over_http(&place);
    place.until(&["executions", "show", &id, "--json"], |shown| shown.contains("\"succeeded\""));
    assert_eq!(served.end(), 0);
}

#[test]
fn a_socket_is_for_its_user_alone() {
    let place = Place::with(&["logs"]);
    let path = place.path().join("o.sock");
    let mut child = place.command(&["serve", "--socket", "o.sock"]).stderr(Stdio::null()).spawn().unwrap();
    place.wait_for(|| UnixStream::connect(&path).is_ok());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let (code, told) = place.fails(&["serve", "--socket", "o.sock"]);
    assert!(code == 2 && told.contains("another process listens there"), "{code} {told}");
    let ask = |headers: &str| {
        let mut stream = UnixStream::connect(&path).unwrap();
        let head = format!(
            "POST /mcp HTTP/1.1\r\nHost: x\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n",
            HELLO.len()
        );
        write!(stream, "{head}{HELLO}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(ask("").contains("\"serverInfo\""), "no token is needed");
    assert!(ask("Origin: http://evil.example\r\n").starts_with("HTTP/1.1 403"));
    assert_eq!(terminate(&mut child), 0);
    assert!(!path.exists());
}

/// Opens a port and hands it over as systemd does.
const HAND_OVER: &str = "
import os, socket, sys
door = socket.create_server(('127.0.0.1', 0))
print(door.getsockname()[1], flush=True)
os.dup2(door.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()), OUTBOARD_TOKEN='t0ken')
os.execv(sys.argv[1], [sys.argv[1], 'serve'])
";

#[test]
fn a_port_that_systemd_opened_is_taken() {
    let place = Place::with(&["logs"]);
    let mut command = Command::new("python3");
    command.args(["-c", HAND_OVER, env!("CARGO_BIN_EXE_outboard")]).current_dir(place.path()).env("HOME", place.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let hello: Value = serde_json::from_str(HELLO).unwrap();
    let answer = exchange(line.trim().parse().unwrap(), "POST", "", &hello);
    assert!(answer.contains("\"serverInfo\""), "{answer}");
    assert_eq!(terminate(&mut child), 0);
}

#[tokio::test]
async fn the_second_version_of_http_is_spoken_and_guarded_alike() {
    let place = Place::with(&["logs"]);
    let (served, port) = over_http(&place);
    let client = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    for (host, status) in [("127.0.0.1", 200), ("localhost", 200), ("127.0.0.2", 403)] {
        let post = client.post(format!("http://{host}:{port}/mcp")).bearer_auth("t0ken").body(HELLO);
        let Ok(answer) = post.send().await else {
            assert_eq!(status, 403, "{host}: nobody listens there");
            continue;
        };
        assert_eq!((answer.status().as_u16(), answer.version()), (status, reqwest::Version::HTTP_2), "{host}");
    }
    assert_eq!(served.end(), 0);
}
