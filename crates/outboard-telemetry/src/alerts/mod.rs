//! Tells people of what is not as usual, when it happens: calls of a run, tools, errors, costs.
//!
//! A thread of its own judges what is heard against what the journal knows. What it finds is written to the journal
//! and the log, and counted. Texts hold names and numbers, never content.

mod judge;
mod latest;

use crate::metrics::Metrics;
use judge::Judge;
use outboard_journal::{Fact, Giver, Journal, MarkKind, gather};
use outboard_types::ExecutionId;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// What waits to be judged at most; what is beyond it is not judged.
const QUEUE: usize = 10_000;

/// What counts as unusual.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertOptions {
    /// How many times as many calls as usual a run may make; default 3.
    pub calls_factor: f64,
    /// Fewer calls than this prove nothing; default 10.
    pub least_calls: u64,
    /// The share of a tool's latest calls that may give errors; default 0.2.
    pub error_rate: f64,
    /// What may be spent a day, from midnight UTC; default anything.
    pub cost_day: Option<f64>,
    /// For how long the same is not told again; default 1 h.
    pub quiet: Duration,
    /// How old the first run has to be before others are held against it; default 1 d. On a first day all is new.
    pub after: Duration,
}

impl Default for AlertOptions {
    fn default() -> Self {
        let (quiet, after) = (Duration::from_secs(3_600), Duration::from_secs(86_400));
        Self { calls_factor: 3.0, least_calls: 10, error_rate: 0.2, cost_day: None, quiet, after }
    }
}

/// What the thread hears.
enum Heard {
    Called {
        execution: ExecutionId,
        server: String,
        tool: String,
        failed: bool,
    },
    Ended(ExecutionId),
    /// Something may have cost money.
    Spent(ExecutionId),
}

/// Hands what happens to the thread that judges it.
pub(crate) struct Alerts {
    heard: Giver<Heard>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Alerts {
    pub(crate) fn start(options: AlertOptions, journal: Journal, metrics: Metrics) -> io::Result<Self> {
        let (giver, heard) = gather(QUEUE);
        let judge = Judge::new(options, journal, metrics);
        let thread = std::thread::Builder::new().name("alerts".to_owned()).spawn(move || judge.run(&heard))?;
        Ok(Self { heard: giver, thread: Mutex::new(Some(thread)) })
    }

    /// Takes note; never waits.
    pub(crate) fn heard(&self, fact: Fact<'_>) {
        let heard = match fact {
            // What is no tool call has an address for a name.
            Fact::Called(record) if record.trace.kind.is_none() => Heard::Called {
                execution: record.execution.clone(),
                server: record.server.clone(),
                tool: record.tool.clone(),
                failed: record.error.is_some(),
            },
            Fact::Ended(id, _) => Heard::Ended(id.clone()),
            Fact::Marked(mark) if matches!(mark.what, MarkKind::Agent { .. }) => Heard::Spent(mark.execution.clone()),
            _ => return,
        };
        self.heard.give(heard);
    }

    /// Takes nothing more, and judges what waits.
    pub(crate) async fn close(&self, limit: Duration) {
        self.heard.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = tokio::time::timeout(limit, tokio::task::spawn_blocking(move || thread.join())).await;
        }
    }
}
