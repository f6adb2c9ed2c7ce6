//! Clients over HTTP whose connection breaks off, and who send the same again.

use crate::durable::{log, place};
use crate::protocol::{HELLO, exchange, meta, over_http, send, session_of};
use crate::support::Place;
use serde_json::{Value, json};
use std::net::TcpStream;

const STATELESS: &str = "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: run_code\r\n";

/// A request of the stateless era that runs a program; its client can ask a person.
fn run(id: u64, arguments: &Value) -> Value {
    let able = meta(&json!({"elicitation": {}}));
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": "run_code", "arguments": arguments, "_meta": able}})
}

/// The answer in what came over a connection, alone or at the end of a stream.
fn answer(came: &str) -> Value {
    let body = came.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{came}")).1;
    let lines = body.lines().map(|line| line.strip_prefix("data: ").unwrap_or(line));
    let mut messages = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    messages.rfind(|message| message["id"].is_u64()).unwrap_or_else(|| panic!("{came}"))
}

fn ask(port: u16, headers: &str, request: &Value) -> Value {
    answer(&exchange(port, "POST", headers, request))
}

/// Sends a request and breaks the connection off once something is the case.
fn cut(place: &Place, port: u16, headers: &str, request: &Value, is: impl FnMut() -> bool) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    send(&mut stream, "POST", &format!("Host: 127.0.0.1:{port}\r\n{headers}"), &request.to_string());
    place.wait_for(is);
    stream.shutdown(std::net::Shutdown::Both).unwrap();
}

fn executions(place: &Place) -> Vec<Value> {
    serde_json::from_str(&place.ok(&["executions", "--json"])).unwrap()
}

const CODE: &str = "const said = (await lines.append({ text: 'x', pause: 2 })).said;\nreturn said + '!';";

/// A question is put, its answers are sent, and the connection breaks off while the call is made.
#[test]
fn answers_that_are_sent_again_find_the_work_that_they_let_go_on() {
    let place = place("");
    let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    place.settings(&format!("{settings}[[policy.rules]]\ntools = [\"lines.append\"]\naction = \"ask\"\n"));
    let (served, port) = over_http(&place);
    let arguments = json!({"code": CODE});
    let asked = ask(port, STATELESS, &run(1, &arguments))["result"].clone();
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    let key = asked["inputRequests"].as_object().unwrap().keys().next().unwrap();
    let with = |id: u64, reply: Value| {
        let mut request = run(id, &arguments);
        request["params"]["requestState"] = asked["requestState"].clone();
        request["params"]["inputResponses"] = json!({key: reply});
        request
    };
    let yes = json!({"action": "accept", "content": {"decision": "approve once"}});
    cut(&place, port, STATELESS, &with(2, yes.clone()), || log(&place).len() == 1);
    let other = ask(port, STATELESS, &with(3, json!({"action": "decline"})));
    assert_eq!(other["error"]["code"], -32602, "one set of answers: {other}");
    let joined = ask(port, STATELESS, &with(4, yes.clone()));
    assert!(joined["result"]["content"][0]["text"].as_str().unwrap().contains("result: \"x!\""), "{joined}");
    assert_eq!((executions(&place).len(), log(&place).len()), (1, 1), "one execution, one call");
    assert_eq!(served.end(), 0);
    let (served, port) = over_http(&place);
    let late = ask(port, STATELESS, &with(5, yes));
    assert!(late["result"]["content"][0]["text"].as_str().unwrap().contains("x!"), "after a restart as well: {late}");
    assert_eq!((executions(&place).len(), served.end()), (1, 0));
}

#[test]
fn a_program_with_a_key_outlives_its_connection_and_one_without_does_not() {
    let place = place("");
    let (served, port) = over_http(&place);
    let keyed = json!({"code": CODE, "idempotency_key": "k"});
    cut(&place, port, STATELESS, &run(1, &keyed), || log(&place).len() == 1);
    let joined = ask(port, STATELESS, &run(2, &keyed));
    assert!(joined["result"]["content"][0]["text"].as_str().unwrap().contains("x!"), "{joined}");
    assert_eq!((executions(&place).len(), log(&place).len()), (1, 1), "one execution, one call");
    cut(&place, port, STATELESS, &run(3, &json!({"code": CODE})), || log(&place).len() == 2);
    place.wait_for(|| executions(&place).iter().any(|row| row["status"] == "cancelled"));
    assert_eq!(served.end(), 0);
}

#[test]
fn a_request_of_a_session_that_is_sent_again_is_not_made_again() {
    let place = place("");
    let (served, port) = over_http(&place);
    let hello: Value = serde_json::from_str(HELLO).unwrap();
    let session = session_of(&exchange(port, "POST", "", &hello));
    let call = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {
        "name": "run_code", "arguments": {"code": CODE}, "_meta": {"progressToken": "p"}}});
    cut(&place, port, &session, &call, || log(&place).len() == 1);
    let joined = ask(port, &session, &call);
    assert!(joined["result"]["content"][0]["text"].as_str().unwrap().contains("x!"), "{joined}");
    assert_eq!((executions(&place).len(), log(&place).len()), (1, 1), "one execution, one call");
    let anew = ask(port, &session, &call);
    assert!(anew["result"]["content"][0]["text"].as_str().unwrap().contains("x!"), "{anew}");
    assert_eq!(executions(&place).len(), 2, "an id that is used again after its answer is a new request");
    assert_eq!(served.end(), 0);
}
