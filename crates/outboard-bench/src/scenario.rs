//! A task as its file describes it.

use crate::error::BenchError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a scenario shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Large results of which little is wanted.
    DataHeavy,
    /// Many tools of which few are needed.
    Catalogue,
    /// Several steps over results of moderate size.
    Workflow,
    /// A text that only has to move.
    Document,
    /// Something that has to be waited for.
    Polling,
    /// So little that direct calls are the better way.
    Small,
    /// What an agent did once, with the answers that it got then.
    Recorded,
}

impl Kind {
    /// The kind as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::DataHeavy => "data-heavy",
            Kind::Catalogue => "catalogue",
            Kind::Workflow => "workflow",
            Kind::Document => "document",
            Kind::Polling => "polling",
            Kind::Small => "small",
            Kind::Recorded => "recorded",
        }
    }
}

/// One task, both ways.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it is, in a few words.
    pub title: String,
    /// What a user asks for.
    pub task: String,
    /// What it shows.
    pub kind: Kind,
    /// The servers that are connected: those of the demo, and those that `commands` names.
    pub servers: Vec<String>,
    /// How servers that are not of the demo are started.
    #[serde(default)]
    pub commands: BTreeMap<String, ServerCommand>,
    /// Variables of the servers' environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Searches that a model makes before it writes the program.
    #[serde(default)]
    pub search: Vec<Search>,
    /// The program's input.
    #[serde(default)]
    pub input: Option<Value>,
    /// The direct calls, in their order.
    pub direct: Vec<Step>,
    /// The answer's fields, as expressions over the results of direct calls.
    pub answer: BTreeMap<String, String>,
    /// The right answer; without it, the two ways are only held against each other.
    #[serde(default)]
    pub expected: Option<BTreeMap<String, Value>>,
    /// Calls after the task that show what it did to the servers; they are not counted.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// Tokens that the report may have, where the usual number is not enough.
    #[serde(default)]
    pub max_tokens: Option<u64>,
    /// The programs.
    pub programs: Texts,
}

/// How a server is started that speaks MCP over stdin and stdout.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerCommand {
    /// The program: a name that stands beside `outboard` or can be found, or a path.
    pub command: String,
    /// Its arguments, as they are; files are named with their whole path.
    #[serde(default)]
    pub args: Vec<String>,
    /// Variables of its environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// One search.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// What is looked for.
    pub query: String,
    /// At most so many hits.
    #[serde(default)]
    pub limit: Option<u64>,
}

/// One direct call, or several of one tool.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// `server.tool`.
    pub call: String,
    /// Its arguments; see [`crate::expression`] for what texts in it mean.
    #[serde(default)]
    pub arguments: Option<Value>,
    /// Whether nothing in its arguments is an expression; files cannot say so.
    #[serde(skip)]
    pub literal: bool,
    /// `name in expression`: a call for each, all in one turn.
    #[serde(default)]
    pub each: Option<String>,
    /// The name of its result; with `each`, of the list of all.
    #[serde(default, rename = "as")]
    pub keep: Option<String>,
    /// It is repeated until this holds, a turn each.
    #[serde(default)]
    pub until: Option<String>,
    /// The next step is made in the same turn.
    #[serde(default)]
    pub with_next: bool,
}

/// One look at a server afterwards.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// `server.tool`.
    pub call: String,
    /// Its arguments, as they are.
    #[serde(default)]
    pub arguments: Option<Value>,
    /// What has to hold of `result` and `answer`.
    pub holds: String,
}

/// The programs of a task.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// In TypeScript.
    pub typescript: String,
    /// In Python.
    pub python: String,
}

impl Texts {
    /// In the language of this name.
    pub fn of(&self, language: &str) -> Option<&str> {
        match language {
            "typescript" => Some(&self.typescript),
            "python" => Some(&self.python),
            _ => None,
        }
    }
}

impl Scenario {
    /// Reads the text of a file.
    pub fn read(name: &str, text: &str) -> Result<Self, BenchError> {
        let wrong = |problem: String| BenchError::Scenario { name: name.to_owned(), problem };
        let read: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let calls = read.direct.iter().map(|step| &step.call).chain(read.checks.iter().map(|check| &check.call));
        for call in calls {
            let server = call.split_once('.').map(|(server, _)| server);
            if !server.is_some_and(|server| read.servers.iter().any(|known| known == server)) {
                return Err(wrong(format!("{call:?} is not SERVER.TOOL of one of the servers")));
            }
        }
        if let Some(server) = read.commands.keys().find(|server| !read.servers.contains(server)) {
            return Err(wrong(format!("commands.{server} is of no server in `servers`")));
        }
        Ok(read)
    }

    /// The tools that it takes, each once.
    pub(crate) fn tools(&self) -> Vec<(&str, &str)> {
        let mut tools: Vec<_> = self.direct.iter().filter_map(|step| step.call.split_once('.')).collect();
        tools.sort_unstable();
        tools.dedup();
        tools
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "name = 'n'\ntitle = 't'\ntask = 'k'\nkind = 'small'\nservers = ['a']\nanswer = { x = 'r.x' }\n\
        [[direct]]\ncall = 'a.b'\nas = 'r'\n[programs]\ntypescript = ''\npython = ''\n";

    #[test]
    fn files_are_read_and_mistakes_are_named() {
        assert_eq!(Scenario::read("n", TEXT).unwrap().tools(), [("a", "b")]);
        let told = |text: &str| Scenario::read("n", text).unwrap_err().to_string();
        assert!(told(&TEXT.replace("'a.b'", "'c.b'")).contains("c.b"));
        assert!(told(&TEXT.replace("task", "tusk")).contains("tusk"));
        let other = format!("{TEXT}[commands.z]\ncommand = 'z'\n");
        assert!(told(&other).contains("commands.z"));
        assert!(Scenario::read("n", &other.replace("commands.z", "commands.a")).is_ok());
    }
}
