//! As much of MCP as a tool server needs, in both eras, over lines of JSON.
//!
//! Calls are done one after the other in the order of their arrival and only their answers are delayed: equal
//! scripts see equal states, and calls under way at once wait at once. Never here: what a tool does.

use crate::faults::{Fault, Faults};
use crate::tool::{Answer, Server};
use serde_json::{Value, json};
use std::io::{self, BufRead, Write};
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

const MODERN: &str = "2026-07-28";
const LEGACY: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/// A line of output, and when it is due.
type Due = (Instant, String);

/// Serves until stdin ends, or until a crash on purpose.
pub(crate) fn serve(mut server: Server, mut faults: Faults) -> Result<(), String> {
    let (sender, due) = channel();
    let writer = thread::spawn(move || write_when_due(&due));
    let mut crashed = false;
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        match reply(&mut server, &mut faults, &line) {
            ControlFlow::Break(()) => crashed = true,
            ControlFlow::Continue(None) => continue,
            ControlFlow::Continue(Some((wait, text))) => {
                // The writer is gone if nobody reads any more.
                if sender.send((Instant::now() + wait, text)).is_ok() {
                    continue;
                }
            }
        }
        break;
    }
    // What was answered before is still written, so where a crash falls does not depend on the scheduler.
    drop(sender);
    let written = writer.join().unwrap_or_else(|_| Err(io::Error::other("the writer failed")));
    if crashed {
        std::process::exit(70);
    }
    written.map_err(|error| format!("stdout cannot be written: {error}"))
}

fn write_when_due(due: &Receiver<Due>) -> io::Result<()> {
    let mut output = io::stdout().lock();
    for (at, line) in due {
        thread::sleep(at.saturating_duration_since(Instant::now()));
        writeln!(output, "{line}")?;
        output.flush()?;
    }
    Ok(())
}

/// The line that answers a line and how long it is held back; what is no request gets none.
fn reply(server: &mut Server, faults: &mut Faults, line: &str) -> ControlFlow<(), Option<(Duration, String)>> {
    let Ok(message) = serde_json::from_str::<Value>(line) else { return ControlFlow::Continue(None) };
    let Some(id) = message.get("id").filter(|id| !id.is_null()) else { return ControlFlow::Continue(None) };
    if !message["method"].is_string() {
        return ControlFlow::Continue(None);
    }
    let wait = if message["method"] == "tools/call" { faults.latency } else { Duration::ZERO };
    let Some(answer) = answer(server, faults, &message)? else { return ControlFlow::Continue(None) };
    let mut reply = json!({"jsonrpc": "2.0", "id": id});
    match answer {
        Ok(result) => reply["result"] = result,
        Err((code, text)) => reply["error"] = json!({"code": code, "message": text}),
    }
    ControlFlow::Continue(Some((wait, reply.to_string())))
}

type Reply = Result<Value, (i64, String)>;

/// Breaks off at a crash; nothing at all is what a server that hangs says.
fn answer(server: &mut Server, faults: &mut Faults, message: &Value) -> ControlFlow<(), Option<Reply>> {
    let params = &message["params"];
    let reply = match message["method"].as_str().unwrap_or_default() {
        "initialize" => Ok(initialize(server, params)),
        "server/discover" => Ok(discover(server)),
        "ping" => Ok(json!({})),
        "tools/list" => {
            Ok(json!({"tools": server.tools.iter().map(|tool| tool.definition.clone()).collect::<Vec<_>>()}))
        }
        "tools/call" => match faults.next() {
            Some(Fault::Crash) => return ControlFlow::Break(()),
            Some(Fault::Hang) => return ControlFlow::Continue(None),
            Some(Fault::Error) => Ok(shown(Err("a fault on purpose: try again".to_owned()))),
            None => call(server, params),
        },
        other => Err((-32601, format!("unknown method {other:?}"))),
    };
    ControlFlow::Continue(Some(reply.map(|result| finish(params, result))))
}

/// Results of the stateless era say that they are complete.
fn finish(params: &Value, mut result: Value) -> Value {
    if params["_meta"]["io.modelcontextprotocol/protocolVersion"] == MODERN {
        result["resultType"] = json!("complete");
    }
    result
}

fn initialize(server: &Server, params: &Value) -> Value {
    let asked = params["protocolVersion"].as_str().unwrap_or_default();
    let version = LEGACY.into_iter().find(|known| *known == asked).unwrap_or(LEGACY[0]);
    json!({"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info(server)})
}

fn discover(server: &Server) -> Value {
    json!({
        "resultType": "complete", "supportedVersions": [MODERN], "capabilities": {"tools": {}}, "ttlMs": 60_000,
        "cacheScope": "public", "_meta": {"io.modelcontextprotocol/serverInfo": info(server)},
    })
}

fn info(server: &Server) -> Value {
    json!({"name": server.name, "title": server.title, "version": env!("CARGO_PKG_VERSION")})
}

fn call(server: &mut Server, params: &Value) -> Reply {
    let name = params["name"].as_str().unwrap_or_default();
    let tool = server.tools.iter_mut().find(|tool| tool.definition["name"] == name);
    let tool = tool.ok_or_else(|| (-32602, format!("unknown tool {name:?}")))?;
    Ok(shown(tool.call(params.get("arguments").unwrap_or(&json!({})))))
}

fn shown(outcome: Result<Answer, String>) -> Value {
    match outcome {
        Err(text) => json!({"content": [{"type": "text", "text": text}], "isError": true}),
        Ok(Answer::Text(text)) => json!({"content": [{"type": "text", "text": text}]}),
        Ok(Answer::Json(value)) => json!({"content": [{"type": "text", "text": value.to_string()}]}),
        Ok(Answer::Structured(value)) => {
            json!({"content": [{"type": "text", "text": value.to_string()}], "structuredContent": value})
        }
    }
}
