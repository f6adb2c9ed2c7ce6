//! A small agent in front of Outboard, which stands in front of the suite's server: lists everything, calls every
//! tool, reads every resource, and answers what it is asked.

use super::POLICY;
use super::sign_in::{self, Person};
use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Runs against the address that the suite gives as the last argument.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let [outboard, url, ..] = arguments else { anyhow::bail!("usage: conformance-client OUTBOARD URL") };
    let place = tempfile::tempdir()?;
    let context: Value = std::env::var("MCP_CONFORMANCE_CONTEXT")
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    let settings = format!(
        "expose = \"direct\"\n{POLICY}[servers.suite]\nurl = {url:?}\nstart_timeout = \"150s\"\n{}",
        sign_in::settings(&context, url, place.path())?
    );
    std::fs::write(place.path().join("outboard.toml"), settings)?;
    let mut person = Person::new(outboard, place.path());
    if person.is_wanted() {
        person.sign_in()?;
    }
    let mut command = Command::new(outboard);
    command.arg("serve").current_dir(place.path()).env("HOME", place.path());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("outboard")?;
    let (input, output) = (child.stdin.take().context("stdin")?, child.stdout.take().context("stdout")?);
    let mut agent = Agent { child, input: Some(input), output: BufReader::new(output), next: 0, person };
    let done = agent.work(&context);
    agent.end()?;
    done
}

struct Agent {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    next: u64,
    person: Person,
}

impl Agent {
    fn work(&mut self, context: &Value) -> Result<()> {
        let capabilities = json!({"elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {}});
        let info = json!({"name": "agent", "version": "1"});
        self.ask(
            "initialize",
            json!({"protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": info}),
        )?;
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))?;
        let tools = self.tools()?;
        match context["toolCalls"].as_array() {
            Some(calls) => {
                for call in calls {
                    self.call(call)?;
                }
            }
            None => {
                for tool in &tools {
                    let arguments = echo(tool, &tools).unwrap_or_else(|| made_up(&tool["inputSchema"]));
                    self.call(&json!({"name": tool["name"], "arguments": arguments}))?;
                }
            }
        }
        for resource in self.list("resources/list", "resources")? {
            self.ask("resources/read", json!({"uri": resource["uri"]}))?;
        }
        for prompt in self.list("prompts/list", "prompts")? {
            self.ask("prompts/get", json!({"name": prompt["name"], "arguments": {}}))?;
        }
        Ok(())
    }

    /// Calls a tool; where a sign-in is needed first, the person is asked and the call is made again.
    fn call(&mut self, params: &Value) -> Result<()> {
        while self.ask("tools/call", params.clone())?.to_string().contains("sign_in_needed") && self.person.sign_in()? {
        }
        Ok(())
    }

    /// The tools, once the server has told them; some servers of the suite have none.
    fn tools(&mut self) -> Result<Vec<Value>> {
        for _ in 0..if self.person.is_wanted() { 8 } else { 30 } {
            let tools = self.list("tools/list", "tools")?;
            if !tools.is_empty() {
                return Ok(tools);
            }
            if self.person.is_needed()? {
                self.person.sign_in()?;
            }
            std::thread::sleep(std::time::Duration::from_secs(1));
        }
        Ok(Vec::new())
    }

    fn list(&mut self, method: &str, key: &str) -> Result<Vec<Value>> {
        let answer = self.ask(method, json!({}))?;
        Ok(answer["result"][key].as_array().cloned().unwrap_or_default())
    }

    /// Asks, and meanwhile answers what it is asked itself.
    fn ask(&mut self, method: &str, params: Value) -> Result<Value> {
        self.next += 1;
        let id = self.next;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))?;
        loop {
            let mut line = String::new();
            anyhow::ensure!(self.output.read_line(&mut line)? > 0, "outboard ended");
            let message: Value = serde_json::from_str(&line)?;
            if message["id"] == id && message.get("method").is_none() {
                return Ok(message);
            }
            if let (Some(asked), Some(id)) = (message["method"].as_str(), message.get("id")) {
                let result = answer(asked);
                self.send(&json!({"jsonrpc": "2.0", "id": id, "result": result}))?;
            }
        }
    }

    fn send(&mut self, message: &Value) -> Result<()> {
        Ok(writeln!(self.input.as_mut().context("closed")?, "{message}")?)
    }

    fn end(&mut self) -> Result<()> {
        drop(self.input.take());
        self.child.wait()?;
        Ok(())
    }
}

/// A person in a hurry, a model of few words, and no folders.
fn answer(method: &str) -> Value {
    match method {
        "elicitation/create" => json!({"action": "accept", "content": {}}),
        "sampling/createMessage" => {
            json!({"role": "assistant", "content": {"type": "text", "text": "yes"}, "model": "none"})
        }
        _ => json!({"roots": []}),
    }
}

/// For the tool of the suite that wants to see another's schema: that one, as Outboard shows it.
fn echo(tool: &Value, all: &[Value]) -> Option<Value> {
    let focal = all.iter().find(|other| other["name"] == "json_schema_2020_12_tool")?;
    (tool["name"] == "json_schema_echo").then(|| json!({"schema": focal["inputSchema"]}))
}

/// Arguments with what is required.
fn made_up(schema: &Value) -> Value {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let argument = |name: &Value| {
        let name = name.as_str()?;
        let value = match schema["properties"][name]["type"].as_str() {
            Some("number" | "integer") => json!(1),
            Some("boolean") => json!(true),
            Some("array") => json!([]),
            Some("object") => json!({}),
            _ => json!("test"),
        };
        Some((name.to_owned(), value))
    };
    Value::Object(required.iter().filter_map(argument).collect::<Map<_, _>>())
}
