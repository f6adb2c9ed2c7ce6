//! What a collector gets of programs that end in other ways than by themselves: each as one whole tree.

use crate::support::{Place, Session};
use crate::telemetry::{Collector, attribute};
use serde_json::{Value, json};

/// A server that is quick, slow, or asks to wait for as long as somebody wants.
const SERVER: &str = r#"
tools = [{"name": name, "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}} for name in ["quick", "slow"]]
def call(name, given, meta):
    time.sleep(60 if name == "slow" else 0)
    return {"name": name}
serve(tools, call)
"#;

/// A project with that server and a collector.
fn place(more: &str) -> (Place, Collector) {
    let (place, collector) = (Place::with(&[]), Collector::start());
    let server = place.python("echo", SERVER, &[]);
    let telemetry = format!("[telemetry]\nendpoint = {:?}\nprotocol = \"http/json\"\n", collector.base);
    place.settings(&format!("expose = \"code\"\n{more}\n{server}{telemetry}"));
    (place, collector)
}

/// Each span's name with its parent's, in order of names; and whether all of them are one trace.
fn shape(spans: &[Value]) -> Vec<(String, String)> {
    let name = |id: &Value| spans.iter().find(|span| &span["spanId"] == id).map(|span| text(&span["name"]));
    assert!(spans.iter().all(|span| span["traceId"] == spans[0]["traceId"]), "one trace: {spans:#?}");
    let mut pairs: Vec<_> =
        spans.iter().map(|span| (text(&span["name"]), name(&span["parentSpanId"]).unwrap_or_default())).collect();
    pairs.sort();
    pairs
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn of<'a>(spans: &'a [Value], name: &str) -> &'a Value {
    spans.iter().find(|span| span["name"] == name).unwrap_or_else(|| panic!("no {name}: {spans:#?}"))
}

/// The pairs of an execution with these spans below it.
fn below(inner: &[&str]) -> Vec<(String, String)> {
    let run = "execute_tool run_code";
    let mut pairs: Vec<_> = inner.iter().map(|name| ((*name).to_owned(), run.to_owned())).collect();
    pairs.push((run.to_owned(), String::new()));
    pairs.sort();
    pairs
}

/// Starts a program and gives the id of its execution while it runs.
fn started(session: &mut Session, code: &str) -> String {
    let (told, _) = session.tool("run_code", json!({"code": code, "wait_s": 0.2}));
    told.split_whitespace().nth(1).unwrap_or_else(|| panic!("{told}")).to_owned()
}

#[test]
fn a_shell_program() {
    let (place, collector) = place("");
    let report = place.program("bash", "call echo quick | grep -q quick && echo '\"found\"'");
    assert_eq!(report["result"], "found", "{report}");
    let spans = collector.spans();
    assert_eq!(shape(&spans), below(&["preflight", "tools/call quick", "worker bash"]));
    assert_eq!(attribute(of(&spans, "execute_tool run_code"), "outboard.language"), "bash");
    let call = of(&spans, "tools/call quick");
    assert_eq!(attribute(call, "outboard.tokens.counter"), "o200k", "{call}");
}

#[test]
fn a_call_that_takes_too_long_and_a_program_that_does() {
    let (place, collector) = place("");
    let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    place.settings(&settings.replace("[servers.echo]\n", "[servers.echo]\ntimeout = \"300ms\"\n"));
    let code = "return await echo.slow({}).catch((error) => error.code);";
    assert_eq!(place.program("typescript", code)["result"], "timeout");
    let spans = collector.spans();
    assert_eq!(shape(&spans), below(&["preflight", "tools/call slow", "worker typescript"]));
    assert_eq!(attribute(of(&spans, "tools/call slow"), "error.type"), "timeout");
    assert!(attribute(of(&spans, "execute_tool run_code"), "error.type").is_null());

    place.settings(&format!("sandbox.wall = \"1s\"\n{settings}"));
    let before = spans.len();
    assert_eq!(place.program("typescript", "await echo.quick({});\nfor (;;) {}")["error"]["code"], "limit_exceeded");
    let spans = &collector.spans()[before..];
    assert_eq!(shape(spans), below(&["preflight", "tools/call quick", "worker typescript"]));
    assert_eq!(attribute(of(spans, "execute_tool run_code"), "error.type"), "limit_exceeded");
}

#[test]
fn a_program_that_is_cancelled_while_it_calls() {
    let (place, collector) = place("");
    let mut session = place.client();
    let id = started(&mut session, "await echo.quick({});\nreturn await echo.slow({});");
    place.until(&["executions", "show", &id, "--json"], |shown| shown.contains("\"slow\""));
    place.ok(&["executions", "cancel", &id]);
    let (told, _) = session.tool("wait", json!({"execution": id}));
    assert!(told.starts_with("cancelled"), "{told}");
    assert_eq!(session.end(), 0);
    let spans = collector.spans();
    let run = of(&spans, "execute_tool run_code");
    assert_eq!(
        (attribute(run, "outboard.status"), attribute(run, "error.type")),
        (json!("cancelled"), json!("cancelled"))
    );
    assert!(shape(&spans).contains(&("tools/call quick".into(), "execute_tool run_code".into())));
    assert!(spans.iter().all(|span| span["endTimeUnixNano"].as_str() >= span["startTimeUnixNano"].as_str()));
}

#[test]
fn a_program_that_another_process_ends() {
    let (place, collector) = place("journal.suspend_after = \"200ms\"");
    let mut session = place.client();
    let id = started(&mut session, "await echo.quick({});\nawait sleep(3000);\nreturn await echo.quick({});");
    place.until(&["executions", "--json"], |rows| rows.contains("\"suspended\""));
    session.kill();
    assert!(collector.spans().is_empty(), "nothing is sent of what goes on");
    let mut session = place.client();
    let (told, _) = session.tool("wait", json!({"execution": id}));
    assert!(told.starts_with("succeeded"), "{told}");
    assert_eq!(session.end(), 0);
    let spans = collector.spans();
    let calls: Vec<_> = spans.iter().filter(|span| span["name"] == "tools/call quick").collect();
    assert_eq!((calls.len(), attribute(calls[0], "outboard.replayed")), (2, json!(true)), "{spans:#?}");
    let workers = spans.iter().filter(|span| span["name"] == "worker typescript").count();
    assert!(workers >= 2 && shape(&spans).len() == 4 + workers, "{spans:#?}");
    let sent = place.ok(&["trace", "export", &id]);
    assert!(sent.contains(&format!("{} spans", spans.len())), "{sent}");
    assert_eq!(collector.spans()[spans.len()..], spans[..], "the same from the journal");
}

#[test]
fn a_program_that_is_a_task() {
    let (place, collector) = place("");
    let mut session = place.serve();
    let mut meta = crate::protocol::meta(&json!({"extensions": {"io.modelcontextprotocol/tasks": {}}}));
    meta["traceparent"] = json!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let arguments = json!({"code": "await echo.quick({});\nawait sleep(7000);\nreturn 1;"});
    let task = session.request("tools/call", json!({"name": "run_code", "arguments": arguments, "_meta": meta}));
    let id = task["result"]["taskId"].clone();
    assert!(id.is_string(), "{task}");
    place.wait_for(|| {
        let seen = session.request("tasks/get", json!({"taskId": id, "_meta": meta}));
        seen["result"]["status"] == "completed"
    });
    assert_eq!(session.end(), 0);
    let spans = collector.spans();
    assert_eq!(shape(&spans), below(&["preflight", "tools/call quick", "worker typescript"]));
    assert_eq!(of(&spans, "execute_tool run_code")["parentSpanId"], "b7ad6b7169203331", "its client asked for it");
}
