//! What is usual, looked up in the journal aside from the path of calls.

use outboard_gateway::Usual;
use outboard_journal::Journal;
use outboard_types::{ToolId, now_ms};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a figure is good; habits change slowly.
const GOOD: Duration = Duration::from_secs(300);

/// Most tools that are remembered.
const MOST: usize = 10_000;

/// Runs that are needed to know what is usual.
const RUNS: u64 = 5;

/// A batch that was made before may be made again: what stands for usual is at least this share of the largest run.
const LARGEST: u64 = 5;

type Known = HashMap<ToolId, (Instant, Option<f64>)>;

/// Knows from the journal how often tools are called. The first question about a tool is answered with
/// "unknown" and looked up in the background: reading a database costs more than a call. What was first called lately
/// has no habits yet.
#[derive(Clone)]
pub(crate) struct LearnedUsual {
    journal: Journal,
    /// How old the first call has to be.
    after: Duration,
    known: Arc<Mutex<Known>>,
}

impl LearnedUsual {
    pub(crate) fn new(journal: Journal, after: Duration) -> Self {
        Self { journal, after, known: Arc::default() }
    }

    /// What an execution makes of a tool's calls, where that can be told.
    fn look_up(&self, tool: &ToolId, now_ms: u64) -> Option<f64> {
        let found = self.journal.calls_per_run(tool.server.as_str(), tool.tool.as_str(), now_ms).ok().flatten()?;
        let old = now_ms.saturating_sub(found.first_ms) >= self.after.as_millis() as u64;
        (old && found.runs >= RUNS).then(|| found.mean.max((found.most / LARGEST) as f64))
    }

    fn learn(&self, tool: ToolId) {
        let (this, now) = (self.clone(), now_ms());
        tokio::task::spawn_blocking(move || {
            let calls = this.look_up(&tool, now);
            let mut known = this.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= MOST {
                known.clear();
            }
            known.insert(tool, (Instant::now(), calls));
        });
    }
}

impl Usual for LearnedUsual {
    fn calls(&self, tool: &ToolId) -> Option<f64> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(tool).copied();
        match known {
            Some((at, calls)) if at.elapsed() < GOOD => calls,
            _ => {
                self.learn(tool.clone());
                known.and_then(|(_, calls)| calls)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_journal::{CallRecord, CallTrace};
    use outboard_types::{Digest, ExecutionId};

    const DAY: u64 = 86_400_000;

    /// A journal in which runs, one a minute, made so many calls of a tool.
    fn knowing(runs: &[u64]) -> LearnedUsual {
        let journal = outboard_journal::memory().unwrap();
        for (run, calls) in (0_u64..).zip(runs) {
            for number in 1..=*calls {
                journal.call(CallRecord {
                    execution: ExecutionId(format!("ex_{run}").into()),
                    number,
                    server: "crm".into(),
                    tool: "read".into(),
                    arguments_digest: Digest::of("{}"),
                    arguments_bytes: 2,
                    result_bytes: 2,
                    started_ms: run * 60_000,
                    duration_us: 1,
                    error: None,
                    decision: "allow".into(),
                    trace: CallTrace::default(),
                });
            }
        }
        journal.flush().unwrap();
        LearnedUsual::new(journal, Duration::from_millis(DAY))
    }

    #[test]
    fn habits_take_some_runs_and_a_day_and_large_runs_are_part_of_them() {
        let tool = ToolId::new("crm", "read").unwrap();
        let usual = |runs: &[u64], now| knowing(runs).look_up(&tool, now);
        assert_eq!(usual(&[4, 2, 4, 2, 3], DAY), Some(3.0));
        assert_eq!(usual(&[4, 2, 4, 2, 3], DAY - 1), None, "the first day");
        assert_eq!(usual(&[4, 2, 4, 2], DAY), None, "too few runs");
        assert_eq!(usual(&[1, 1, 1, 1, 500, 1, 1, 1, 1, 1], DAY), Some(100.0), "twice a batch of 500 is not far");
        assert_eq!(usual(&[], DAY), None);
    }
}
