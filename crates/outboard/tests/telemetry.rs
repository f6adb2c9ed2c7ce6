//! Traces, metrics and logs of the whole program, as a collector, a terminal and a file get them.

use crate::listening::Listening;
use crate::support::Place;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// An upstream that says what it was told about traces, is slow, fails, and loses its first call.
const UPSTREAM: &str = r#"
import json, os, sys, time
def tool(name, **hints):
    given = {"seconds": {"type": "number"}, "note": {"type": "string"}}
    return {"name": name, "inputSchema": {"type": "object", "properties": given}, "annotations": hints}
TOOLS = [tool("meta", readOnlyHint=True), tool("fail", readOnlyHint=True), tool("flaky", readOnlyHint=True),
         tool("change", readOnlyHint=False), tool("forbidden", readOnlyHint=True)]
def answer(method, params):
    if method == "initialize":
        return {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "t", "version": "1"}}
    if method == "tools/list":
        return {"tools": TOOLS}
    name, given = params["name"], params.get("arguments", {})
    if name == "flaky" and not os.path.exists("flaky.once"):
        open("flaky.once", "w").close()
        os._exit(1)
    if name == "fail":
        return {"isError": True, "content": [{"type": "text", "text": "no such thing"}]}
    time.sleep(given.get("seconds", 0))
    meta = params.get("_meta", {})
    return {"content": [], "structuredContent": {"traceparent": meta.get("traceparent"), "tracestate": meta.get("tracestate")}}
import threading
lock = threading.Lock()
def serve(message):
    if message["method"] == "server/discover":
        body = {"error": {"code": -32601, "message": "unknown"}}
    else:
        body = {"result": answer(message["method"], message.get("params", {}))}
    with lock:
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **body}), flush=True)
for line in sys.stdin:
    message = json.loads(line)
    if "id" in message:
        threading.Thread(target=serve, args=(message,), daemon=True).start()
"#;

/// A collector: takes OTLP as JSON.
pub(crate) struct Collector {
    pub(crate) base: String,
    got: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let got: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
        let keep = got.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let keep = keep.clone();
                std::thread::spawn(move || take(stream, &keep));
            }
        });
        Self { base, got }
    }

    pub(crate) fn spans(&self) -> Vec<Value> {
        let got = self.got.lock().unwrap();
        let traces = got.iter().filter(|(path, _)| path == "/v1/traces");
        traces
            .flat_map(|(_, body)| body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone())
            .collect()
    }

    fn metrics(&self) -> String {
        let got = self.got.lock().unwrap();
        got.iter().filter(|(path, _)| path == "/v1/metrics").map(|(_, body)| body.to_string()).collect()
    }
}

fn take(stream: TcpStream, keep: &Mutex<Vec<(String, Value)>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut first, mut length) = (String::new(), 0);
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let path = first.split(' ').nth(1).unwrap().to_owned();
        keep.lock().unwrap().push((path, serde_json::from_slice(&body).unwrap()));
        reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").unwrap();
    }
}

/// A project with that upstream and that collector.
fn place(more: &str) -> (Place, Collector) {
    let (place, collector) = (Place::with(&[]), Collector::start());
    place.write("upstream.py", UPSTREAM);
    let folder = place.path().display().to_string();
    place.settings(&format!(
        "expose = \"code\"\n[servers.echo]\ncommand = \"python3\"\nargs = [\"upstream.py\"]\ncwd = {folder:?}\n\
         [telemetry]\nendpoint = {:?}\nprotocol = \"http/json\"\n\
         [[policy.rules]]\ntools = [\"echo.forbidden\"]\naction = \"deny\"\n\
         when = [{{ at = \"/note\", glob = \"x*\" }}]\n{more}",
        collector.base
    ));
    // A server that a busy machine starts slowly is left out of a program's first catalogue; what was listed stays.
    place.until(&["search", "meta"], |found| found.contains("echo"));
    (place, collector)
}

/// Runs a program with arguments of the command line before it; gives the report.
fn run(place: &Place, extension: &str, code: &str, arguments: &[&str]) -> Value {
    let file = format!("program.{extension}");
    place.write(&file, code);
    let all = [&["run", &file, "--json"], arguments].concat();
    let output = place.command(&all).env("TRACEPARENT", PARENT).env("TRACESTATE", "a=1").output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

pub(crate) fn attribute(span: &Value, key: &str) -> Value {
    let pairs = span["attributes"].as_array().unwrap();
    let value = pairs.iter().find(|pair| pair["key"] == key).map(|pair| pair["value"].clone());
    let value = value.unwrap_or_default();
    ["stringValue", "intValue", "boolValue"]
        .into_iter()
        .map(|kind| value[kind].clone())
        .find(|value| !value.is_null())
        .unwrap_or_default()
}

/// The spans of calls to a tool.
fn calls<'a>(spans: &'a [Value], tool: &str) -> Vec<&'a Value> {
    spans.iter().filter(|span| span["name"] == format!("tools/call {tool}")).collect()
}

