//! What the model reads of an execution.

use crate::budget::cut;
use crate::inspection::Findings;
use crate::outputs;
use crate::skills::SkillReport;
use outboard_border::Notes;
use outboard_egress::{Decision, Record};
use outboard_journal::Status;
use outboard_types::{ErrorCode, ExecutionId, ToolError};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Calls of one tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallCount {
    /// The server.
    pub server: String,
    /// The tool.
    pub tool: String,
    /// Calls that gave a result.
    pub ok: u64,
    /// Calls that gave an error, caught or not.
    pub failed: u64,
    /// The last error's code and message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// What a program asked of one host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostCount {
    /// The host with its port.
    pub host: String,
    /// Requests and tunnels that were let through.
    pub allowed: u64,
    /// Requests that were refused.
    pub denied: u64,
    /// Bytes sent, TLS included.
    pub up: u64,
    /// Bytes that came, TLS included.
    pub down: u64,
}

impl HostCount {
    pub(crate) fn add(&mut self, record: &Record) {
        match record.decision {
            Decision::Allowed => self.allowed += 1,
            Decision::Denied(_) => self.denied += 1,
        }
        self.up += record.up;
        self.down += record.down;
    }
}

/// Why an execution did not succeed, in terms of the program's own text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Failure {
    /// The stable code.
    pub code: String,
    /// What happened.
    pub message: String,
    /// Line of the program, from 1.
    pub line: Option<u32>,
    /// Column, from 1.
    pub column: Option<u32>,
    /// That line of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// The program's own frames.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// One ended execution.
#[derive(Debug, Clone)]
pub struct Report {
    /// Its id.
    pub execution: ExecutionId,
    /// How it ended.
    pub status: Status,
    /// What the program returned: JSON text.
    pub result: Option<Box<RawValue>>,
    /// Console text, both streams, as far as it was kept.
    pub stdout: String,
    /// Console bytes beyond that.
    pub stdout_dropped: u64,
    /// Why it did not succeed.
    pub error: Option<Failure>,
    /// Calls by tool, in the order of first use.
    pub calls: Vec<CallCount>,
    /// What was asked of the network, by host.
    pub network: Vec<HostCount>,
    /// What became a token, where and why.
    pub privacy: Notes,
    /// What the program held.
    pub findings: Findings,
    /// What it had to do with skills.
    pub skills: SkillReport,
    /// Time from start to end.
    pub wall: Duration,
    /// CPU time of the worker.
    pub cpu: Duration,
    /// Bytes that passed between tools and the program.
    pub bytes: u64,
    /// What direct calls would have put into the model's context, by its size; `Executions::ledger` has what was counted.
    pub direct_equivalent: u64,
    /// What the model wrote, by its size.
    pub model_out: u64,
    /// The session's folder on the host, for whole outputs.
    pub workspace: PathBuf,
}

/// A report cut to what the model should read.
#[derive(Debug, Clone)]
pub struct Shaped {
    /// The text.
    pub text: String,
    /// Whether anything was left out.
    pub truncated: bool,
}

/// Shares of the token budget: the result first, console text second; the rest is for everything else.
const RESULT_SHARE: f64 = 0.7;
const STDOUT_SHARE: f64 = 0.2;

/// Tokens of a report beside result and console, and the most that both usually get.
const READ_AROUND: u64 = 30;
const READ_MOST: u64 = 4_000;

impl Report {
    /// Of a program that did nothing and failed: where every other one begins.
    pub(crate) fn nothing(execution: ExecutionId) -> Self {
        Self {
            execution,
            status: Status::Failed,
            result: None,
            stdout: String::new(),
            stdout_dropped: 0,
            error: None,
            calls: Vec::new(),
            network: Vec::new(),
            privacy: Notes::default(),
            findings: Findings::default(),
            skills: SkillReport::default(),
            wall: Duration::ZERO,
            cpu: Duration::ZERO,
            bytes: 0,
            direct_equivalent: 0,
            model_out: 0,
            workspace: PathBuf::new(),
        }
    }

    /// Of an execution that a fault of our own ended.
    pub(crate) fn broken(execution: ExecutionId, fault: &dyn std::fmt::Display) -> Self {
        let error = ToolError::new(ErrorCode::Internal, format!("serving the program failed: {fault}")).hint(
            "this is a fault of Outboard; its calls are in `outboard executions show`, look before you run it again",
        );
        Self { error: Some(Failure::from(error)), ..Self::nothing(execution) }
    }

    /// What it holds of memory, roughly.
    pub(crate) fn size(&self) -> usize {
        let error = self.error.as_ref().map_or(0, |error| error.message.len());
        let result = self.result.as_ref().map_or(0, |result| result.get().len());
        let calls: usize = self.calls.iter().filter_map(|call| call.last_error.as_ref()).map(String::len).sum();
        result + self.stdout.len() + error + calls
    }

