//! Several principals over HTTP: each with its own token, and nothing of the others'.

use crate::listening::Listening;
use crate::support::Place;
use crate::web::{self, status};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// Outboard over HTTP, for as long as the test takes.
pub(crate) struct Served {
    listening: Listening,
}

impl Served {
    pub(crate) fn start(place: &Place) -> Self {
        Self { listening: Listening::of(place, "operator") }
    }

    /// The whole answer.
    pub(crate) fn send(&self, method: &str, path: &str, token: &str, extra: &str, body: &str) -> String {
        let auth = if token.is_empty() { String::new() } else { format!("\r\nAuthorization: Bearer {token}") };
        let head = format!("{method} {path} HTTP/1.1\r\nContent-Type: application/json{auth}{extra}");
        web::send(&self.listening.address, &head, body)
    }

    pub(crate) fn status(&self, token: &str) -> u16 {
        let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
        status(&self.send("POST", "/mcp", token, "", &list))
    }

    /// The answer to a request without a session.
    fn ask(&self, token: &str, method: &str, params: Value) -> Value {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        let answer = self.send("POST", "/mcp", token, "", &request);
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"))
    }

    /// The text of a tool's answer.
    pub(crate) fn tool(&self, token: &str, name: &str, arguments: Value) -> String {
        let body = self.ask(token, "tools/call", json!({"name": name, "arguments": arguments}));
        body["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned()
    }

    fn run(&self, token: &str, code: &str) -> String {
        self.tool(token, "run_code", json!({"code": code, "language": "python"}))
    }
}

fn token(place: &Place, arguments: &[&str]) -> Value {
    let all = [&["token", "create", "--json"], arguments].concat();
    serde_json::from_str(&place.ok(&all)).unwrap()
}

#[test]
fn each_principal_has_its_own_and_nothing_of_the_others() {
    let place = Place::with(&["logs"]);
    let alice = token(&place, &["--principal", "alice", "--name", "laptop"]);
    let bob = token(&place, &["--principal", "bob", "--expires", "30d"]);
    let over = token(&place, &["--principal", "eve", "--expires", "1s"]);
    let (alice_token, bob_token) = (alice["token"].as_str().unwrap(), bob["token"].as_str().unwrap());
    let served = Served::start(&place);

    let wrote = served.run(alice_token, "open('/workspace/secret.txt', 'w').write('of alice'); 1");
    assert!(wrote.contains("succeeded"), "{wrote}");
    let read = served.run(bob_token, "import os; os.path.exists('/workspace/secret.txt')");
    assert!(read.contains("result: false") || read.contains("result: False"), "{read}");
    assert!(served.run(alice_token, "open('/workspace/secret.txt').read()").contains("of alice"));

    let rows: Value = serde_json::from_str(&place.ok(&["executions", "--json"])).unwrap();
    let id = rows.as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    let waited = served.tool(bob_token, "wait", json!({"execution": id}));
    let own = served.tool(alice_token, "wait", json!({"execution": id}));
    assert!(own.contains("succeeded") != waited.contains("succeeded"), "one of both ran it: {own}\n{waited}");
    assert!(waited.contains("unknown_execution") || own.contains("unknown_execution"));
    let principals = place.ok(&["executions", "--json"]);
    assert!(principals.contains("alice") && principals.contains("bob"), "{principals}");

    let over = over["token"].as_str().unwrap();
    place.wait_for(|| served.status(over) == 401);
    assert_eq!((served.status(""), served.status("outboard_guess")), (401, 401));
    place.ok(&["token", "revoke", alice["id"].as_str().unwrap()]);
    assert_eq!((served.status(alice_token), served.status(bob_token)), (401, 200), "at once, and hers alone");
    let list: Value = serde_json::from_str(&place.ok(&["token", "list", "--json"])).unwrap();
    let words: Vec<_> = list.as_array().unwrap().iter().map(|row| row["status"].as_str().unwrap()).collect();
    assert_eq!(words, ["revoked", "active", "expired"]);
    assert!(!place.ok(&["token", "list"]).contains(bob_token), "a token is shown once");
    let kept = std::fs::read_to_string(place.path().join(".outboard/tokens.json")).unwrap();
    assert!(!kept.contains(bob_token) && !kept.contains(alice_token));
    let audit = place.ok(&["audit", "--json"]);
    assert!(audit.contains("token_create") && audit.contains("token_revoke"), "{audit}");
}

#[test]
fn sessions_and_the_desk_are_not_for_others() {
    let place = Place::with(&["logs"]);
    let tokens =
        ["alice", "bob"].map(|name| token(&place, &["--principal", name])["token"].as_str().unwrap().to_owned());
    let served = Served::start(&place);
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}});
    let answer = served.send("POST", "/mcp", &tokens[0], "", &hello.to_string());
    let session = answer.lines().find_map(|line| line.strip_prefix("mcp-session-id: ")).unwrap().to_owned();
    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}).to_string();
    let within = format!("\r\nMcp-Session-Id: {session}");
    assert_eq!(status(&served.send("POST", "/mcp", &tokens[0], &within, &list)), 200);
    assert_eq!(status(&served.send("POST", "/mcp", &tokens[1], &within, &list)), 404, "another's session is unknown");
    assert_eq!(status(&served.send("DELETE", "/mcp", &tokens[1], &within, "")), 404);
    for path in ["/approvals", "/metrics"] {
        assert_eq!(status(&served.send("GET", path, &tokens[0], "", "")), 403, "{path} is the operator's");
        assert_eq!(status(&served.send("GET", path, "operator", "", "")), 200, "{path}");
    }
    let answer = served.send("POST", "/approvals/x", &tokens[0], "", r#"{"approve": true}"#);
    assert_eq!(status(&answer), 403, "nobody approves its own calls");
}

