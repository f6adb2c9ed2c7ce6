//! The processes that a scenario needs: its servers alone, or behind `outboard serve`.

use crate::client::{Answer, Client};
use crate::error::BenchError;
use crate::scenario::Scenario;
use outboard_ledger::texts;
use serde_json::Value;
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

/// The servers themselves, each with a connection of its own and nothing in between.
pub(crate) struct Plain(BTreeMap<String, Client>);

impl Plain {
    pub(crate) fn start(programs: &Programs, scenario: &Scenario, fault: Option<&str>) -> Result<Self, BenchError> {
        let start = |server: &String| {
            let own = Started::of(programs, scenario, server, fault)?;
            let mut command = Command::new(&own.program);
            command.args(&own.args).env_clear().envs(&own.env);
            command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
            Ok((server.clone(), Client::start(server, command)?))
        };
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
            all.extend(tools.iter().map(|tool| texts::definition(&name(tool), tool)));
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
}

/// Where an `outboard serve` lives; what it keeps is there for the next one in the same place, as it is for users.
pub(crate) struct Home(tempfile::TempDir);

impl Home {
    pub(crate) fn new() -> Result<Self, BenchError> {
        let made = tempfile::tempdir();
        made.map(Self).map_err(|error| BenchError::file(&std::env::temp_dir(), &error))
    }
}

impl Served {
    /// `expose` is the setting of that name.
    pub(crate) fn start(
        programs: &Programs,
        scenario: &Scenario,
        expose: &str,
        Home(folder): &Home,
        fault: Option<&str>,
    ) -> Result<Self, BenchError> {
        needed(&programs.outboard)?;
        let file = folder.path().join("outboard.toml");
        std::fs::write(&file, settings(programs, scenario, expose, fault)?)
            .map_err(|error| BenchError::file(&file, &error))?;
        let mut command = Command::new(&programs.outboard);
        command.arg("serve").current_dir(folder.path()).env_clear().env("HOME", folder.path());
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        let is_alone = expose == "direct" && scenario.servers.len() == 1;
        Ok(Self { client: Client::start("outboard serve", command)?, is_alone })
    }

    /// What a model is given.
    pub(crate) fn given(&mut self) -> Result<Vec<String>, BenchError> {
        let mut all: Vec<String> =
            Some(self.client.instructions.clone()).filter(|text| !text.is_empty()).into_iter().collect();
        let tools = self.client.tools()?;
        all.extend(tools.iter().map(|tool| texts::definition(tool["name"].as_str().unwrap_or_default(), tool)));
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

/// How a server of a scenario is started.
struct Started {
    program: PathBuf,
    args: Vec<String>,
    env: BTreeMap<String, String>,
}

impl Started {
    fn of(programs: &Programs, scenario: &Scenario, server: &str, fault: Option<&str>) -> Result<Self, BenchError> {
        let mut env = scenario.env.clone();
        env.extend(fault.map(|fault| (FAULT.to_owned(), fault.to_owned())));
        let Some(own) = scenario.commands.get(server) else {
            needed(&programs.demo)?;
            return Ok(Self { program: programs.demo.clone(), args: vec![server.to_owned()], env });
        };
        env.extend(own.env.clone());
        Ok(Self { program: found(&programs.outboard, &own.command)?, args: own.args.clone(), env })
    }
}

/// A program by its name or path; processes that start it are in other folders, so a path is made whole.
fn found(outboard: &Path, command: &str) -> Result<PathBuf, BenchError> {
    let beside = outboard.with_file_name(command);
    if command.contains('/') {
        let path = std::path::absolute(command).map_err(|error| BenchError::file(Path::new(command), &error))?;
        needed(&path).map(|()| path)
    } else if beside.is_file() {
        Ok(beside)
    } else {
        Ok(PathBuf::from(command))
    }
}

/// Settings as a user would write them.
fn settings(programs: &Programs, scenario: &Scenario, expose: &str, fault: Option<&str>) -> Result<String, BenchError> {
    let mut text = format!("expose = {expose:?}\n");
    for server in &scenario.servers {
        let own = Started::of(programs, scenario, server, fault)?;
        let text_of = |text: &str| toml::Value::String(text.to_owned());
        let command = text_of(&own.program.display().to_string());
        let args = toml::Value::Array(own.args.iter().map(|arg| text_of(arg)).collect());
        text += &format!("[servers.{server}]\ncommand = {command}\nargs = {args}\n");
        own.env.iter().for_each(|(key, value)| text += &format!("env.{key} = {}\n", text_of(value)));
    }
    Ok(text)
}

fn needed(program: &Path) -> Result<(), BenchError> {
    if program.is_file() { Ok(()) } else { Err(BenchError::Missing(program.to_owned())) }
}
