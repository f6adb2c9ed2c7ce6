//! What one way of doing one task came to.

use crate::error::BenchError;
use crate::scenario::{Kind, Scenario};
use crate::ways::Done;
use outboard_ledger::{Account, Bill, Latency, Price, TokenCounter, Way};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How a task is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Direct calls, with nothing between model and servers.
    Direct,
    /// One program.
    Code,
    /// Whichever of both promises to be cheaper, through Outboard either way.
    Hybrid,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Mode; 3] = [Mode::Direct, Mode::Code, Mode::Hybrid];

    /// The mode as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Direct => "direct",
            Mode::Code => "code",
            Mode::Hybrid => "hybrid",
        }
    }

    /// Understands the written form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}

/// Tokens of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Of definitions and instructions.
    pub definitions: u64,
    /// Of calls that the model writes.
    pub arguments: u64,
    /// Of results that it reads.
    pub results: u64,
    /// Of programs that it writes.
    pub code: u64,
    /// Of reports that it reads.
    pub reports: u64,
    /// All of these, each text once.
    pub total: u64,
    /// What goes to and from the model over all turns, with the context anew each time.
    pub billed: u64,
}

/// What is billed, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Billed {
    /// Tokens of input that are sent for the first time.
    pub fresh: u64,
    /// Tokens of input that were sent before.
    pub repeated: u64,
    /// Tokens of output.
    pub output: u64,
    /// Cost without a provider's cache.
    pub uncached_usd: f64,
}

/// What came of doing it over and over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Repeated {
    /// How often.
    pub iterations: u64,
    /// Median of the time, in milliseconds.
    pub p50_ms: f64,
    /// 99th percentile; of fewer than 100 iterations, the longest.
    pub p99_ms: f64,
    /// Iterations with a wrong answer or none, while every so many calls fail on purpose.
    pub errors: u64,
    /// Their share.
    pub error_rate: f64,
}

/// One way of doing one task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Run {
    /// The task.
    pub scenario: String,
    /// What the task is.
    pub title: String,
    /// What it shows.
    pub kind: Kind,
    /// The way.
    pub mode: Mode,
    /// The language of the program; none with direct calls.
    pub language: Option<String>,
    /// What the hybrid way turned out to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chose: Option<Way>,
    /// Its tokens.
    pub tokens: Counted,
    /// What is billed of them.
    pub billed: Billed,
    /// Turns of the model.
    pub turns: u64,
    /// Calls of tools of the servers.
    pub calls: u64,
    /// Time of tools and programs, in milliseconds.
    pub wall_ms: f64,
    /// With the time of the model, as the latency model has it.
    pub modelled_ms: f64,
    /// Cost with a provider's cache.
    pub cost_usd: f64,
    /// Whether it fits into a context of 200,000 tokens.
    pub fits: bool,
    /// Whether the answer is right, and what was done to the servers too.
    pub correct: bool,
    /// What is not.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub problems: Vec<String>,
    /// The answer.
    pub answer: Value,
    /// The file with the exact texts that were counted.
    pub recorded: PathBuf,
    /// What came of doing it over and over.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub repeated: Option<Repeated>,
}

/// The context that a run should fit into.
const CONTEXT: u64 = 200_000;

/// What runs are counted, priced and recorded with.
pub(crate) struct Desk<'a> {
    pub(crate) counter: &'a dyn TokenCounter,
    pub(crate) price: Price,
    pub(crate) latency: Latency,
    pub(crate) recorded: PathBuf,
}

/// Which run it is.
pub(crate) struct Which<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) mode: Mode,
    pub(crate) language: Option<&'a str>,
    pub(crate) chose: Option<Way>,
}

impl Desk<'_> {
    /// Counts a task that was done and writes down what was counted.
    pub(crate) fn run(&self, which: &Which<'_>, done: Done, name: &str) -> Result<Run, BenchError> {
        let recorded = self.recorded.join(format!("{name}.jsonl"));
        done.book.save(&recorded)?;
        let account = done.book.account(self.counter);
        let bill = account.bill();
        let Which { scenario, mode, language, chose } = which;
        Ok(Run {
            scenario: scenario.name.clone(),
            title: scenario.title.clone(),
            kind: scenario.kind,
            mode: *mode,
            language: language.map(str::to_owned),
            chose: *chose,
            tokens: counted(&account, &bill),
            billed: Billed {
                fresh: bill.fresh,
                repeated: bill.repeated,
                output: bill.output,
                uncached_usd: self.price.uncached(&bill),
            },
            turns: account.turns(),
            calls: done.calls,
            wall_ms: millis(done.wall),
            modelled_ms: millis(done.wall + self.latency.of(account.turns(), &bill)),
            cost_usd: self.price.cached(&bill),
            fits: account.largest() <= CONTEXT,
            correct: done.problems.is_empty(),
            problems: done.problems,
            answer: done.answer,
            recorded: absolute(&recorded),
            repeated: None,
        })
    }
}

fn counted(account: &Account, bill: &Bill) -> Counted {
    let tokens = account.tokens();
    Counted {
        definitions: tokens.definitions,
        arguments: tokens.arguments,
        results: tokens.results,
        code: tokens.code,
        reports: tokens.reports,
        total: tokens.total(),
        billed: bill.total(),
    }
}

pub(crate) fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e5).round() / 100.0
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