#[test]
fn rules_for_principals_decide_what_each_is_shown() {
    let place = Place::with(&["logs", "crm"]);
    let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    let rule = "[[policy.rules]]\ntools = [\"crm.*\"]\nprincipal = \"bob\"\naction = \"deny\"\n";
    place.settings(&format!("{settings}{rule}"));
    let tokens =
        ["alice", "bob"].map(|name| token(&place, &["--principal", name])["token"].as_str().unwrap().to_owned());
    let served = Served::start(&place);
    let found = |token: &str| served.tool(token, "search_tools", json!({"query": "customer", "limit": 20}));
    assert!(found(&tokens[0]).contains("crm"), "alice sees the crm");
    assert!(!found(&tokens[1]).contains("crm"), "bob does not");
    assert!(found("operator").contains("crm"));
    let code = "import os; 'crm' in os.listdir('/servers')";
    assert!(served.run(&tokens[1], code).contains("result: false"), "{}", served.run(&tokens[1], code));
    assert!(served.run(&tokens[0], code).contains("result: true"), "alice has the functions");
}

#[test]
fn who_may_not_use_a_server_is_not_told_of_its_prompts_resources_or_itself() {
    let place = Place::with(&["logs"]);
    let script = format!("{}/../../xtask/conformance/fixture.py", env!("CARGO_MANIFEST_DIR"));
    let servers = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    let servers = format!("{servers}[servers.fixture]\ncommand = \"python3\"\nargs = [{script:?}, \"legacy\"]\n");
    let deny = |tools: &str| {
        format!("[[policy.rules]]\ntools = [{tools:?}]\nprincipal = \"bob\"\naction = \"deny\"\n{servers}")
    };
    place.settings(&deny("fixture.*"));
    let tokens =
        ["alice", "bob"].map(|name| token(&place, &["--principal", name])["token"].as_str().unwrap().to_owned());
    let served = Served::start(&place);
    let ask = |token: &str, method: &str, params: Value| served.ask(token, method, params).to_string();
    let all = |token: &str| {
        let lists = ["prompts/list", "resources/list", "resources/templates/list"];
        lists.map(|list| ask(token, list, json!({}))).concat()
    };
    let [alice, bob] = [&tokens[0], &tokens[1]];
    for part in ["fixture__test_simple_prompt", "test://static-text", "test://template/{id}/data"] {
        assert!(all(alice).contains(part) && !all(bob).contains(part), "{part}: {}", all(bob));
    }
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t"}});
    let hello = |token: &str| ask(token, "initialize", hello.clone());
    assert!(hello(alice).contains("fixture") && hello(alice).contains("\"prompts\""), "{}", hello(alice));
    assert!(!hello(bob).contains("fixture") && !hello(bob).contains("\"prompts\""), "{}", hello(bob));
    let read = json!({"uri": "test://static-text"});
    assert!(ask(alice, "resources/read", read.clone()).contains("contents"));
    assert!(ask(bob, "resources/read", read.clone()).contains("no server lists it"), "also once alice has read it");
    let prompt = json!({"name": "fixture__test_simple_prompt"});
    assert!(ask(alice, "prompts/get", prompt.clone()).contains("messages"));
    assert!(ask(bob, "prompts/get", prompt.clone()).contains("no prompt is named"));
    let found = served.tool(bob, "search_tools", json!({"query": "fixture test", "limit": 20}));
    assert!(!found.contains("fixture."), "{found}");

    place.settings(&deny("fixture.prompt:*"));
    place.wait_for(|| hello(bob).contains("fixture"));
    assert!(all(bob).contains("test://static-text") && !all(bob).contains("test_simple_prompt"), "{}", all(bob));
    assert!(ask(bob, "resources/read", read).contains("contents"), "other rules hold at once");
    assert!(served.tool(bob, "search_tools", json!({"query": "fixture test", "limit": 20})).contains("fixture."));
}

