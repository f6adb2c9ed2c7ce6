//! Notices a program that calls one tool far more often than programs do.

use crate::{Request, Usual};
use outboard_types::ToolId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// When the number of calls to one tool in one execution is suspicious.
#[derive(Clone)]
pub struct RunawayOptions {
    /// Suspicious where no history is known; default 200. Zero turns the watch off.
    pub calls: u64,
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
        Self { calls: 200, factor: 10.0, least: 50, ask: false, usual: Arc::new(crate::NoHistory) }
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
        let mut tallies = request.run.tallies.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = &request.call.id;
        if !tallies.contains_key(id) {
            tallies.insert(id.clone(), Tally { calls: 0, threshold: self.threshold(id) });
        }
        let tally = tallies.get_mut(id)?;
        tally.calls += 1;
        let Tally { calls, threshold } = *tally;
        (calls > threshold).then_some(Suspicion { calls, threshold, first: calls == threshold + 1 })
    }
}

/// A count that is higher than it should be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Suspicion {
    pub(crate) calls: u64,
    pub(crate) threshold: u64,
    /// Whether the count has just become suspicious.
    pub(crate) first: bool,
}

/// How often a run called each tool; as many entries as tools.
#[derive(Default)]
pub(crate) struct Tallies(Mutex<HashMap<ToolId, Tally>>);

#[derive(Clone, Copy)]
struct Tally {
    calls: u64,
    threshold: u64,
}
