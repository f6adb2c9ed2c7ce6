//! What is usual, looked up in the journal aside from the path of calls.

use outboard_gateway::Usual;
use outboard_journal::Journal;
use outboard_types::ToolId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a figure is good; habits change slowly.
const GOOD: Duration = Duration::from_secs(300);

/// Most tools that are remembered.
const MOST: usize = 10_000;

type Known = HashMap<ToolId, (Instant, Option<f64>)>;

/// Knows from the journal how often tools are called. The first question about a tool is answered with
/// "unknown" and looked up in the background: reading a database costs more than a call.
#[derive(Clone)]
pub(crate) struct LearnedUsual {
    journal: Journal,
    known: Arc<Mutex<Known>>,
}

impl LearnedUsual {
    pub(crate) fn new(journal: Journal) -> Self {
        Self { journal, known: Arc::default() }
    }

    fn learn(&self, tool: ToolId) {
        let this = self.clone();
        tokio::task::spawn_blocking(move || {
            let calls = this.journal.usual_calls(tool.server.as_str(), tool.tool.as_str()).ok().flatten();
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
