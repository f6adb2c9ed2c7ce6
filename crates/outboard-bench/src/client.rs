//! A client over stdio that hides nothing: lines of JSON out, lines of JSON in.

use crate::error::BenchError;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long an answer is waited for; no scenario takes a tenth of it.
const PATIENCE: Duration = Duration::from_secs(300);

/// A server's process and the talk with it; the process ends with this.
pub(crate) struct Client {
    name: String,
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    last: u64,
    /// What the server tells a model at the start.
    pub(crate) instructions: String,
}

/// What a tool answered.
pub(crate) struct Answer {
    /// The text of its blocks, which is what clients give to a model.
    pub(crate) shown: String,
    /// What a program would make of it.
    pub(crate) value: Value,
    pub(crate) failed: bool,
}

impl Client {
    /// Starts a server and does the handshake.
    pub(crate) fn start(name: &str, mut command: Command) -> Result<Self, BenchError> {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = piped.spawn().map_err(|error| BenchError::server(name, format!("not started: {error}")))?;
        let output = child.stdout.take().ok_or_else(|| BenchError::server(name, "has no stdout"))?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            lines.map(|line| sender.send(line)).take_while(Result::is_ok).for_each(drop);
        });
        let input = child.stdin.take();
        let mut client = Self { name: name.to_owned(), child, input, lines, last: 0, instructions: String::new() };
        let hello = json!({
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": {"name": "outboard-bench", "version": env!("CARGO_PKG_VERSION")},
        });
        let told = client.ask("initialize", hello)?;
        client.instructions = told["instructions"].as_str().unwrap_or_default().to_owned();
        client.write(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))?;
        Ok(client)
    }

    /// The definitions of all tools.
    pub(crate) fn tools(&mut self) -> Result<Vec<Value>, BenchError> {
        let mut all = Vec::new();
        let mut cursor = Value::Null;
        loop {
            let params = if cursor.is_null() { json!({}) } else { json!({"cursor": cursor}) };
            let mut page = self.ask("tools/list", params)?;
            match page["tools"].take() {
                Value::Array(tools) => all.extend(tools),
                _ => return Err(BenchError::server(&self.name, "tools/list gave no tools")),
            }
            cursor = page["nextCursor"].take();
            if cursor.is_null() {
                return Ok(all);
            }
        }
    }

    /// Makes calls all at once, and gives the answers in the order of the calls.
    pub(crate) fn call_all(&mut self, calls: &[(String, Value)]) -> Result<Vec<Answer>, BenchError> {
        let mut places = HashMap::new();
        for (at, (tool, arguments)) in calls.iter().enumerate() {
            let id = self.send("tools/call", &json!({"name": tool, "arguments": arguments}))?;
            places.insert(id, at);
        }
        let mut answers: Vec<Option<Answer>> = calls.iter().map(|_| None).collect();
        while !places.is_empty() {
            let mut message = self.message()?;
            let Some(at) = message["id"].as_u64().and_then(|id| places.remove(&id)) else { continue };
            answers[at] = Some(answer(&mut message));
        }
        Ok(answers.into_iter().flatten().collect())
    }

    /// Makes one call.
    pub(crate) fn call(&mut self, tool: &str, arguments: Value) -> Result<Answer, BenchError> {
        let mut answers = self.call_all(&[(tool.to_owned(), arguments)])?;
        answers.pop().ok_or_else(|| BenchError::server(&self.name, "gave no answer"))
    }

    fn ask(&mut self, method: &str, params: Value) -> Result<Value, BenchError> {
        let id = self.send(method, &params)?;
        loop {
            let mut message = self.message()?;
            if message["id"] == id {
                return match message["result"].take() {
                    Value::Null => Err(BenchError::server(&self.name, format!("{method}: {}", message["error"]))),
                    result => Ok(result),
                };
            }
        }
    }

    fn send(&mut self, method: &str, params: &Value) -> Result<u64, BenchError> {
        self.last += 1;
        self.write(&json!({"jsonrpc": "2.0", "id": self.last, "method": method, "params": params}))?;
        Ok(self.last)
    }

    fn write(&mut self, message: &Value) -> Result<(), BenchError> {
        let gone = |error: std::io::Error| BenchError::server(&self.name, format!("reads no more: {error}"));
        let Some(input) = &mut self.input else { return Ok(()) };
        writeln!(input, "{message}").and_then(|()| input.flush()).map_err(gone)
    }

    /// The next message; notifications come along.
    fn message(&mut self) -> Result<Value, BenchError> {
        let line = self.lines.recv_timeout(PATIENCE).map_err(|error| match error {
            RecvTimeoutError::Timeout => BenchError::server(&self.name, "did not answer within five minutes"),
            RecvTimeoutError::Disconnected => BenchError::server(&self.name, "ended before it answered"),
        })?;
        serde_json::from_str(&line).map_err(|error| BenchError::server(&self.name, format!("wrote no JSON: {error}")))
    }
}

impl Drop for Client {
    /// Closes the server's stdin, as clients do, and ends it if that does not.
    fn drop(&mut self) {
        drop(self.input.take());
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An error of the protocol is shown to a model as a failed call.
fn answer(message: &mut Value) -> Answer {
    let mut result = message["result"].take();
    if result.is_null() {
        let shown = message["error"]["message"].as_str().unwrap_or("the call failed").to_owned();
        return Answer { value: Value::Null, shown, failed: true };
    }
    let blocks = result["content"].as_array().into_iter().flatten();
    let shown = blocks.filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().join("\n");
    let value = match result["structuredContent"].take() {
        Value::Null => serde_json::from_str(&shown).unwrap_or_else(|_| Value::String(shown.clone())),
        structured => structured,
    };
    Answer { failed: result["isError"] == true, shown, value }
}