    /// The report as text of about `max_tokens` tokens at most. What is cut is kept whole in a file whose
    /// path the text names.
    pub fn shape(&self, max_tokens: usize) -> Shaped {
        let mut truncated = self.stdout_dropped > 0;
        let mut text = format!("{} {}", self.status.as_str(), self.execution);
        if let Some(error) = &self.error {
            self.write_error(&mut text, error, max_tokens);
        }
        let budget = |share: f64| ((max_tokens as f64) * share) as usize;
        if let Some(result) = &self.result {
            let room = if self.stdout.is_empty() { budget(RESULT_SHARE + STDOUT_SHARE) } else { budget(RESULT_SHARE) };
            text.push_str("\nresult: ");
            truncated |= write_bounded(&mut text, result.get(), room, self.whole("json", 0.3));
        }
        if !self.stdout.is_empty() {
            let room = if self.result.is_none() { budget(RESULT_SHARE) } else { budget(STDOUT_SHARE) };
            text.push_str("\nstdout:\n");
            truncated |= write_bounded(&mut text, self.stdout.trim_end(), room, self.whole("txt", 0.7));
        }
        if self.stdout_dropped > 0 {
            let _ =
                write!(text, "\n({} more bytes were printed and not kept: sandbox.stdout_bytes)", self.stdout_dropped);
        }
        self.write_calls(&mut text);
        let notes = self.findings.notes.iter().filter(|_| self.error.is_some());
        for note in self.findings.types.iter().chain(notes).take(3) {
            let _ = write!(text, "\nnote: {note}");
        }
        self.write_network(&mut text);
        self.skills.write(&mut text);
        Shaped { text, truncated }
    }

    /// One value cut to about `max_tokens` tokens, for answers that are no execution's.
    pub fn shape_value(id: &ExecutionId, value: &RawValue, workspace: &Path, max_tokens: usize) -> String {
        let mut text = String::new();
        write_bounded(&mut text, value.get(), max_tokens, Whole { id, workspace, extension: "json", tail: 0.3 });
        text
    }

    /// What a model reads of the report, roughly: it is shaped anew for each client, and maybe for none.
    pub(crate) fn read_tokens(&self) -> u64 {
        let shown = self.result.as_ref().map_or(0, |result| result.get().len()) + self.stdout.len();
        let error = self.error.as_ref().map_or(0, |error| error.message.len());
        READ_AROUND + ((shown + error) as u64 / 4).min(READ_MOST)
    }

    fn whole(&self, extension: &'static str, tail: f64) -> Whole<'_> {
        Whole { id: &self.execution, workspace: &self.workspace, extension, tail }
    }

    fn write_error(&self, text: &mut String, error: &Failure, max_tokens: usize) {
        let message = cut(&error.message, max_tokens / 4, 0.2).unwrap_or_else(|| error.message.clone());
        let _ = write!(text, "\nerror {}: {message}", error.code);
        if let (Some(line), Some(column)) = (error.line, error.column) {
            let _ = write!(text, "\n  at line {line}, column {column}");
        }
        if let Some(excerpt) = &error.excerpt {
            let shown: String = excerpt.trim().chars().take(160).collect();
            let _ = write!(text, ": {shown}");
        }
        for frame in error.stack.iter().take(5).skip(1) {
            let _ = write!(text, "\n  {frame}");
        }
        if let Some(hint) = &error.hint {
            let _ = write!(text, "\nhint: {hint}");
        }
    }

    fn write_calls(&self, text: &mut String) {
        if self.calls.is_empty() {
            return;
        }
        text.push_str(if self.error.is_some() { "\ncalls already made: " } else { "\ncalls: " });
        for (at, call) in self.calls.iter().take(30).enumerate() {
            let separator = if at == 0 { "" } else { ", " };
            let _ = write!(text, "{separator}{}.{} ×{}", call.server, call.tool, call.ok + call.failed);
            if let Some(error) = &call.last_error {
                let error: String = error.chars().take(200).collect();
                let _ = write!(text, " ({} failed, last: {error})", call.failed);
            }
        }
        if self.calls.len() > 30 {
            let _ = write!(text, ", and {} more tools", self.calls.len() - 30);
        }
    }
}

impl Report {
    fn write_network(&self, text: &mut String) {
        for (at, host) in self.network.iter().take(10).enumerate() {
            let separator = if at == 0 { "\nnetwork: " } else { ", " };
            let _ = write!(text, "{separator}{} ×{}", host.host, host.allowed + host.denied);
            if host.denied > 0 {
                let _ = write!(text, " ({} refused)", host.denied);
            }
        }
    }
}

/// Where the whole of a cut text goes, and which share of what is shown comes from its end.
struct Whole<'a> {
    id: &'a ExecutionId,
    workspace: &'a Path,
    extension: &'static str,
    tail: f64,
}

/// Appends a text, cut if need be; then the whole is kept in a file. Says whether it was cut.
fn write_bounded(text: &mut String, all: &str, tokens: usize, whole: Whole<'_>) -> bool {
    let Some(part) = cut(all, tokens, whole.tail) else {
        text.push_str(all);
        return false;
    };
    text.push_str(&part);
    let _ = match outputs::keep(whole.workspace, whole.id, whole.extension, all) {
        Ok(path) => write!(text, "\n(all {} bytes: {path})", all.len()),
        Err(error) => write!(text, "\n({} bytes in all; they could not be kept: {error})", all.len()),
    };
    true
}