#[test]
fn a_program_is_one_tree_under_its_clients_span_and_can_be_sent_again() {
    let (place, collector) = place("");
    let report = run(
        &place,
        "ts",
        "const one = await echo.meta({});\n\
         const [a, b] = await Promise.all([echo.meta({ seconds: 0.4 }), echo.meta({ seconds: 0.4 })]);\n\
         const failed = await echo.fail({}).catch((error) => error.code);\n\
         const denied = await echo.forbidden({ note: 'xy' }).catch((error) => error.code);\n\
         const again = await echo.flaky({});\n\
         return { one, failed, denied, a: a.traceparent, b: b.traceparent };",
        &[],
    );
    assert_eq!(
        (&report["status"], &report["result"]["failed"]),
        (&json!("succeeded"), &json!("tool_failed")),
        "{report}"
    );
    let spans = collector.spans();
    let root = spans.iter().find(|span| span["name"] == "execute_tool run_code").unwrap();
    assert_eq!((&root["traceId"], &root["parentSpanId"]), (&json!(&PARENT[3..35]), &json!(&PARENT[36..52])));
    assert_eq!(attribute(root, "gen_ai.tool.call.id"), report["id"]);
    assert!(spans.iter().all(|span| span["traceId"] == root["traceId"] && span["traceState"] == "a=1"));
    let inner: Vec<_> = spans.iter().filter(|span| span["parentSpanId"] == root["spanId"]).collect();
    assert_eq!(inner.len(), spans.len() - 1, "{spans:#?}");
    let mut names: Vec<_> = inner.iter().map(|span| span["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    let mut expected =
        vec!["preflight", "worker typescript", "tools/call fail", "tools/call flaky", "tools/call forbidden"];
    expected.extend(["tools/call meta"; 3]);
    expected.sort_unstable();
    assert_eq!(names, expected);

    let meta = calls(&spans, "meta");
    let told = format!("00-{}-{}-01", &PARENT[3..35], meta[0]["spanId"].as_str().unwrap());
    assert_eq!(
        report["result"]["one"],
        json!({"traceparent": told, "tracestate": "a=1"}),
        "the server is told its span"
    );
    assert_ne!(report["result"]["a"], report["result"]["b"]);
    assert_eq!(meta[0]["kind"], 3);
    for (key, value) in [
        ("mcp.method.name", "tools/call"),
        ("network.transport", "pipe"),
        ("mcp.protocol.version", "2025-11-25"),
        ("outboard.server", "echo"),
        ("outboard.policy.decision", "allow"),
    ] {
        assert_eq!(attribute(meta[0], key), value, "{key}");
    }
    assert!(attribute(meta[0], "jsonrpc.request.id").is_string());
    assert_eq!(
        (meta[0]["links"].as_array().unwrap().len(), &attribute(meta[1], "outboard.parallel.size")),
        (0, &json!("2"))
    );
    assert_eq!(meta[2]["links"][0]["spanId"], meta[1]["spanId"], "side by side");
    assert_eq!(attribute(calls(&spans, "fail")[0], "error.type"), "tool_error");
    let denied = calls(&spans, "forbidden")[0];
    assert_eq!((attribute(denied, "error.type"), &denied["kind"]), (json!("denied"), &json!(1)));
    assert!(attribute(denied, "outboard.policy.rule").as_str().unwrap().contains("policy.rules"), "{denied}");
    let flaky = calls(&spans, "flaky")[0];
    assert_eq!((attribute(flaky, "outboard.attempts"), &flaky["events"][0]["name"]), (json!("2"), &json!("retry")));
    assert!(spans.iter().all(|span| attribute(span, "gen_ai.tool.call.arguments").is_null()), "content is off");

    let id = report["id"].as_str().unwrap();
    let said = place.ok(&["trace", "export", id]);
    assert!(said.contains(&format!("{} spans of trace {}", spans.len(), &PARENT[3..35])), "{said}");
    assert_eq!(collector.spans()[spans.len()..], spans[..], "what is sent again is the same");
    let shown: Value = serde_json::from_str(&place.ok(&["trace", id, "--json"])).unwrap();
    assert_eq!((shown["spans"].as_array().unwrap().len(), &shown["status"]), (spans.len(), &json!("succeeded")));
    let drawn = place.ok(&["trace", id]);
    assert_eq!(drawn, place.ok(&["trace", "latest"]));
    assert!(drawn.contains("echo.flaky") && drawn.contains("2 attempts") && drawn.contains("error denied"), "{drawn}");
    let followed = place.ok(&["trace", id, "--follow"]);
    assert!(followed.contains("echo.meta ") && followed.contains(&format!("{id} succeeded")), "{followed}");
    assert!(collector.metrics().contains("outboard.executions"));
    let (code, told) = place.fails(&["trace", "ex_unknown"]);
    assert!(code == 1 && told.contains("unknown_execution"), "{told}");
}

#[test]
fn python_too_and_a_black_box_keeps_one_span() {
    let (place, collector) = place("");
    let code = "import asyncio\n[a, b] = await asyncio.gather(echo.meta(seconds=0.4), echo.meta(seconds=0.4))\na";
    let report = run(&place, "py", &format!("from servers import echo\n{code}"), &[]);
    assert_eq!(report["status"], "succeeded", "{report}");
    let spans = collector.spans();
    let meta = calls(&spans, "meta");
    assert_eq!((meta.len(), meta[1]["links"][0]["spanId"].clone()), (2, meta[0]["spanId"].clone()));
    assert!(spans.iter().any(|span| span["name"] == "worker python"));

    let before = spans.len();
    let report = run(&place, "ts", "return await echo.meta({});", &["--no-tool-tracing"]);
    let spans = &collector.spans()[before..];
    assert_eq!((spans.len(), &spans[0]["name"]), (1, &json!("execute_tool run_code")));
    let told = format!("00-{}-{}-01", &PARENT[3..35], spans[0]["spanId"].as_str().unwrap());
    assert_eq!(report["result"]["traceparent"], told, "servers stand under the box");
}

#[test]
fn a_question_and_a_replay_are_seen() {
    let (place, collector) =
        place("[[policy.rules]]\ntools = [\"echo.change\"]\naction = \"ask\"\n[journal]\nsuspend_after = \"200ms\"\n");
    place.write("program.ts", "await echo.meta({});\nreturn await echo.change({});");
    let mut command = place.command(&["run", "program.ts", "--json"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    // A slow start of the server can suspend it before the question.
    let open: Value = serde_json::from_str(&place.until(&["approvals", "--json"], |open| open != "[]\n")).unwrap();
    place.until(&["executions", "--json"], |rows| rows.contains("\"suspended\""));
    place.ok(&["approvals", "approve", open[0]["id"].as_str().unwrap()]);
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["status"], "succeeded", "{report}");
    let spans = collector.spans();
    let (meta, change) = (calls(&spans, "meta")[0], calls(&spans, "change")[0]);
    assert_eq!(
        (attribute(meta, "outboard.replayed"), attribute(change, "outboard.policy.decision")),
        (json!(true), json!("approved"))
    );
    let question = spans.iter().find(|span| span["name"] == "approval").unwrap();
    assert_eq!(question["parentSpanId"], change["spanId"]);
    assert_eq!(attribute(question, "outboard.approval.id"), open[0]["id"]);
    let workers: Vec<_> = spans.iter().filter(|span| span["name"] == "worker typescript").collect();
    assert_eq!(attribute(workers[0], "outboard.worker.end"), "suspended");
    assert!(workers.len() >= 2);
}

#[test]
fn requests_of_clients_name_their_trace_and_direct_calls_have_one() {
    let (place, collector) = place("[telemetry.resource]\nteam = \"blue\"\n");
    let mut session = place.serve();
    let client = json!({"name": "t", "version": "1"});
    session.request("initialize", json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}));
    let meta = json!({"traceparent": PARENT, "tracestate": "a=1"});
    let call = |name: &str, arguments: Value| json!({"name": name, "arguments": arguments, "_meta": meta});
    let direct = session.request("tools/call", call("call_tool", json!({"tool": "echo__meta", "arguments": {}})));
    assert!(direct.to_string().contains(&PARENT[3..35]), "{direct}");
    session.request("tools/call", call("search_tools", json!({"query": "meta", "limit": 0})));
    session.request("tools/call", call("search_tools", json!({"query": "meta"})));
    session.request("tools/call", call("run_code", json!({"code": "return (await echo.meta({})).tracestate;"})));
    assert_eq!(session.end(), 0);
    let spans = collector.spans();
    assert!(spans.iter().all(|span| span["traceId"] == PARENT[3..35]));
    let asked: Vec<_> = spans.iter().filter(|span| span["parentSpanId"] == PARENT[36..52]).collect();
    let names: Vec<_> = asked.iter().map(|span| span["name"].as_str().unwrap()).collect();
    let search = "execute_tool search_tools";
    assert_eq!(names, ["execute_tool call_tool", search, search, "execute_tool run_code"]);
    let below: Vec<_> = spans.iter().filter(|span| span["parentSpanId"] == asked[0]["spanId"]).collect();
    assert_eq!((below.len(), &below[0]["name"]), (1, &json!("tools/call meta")));
    assert_eq!(attribute(asked[0], "gen_ai.tool.name"), "call_tool");
    assert_eq!(attribute(asked[1], "mcp.method.name"), "tools/call");
    assert!(collector.got.lock().unwrap()[0].1.to_string().contains("blue"));
}

#[test]
fn content_is_shown_when_wanted_and_private_values_are_tokens() {
    let (place, collector) = place("[telemetry.headers]\nauthorization = \"Basic YTpi\"\n");
    let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    place.settings(&settings.replace("[telemetry]\n", "[telemetry]\ncontent = true\n"));
    run(&place, "ts", "await echo.meta({ note: 'anna.miller@example.com' });\nreturn 1;", &[]);
    let spans = collector.spans();
    let given = attribute(calls(&spans, "meta")[0], "gen_ai.tool.call.arguments");
    assert!(given.as_str().unwrap().contains("[EMAIL_1]"), "{given}");
    assert!(!json!(spans).to_string().contains("anna.miller"), "nowhere");
}

#[test]
fn metrics_are_read_over_http_with_the_token() {
    let (place, _collector) = place("");
    let served = Listening::of(&place, "secret");
    let address = &served.address;
    let ask = |request: String| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let host = format!("host: {address}\r\nconnection: close\r\n");
    let token = "authorization: Bearer secret\r\n";
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "run_code", "arguments": {"code": "return await echo.meta({});"}}})
    .to_string();
    let run = ask(format!(
        "POST /mcp HTTP/1.1\r\n{host}{token}traceparent: {PARENT}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    ));
    assert!(run.contains(&PARENT[3..35]), "the header names the trace: {run}");
    let text = ask(format!("GET /metrics HTTP/1.1\r\n{host}{token}\r\n"));
    for line in [
        "outboard_calls_total{server=\"echo\",tool=\"meta\",outcome=\"ok\"} 1",
        "outboard_executions_total{status=\"succeeded\",language=\"typescript\"} 1",
        "outboard_executions_active 0",
        "outboard_circuit_state{server=\"echo\"} 0",
        "outboard_approvals_waiting 0",
        "outboard_workers_idle",
        "outboard_sandbox_tier{tier=",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(ask(format!("GET /metrics HTTP/1.1\r\n{host}\r\n")).starts_with("HTTP/1.1 401"));
}

#[test]
fn logs_are_json_where_wanted_and_go_to_a_file() {
    let place = Place::with(&[]);
    place.settings("[servers.broken]\ncommand = \"/nonexistent/server\"\n[log]\nfile = \"log/outboard.log\"\nmax_size = \"1MiB\"\n");
    let output = place.run(&["search", "anything", "--log-format", "json", "--log", "warn"]);
    let told = String::from_utf8(output.stderr).unwrap();
    let line = told.lines().find(|line| line.contains("upstream failed")).unwrap_or_else(|| panic!("{told}"));
    let event: Value = serde_json::from_str(line).unwrap();
    assert_eq!((&event["level"], &event["fields"]["server"]), (&json!("WARN"), &json!("broken")));
    let file = std::fs::read_to_string(place.path().join("log/outboard.log")).unwrap();
    assert!(file.lines().any(|line| line.contains("upstream failed")), "{file}");
    let quiet = place.run(&["search", "anything", "--log", "error"]);
    assert!(!String::from_utf8(quiet.stderr).unwrap().contains("upstream failed"));
}

#[test]
fn without_a_collector_nothing_is_sent_and_export_says_what_to_set() {
    let place = Place::with(&["logs"]);
    let report = place.program("typescript", "return (await logs.listPages({})).pages;");
    let (code, told) = place.fails(&["trace", "export", report["id"].as_str().unwrap()]);
    assert!(code == 2 && told.contains("telemetry.endpoint"), "{code} {told}");
}

#[test]
fn every_recipe_of_the_page_is_understood() {
    let page = include_str!("../../../docs/telemetry.md");
    let blocks: Vec<_> = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 5);
    let place = Place::with(&[]);
    for block in blocks {
        place.settings(block);
        assert_eq!(place.ok(&["executions", "--json"]), "[]\n", "{block}");
    }
}

#[test]
fn the_demo_shows_what_a_black_box_hides() {
    let place = Place::with(&[]);
    let text = place.ok(&["demo", "--black-box"]);
    let (with, without) = text.split_once("Without").unwrap();
    assert!(with.contains("google-drive.get_document") && with.contains("worker typescript"), "{text}");
    assert!(without.contains("execute_tool run_code") && !without.contains("worker"), "{text}");
}
