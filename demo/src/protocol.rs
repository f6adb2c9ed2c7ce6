//! As much of MCP as a tool server needs, in both eras, over lines of JSON.

use crate::faults::{Fault, Faults};
use crate::tool::{Answer, Server};
use serde_json::{Value, json};
use std::io::{self, BufRead, Write};

const MODERN: &str = "2026-07-28";
const LEGACY: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/// Serves until stdin ends.
pub(crate) fn serve(mut server: Server, input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let mut faults = Faults::from_environment();
    for line in input.lines() {
        let Ok(message) = serde_json::from_str::<Value>(&line?) else { continue };
        let Some(id) = message.get("id").filter(|id| !id.is_null()) else { continue };
        let Some(answer) = answer(&mut server, &mut faults, &message) else { continue };
        let mut reply = json!({"jsonrpc": "2.0", "id": id});
        match answer {
            Ok(result) => reply["result"] = result,
            Err((code, text)) => reply["error"] = json!({"code": code, "message": text}),
        }
        writeln!(output, "{reply}")?;
        output.flush()?;
    }
    Ok(())
}

type Reply = Result<Value, (i64, String)>;

fn answer(server: &mut Server, faults: &mut Faults, message: &Value) -> Option<Reply> {
    let params = &message["params"];
    let reply = match message["method"].as_str().unwrap_or_default() {
        "initialize" => Ok(initialize(server, params)),
        "server/discover" => Ok(discover(server)),
        "ping" => Ok(json!({})),
        "tools/list" => {
            Ok(json!({"tools": server.tools.iter().map(|tool| tool.definition.clone()).collect::<Vec<_>>()}))
        }
        "tools/call" => return call(server, faults, params).map(|reply| reply.map(|result| finish(params, result))),
        other => Err((-32601, format!("unknown method {other:?}"))),
    };
    Some(reply.map(|result| finish(params, result)))
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

/// No reply at all is what a server that hangs gives.
fn call(server: &mut Server, faults: &mut Faults, params: &Value) -> Option<Reply> {
    let name = params["name"].as_str().unwrap_or_default();
    let Some(tool) = server.tools.iter_mut().find(|tool| tool.definition["name"] == name) else {
        return Some(Err((-32602, format!("unknown tool {name:?}"))));
    };
    let outcome = match faults.next() {
        Some(Fault::Crash) => std::process::exit(70),
        Some(Fault::Hang) => return None,
        Some(Fault::Error) => Err("a fault on purpose: try again".to_owned()),
        None => (tool.work)(params.get("arguments").unwrap_or(&json!({}))),
    };
    Some(Ok(match outcome {
        Err(text) => json!({"content": [{"type": "text", "text": text}], "isError": true}),
        Ok(Answer::Text(text)) => json!({"content": [{"type": "text", "text": text}]}),
        Ok(Answer::Json(value)) => json!({"content": [{"type": "text", "text": value.to_string()}]}),
        Ok(Answer::Structured(value)) => {
            json!({"content": [{"type": "text", "text": value.to_string()}], "structuredContent": value})
        }
    }))
}
