//! Notices a program that runs wild: a loop that makes no progress, or far more calls than such programs make.
//!
//! Many calls alone prove nothing: a batch of a thousand rows is a thousand calls, each with arguments of its own, and
//! on a first day nobody knows what is usual. The same call again and again is another matter.

use crate::{Request, Usual};
use outboard_types::ToolId;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

/// Different calls of a run that are told apart; a loop goes through few.
const APART: usize = 1_024;

/// When the number of calls to one tool in one execution is suspicious.
#[derive(Clone)]
pub struct RunawayOptions {
    /// Suspicious where no history is known; default 2,000. Zero turns the watch off.
    pub calls: u64,
    /// The same call, arguments included, is suspicious beyond this; default 200.
    pub repeats: u64,
    /// With a history, this many times the usual number is suspicious; default 10.
    pub factor: f64,
    /// Never suspicious below this, whatever is usual; default 50.
    pub least: u64,
    /// Whether a person is asked before a suspicious program goes on; otherwise it is only reported.
    pub ask: bool,
    /// What is usual.
    pub usual: Arc<dyn Usual>,
}

impl Default for RunawayOptions {
    fn default() -> Self {
        let usual = Arc::new(crate::NoHistory);
        Self { calls: 2_000, repeats: 200, factor: 10.0, least: 50, ask: false, usual }
    }
}

impl RunawayOptions {
    fn threshold(&self, tool: &ToolId) -> u64 {
        match self.usual.calls(tool).filter(|usual| usual.is_finite() && *usual > 0.0) {
            Some(usual) => ((usual * self.factor) as u64).max(self.least),
            None => self.calls,
        }
    }

    /// Counts a call; says how many there are once they are suspicious, and whether this is the first.
    pub(crate) fn count(&self, request: &Request) -> Option<Suspicion> {
        if self.calls == 0 {
            return None;
        }
        let (id, arguments) = (&request.call.id, request.call.arguments.get());
        let mut counted = request.run.tallies.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = counted.same(id, arguments);
        let tally = counted.tools.entry(id.clone()).or_default();
        tally.calls += 1;
        // Asked for with the first call, so that whoever knows has looked it up when it is needed.
        if tally.calls == 1 || tally.calls == self.least.min(self.calls) + 1 {
            tally.threshold = self.threshold(id);
        }
        let why = if same > self.repeats {
            Why::Repeated { times: self.repeats }
        } else if tally.calls > tally.threshold.max(self.least.min(self.calls)) {
            Why::Often { times: tally.threshold }
        } else {
            return None;
        };
        let first = !std::mem::replace(&mut tally.told, true);
        Some(Suspicion { calls: tally.calls, why, first })
    }
}

/// What is suspicious about a call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Why {
    /// The very same call was made this often already.
    Repeated { times: u64 },
    /// The tool was called this often already.
    Often { times: u64 },
}

/// A count that is higher than it should be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Suspicion {
    pub(crate) calls: u64,
    why: Why,
    /// Whether the program has just become suspicious.
    pub(crate) first: bool,
}

impl Suspicion {
    /// What it did, to be read behind its name.
    pub(crate) fn told(&self, tool: &ToolId) -> String {
        match self.why {
            Why::Repeated { times } => {
                format!(
                    "called {tool} more than {times} times with the same arguments, as a loop does that gets nowhere"
                )
            }
            Why::Often { times } => format!("called {tool} more than {times} times, far more often than usual"),
        }
    }
}

/// How often a run called each tool, and made each call.
#[derive(Default)]
pub(crate) struct Tallies(Mutex<Counted>);

/// As many entries as tools, and a bounded number of calls.
#[derive(Default)]
struct Counted {
    tools: HashMap<ToolId, Tally>,
    /// By a short hash: two calls that are taken for one cost a warning.
    calls: HashMap<u64, u64>,
}

impl Counted {
    /// How often this very call was made, this time included; once, where there are too many to tell apart.
    fn same(&mut self, id: &ToolId, arguments: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        (id, arguments).hash(&mut hasher);
        let call = hasher.finish();
        if self.calls.len() >= APART && !self.calls.contains_key(&call) {
            return 1;
        }
        let times = self.calls.entry(call).or_default();
        *times += 1;
        *times
    }
}

#[derive(Default)]
struct Tally {
    calls: u64,
    threshold: u64,
    told: bool,
}