#[test]
fn types_of_results_can_be_told_to_their_own_principal_alone() {
    let place = Place::with(&[]);
    let server = r#"
n = {"type": "object", "properties": {"n": {"type": "number"}}}
tools = [{"name": "look", "inputSchema": n, "annotations": {"readOnlyHint": True}}]
serve(tools, lambda name, given, meta: {"balance": given["n"]})
"#;
    let plain = place.python("plain", server, &[]);
    place.settings(&format!("shapes.per_principal = true\n{plain}"));
    let tokens =
        ["alice", "bob"].map(|name| token(&place, &["--principal", name])["token"].as_str().unwrap().to_owned());
    let served = Served::start(&place);
    served.run(&tokens[0], "from servers.plain import look\n[look({'n': n}) for n in range(4)]");
    served.listening.end();
    let rows: Value = serde_json::from_str(&place.ok(&["shapes", "--json"])).unwrap();
    assert_eq!((&rows[0]["id"], &rows[0]["principal"]), (&json!("plain/look"), &json!("alice")), "{rows}");
    let again = Served::start(&place);
    let found = |token: &str| again.tool(token, "search_tools", json!({"query": "look", "detail": "full"}));
    assert!(found(&tokens[0]).contains("balance: "), "{}", found(&tokens[0]));
    assert!(!found(&tokens[1]).contains("balance"), "{}", found(&tokens[1]));
}

/// Methods, and the keys with which they came.
type Seen = Arc<Mutex<Vec<(String, String)>>>;

/// A server that notes with which key each request came.
fn upstream() -> (u16, Seen) {
    let seen = Seen::default();
    let notes = seen.clone();
    let port = web::serve(move |asked| {
        let method = asked.json()["method"].as_str().unwrap_or_default().to_owned();
        let key = format!("{}{}", asked.header("x-key"), asked.header("authorization"));
        notes.lock().unwrap().push((method, key.clone()));
        web::mcp(asked, &key)
    });
    (port, seen)
}

#[test]
fn a_server_sees_the_credentials_of_whoever_calls_and_never_the_callers_token() {
    let (port, seen) = upstream();
    let place = Place::with(&[]);
    place.settings(&format!(
        "[servers.tracker]\nurl = \"http://127.0.0.1:{port}/mcp\"\nheaders = {{ X-Key = \"shared-key\" }}\n\
         [servers.tracker.principals.alice.headers]\nx-key = \"key-of-alice\"\n\
         [servers.tracker.principals.bob.headers]\nX-Key = \"key-of-bob\"\n"
    ));
    let tokens =
        ["alice", "bob", "eve"].map(|name| token(&place, &["--principal", name])["token"].as_str().unwrap().to_owned());
    let served = Served::start(&place);
    let calls = || {
        let seen = seen.lock().unwrap();
        seen.iter().filter(|(method, _)| method == "tools/call").map(|(_, key)| key.clone()).collect::<Vec<_>>()
    };
    for token in &tokens {
        let said = served.tool(token, "call_tool", json!({"tool": "tracker.whoami", "arguments": {}}));
        assert!(said.contains("you are") && !said.contains("key-of") && !said.contains("shared-key"), "{said}");
    }
    assert_eq!(calls(), ["key-of-alice", "key-of-bob", "shared-key"]);
    let said = served.run(&tokens[1], "from servers.tracker import whoami\nwhoami()");
    assert!(said.contains("you are"), "{said}");
    assert_eq!(calls().last().unwrap(), "key-of-bob", "programs too");
    let seen = seen.lock().unwrap();
    assert!(seen.iter().all(|(_, key)| !key.contains("Bearer")), "no caller's token is passed on: {seen:?}");
    let hellos = seen.iter().filter(|(method, _)| method == "initialize").count();
    assert_eq!(hellos, 3, "a connection for each, and one for who shares");
}
