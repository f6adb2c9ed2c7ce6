//! The processes that a scenario needs: its servers alone, or behind `outboard serve`.

use crate::client::{Answer, Client};
use crate::error::BenchError;
use crate::scenario::Scenario;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs that are started.
#[derive(Debug, Clone)]
pub struct Programs {
    /// `outboard`.
    pub outboard: PathBuf,
    /// The demo servers.
    pub demo: PathBuf,
}

/// A call of a tool of a server.
pub(crate) type Call = (String, String, Value);

/// What direct calls are made with.
pub(crate) trait Tools {
    /// What a model is given: definitions of all tools, and what the servers say of themselves.
    fn given(&mut self) -> Result<Vec<String>, BenchError>;

    /// The name under which a model calls a tool.
    fn name(&self, server: &str, tool: &str) -> String {
        format!("{server}__{tool}")
    }

    /// Makes calls all at once.
    fn call_all(&mut self, calls: &[Call]) -> Result<Vec<Answer>, BenchError>;
}

/// A tool as clients show it to a model: name, description and arguments.
pub(crate) fn shown(definition: &Value, name: &str) -> String {
    json!({"name": name, "description": definition["description"], "inputSchema": definition["inputSchema"]})
        .to_string()
}

/// The servers themselves, each with a connection of its own and nothing in between.
pub(crate) struct Plain(BTreeMap<String, Client>);

impl Plain {
    pub(crate) fn start(programs: &Programs, scenario: &Scenario, fault: Option<&str>) -> Result<Self, BenchError> {
        let start = |server: &String| {
            let mut command = Command::new(&programs.demo);
            command.arg(server).env_clear().envs(&scenario.env).envs(fault.map(|fault| (FAULT, fault)));
            Ok((server.clone(), Client::start(server, command)?))
        };
        needed(&programs.demo)?;
        Ok(Self(scenario.servers.iter().map(start).collect::<Result<_, BenchError>>()?))
    }
}

impl Tools for Plain {
    fn given(&mut self) -> Result<Vec<String>, BenchError> {
        let mut all = Vec::new();
        for (server, client) in &mut self.0 {
            all.extend(Some(client.instructions.clone()).filter(|text| !text.is_empty()));
            let tools = client.tools()?;
            let name = |tool: &Value| format!("{server}__{}", tool["name"].as_str().unwrap_or_default());
            all.extend(tools.iter().map(|tool| shown(tool, &name(tool))));
        }
        Ok(all)
    }

    fn call_all(&mut self, calls: &[Call]) -> Result<Vec<Answer>, BenchError> {
        let mut answers: Vec<Option<Answer>> = calls.iter().map(|_| None).collect();
        for (server, client) in &mut self.0 {
            let (places, own): (Vec<_>, Vec<_>) = (calls.iter().enumerate())
                .filter(|(_, call)| call.0 == *server)
                .map(|(at, (_, tool, arguments))| (at, (tool.clone(), arguments.clone())))
                .unzip();
            for (at, answer) in places.into_iter().zip(client.call_all(&own)?) {
                answers[at] = Some(answer);
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }
}

/// The variable that makes servers fail on purpose.
const FAULT: &str = "OUTBOARD_DEMO_FAULT";

/// `outboard serve` in a folder of its own, with the scenario's servers.
pub(crate) struct Served {
    pub(crate) client: Client,
    /// Whether one server stands alone behind it, whose names are shown as they are.
    is_alone: bool,
    /// Gone with this, after the process.
    _folder: tempfile::TempDir,
}

impl Served {
    /// `expose` is the setting of that name.
    pub(crate) fn start(
        programs: &Programs,
        scenario: &Scenario,
        expose: &str,
        fault: Option<&str>,
    ) -> Result<Self, BenchError> {
        needed(&programs.outboard)?;
        needed(&programs.demo)?;
        let folder = tempfile::tempdir().map_err(|error| BenchError::file(&std::env::temp_dir(), &error))?;
        let file = folder.path().join("outboard.toml");
        std::fs::write(&file, settings(&programs.demo, scenario, expose, fault))
            .map_err(|error| BenchError::file(&file, &error))?;
        let mut command = Command::new(&programs.outboard);
        command.arg("serve").current_dir(folder.path()).env_clear().env("HOME", folder.path());
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        let is_alone = expose == "direct" && scenario.servers.len() == 1;
        Ok(Self { client: Client::start("outboard serve", command)?, is_alone, _folder: folder })
    }

    /// What a model is given.
    pub(crate) fn given(&mut self) -> Result<Vec<String>, BenchError> {
        let mut all: Vec<String> =
            Some(self.client.instructions.clone()).filter(|text| !text.is_empty()).into_iter().collect();
        let tools = self.client.tools()?;
        all.extend(tools.iter().map(|tool| shown(tool, tool["name"].as_str().unwrap_or_default())));
        Ok(all)
    }
}

impl Tools for Served {
    fn given(&mut self) -> Result<Vec<String>, BenchError> {
        Served::given(self)
    }

    fn name(&self, server: &str, tool: &str) -> String {
        if self.is_alone { tool.to_owned() } else { format!("{server}__{tool}") }
    }

    fn call_all(&mut self, calls: &[Call]) -> Result<Vec<Answer>, BenchError> {
        let named = |(server, tool, arguments): &Call| (self.name(server, tool), arguments.clone());
        let calls: Vec<_> = calls.iter().map(named).collect();
        self.client.call_all(&calls)
    }
}

/// Settings as a user would write them.
fn settings(demo: &Path, scenario: &Scenario, expose: &str, fault: Option<&str>) -> String {
    let mut text = format!("expose = {expose:?}\n");
    for server in &scenario.servers {
        let mut env: toml::Table =
            scenario.env.iter().map(|(key, value)| (key.clone(), toml::Value::String(value.clone()))).collect();
        env.extend(fault.map(|fault| (FAULT.to_owned(), toml::Value::String(fault.to_owned()))));
        let command = toml::Value::String(demo.display().to_string());
        let args = toml::Value::Array(vec![toml::Value::String(server.clone())]);
        text += &format!("[servers.{server}]\ncommand = {command}\nargs = {args}\n");
        env.iter().for_each(|(key, value)| text += &format!("env.{key} = {value}\n"));
    }
    text
}

fn needed(program: &Path) -> Result<(), BenchError> {
    if program.is_file() { Ok(()) } else { Err(BenchError::Missing(program.to_owned())) }
}
