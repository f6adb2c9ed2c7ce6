//! When timers are due. What they call is the prelude's business.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

/// The timers of a program.
#[derive(Default)]
pub(crate) struct Schedule {
    due: BTreeSet<(Instant, u64)>,
    by_id: HashMap<u64, (Instant, bool)>,
    one_shots: usize,
}

impl Schedule {
    /// Sets a timer. Timers of the same time fire in the order of their ids.
    pub(crate) fn set(&mut self, id: u64, after: Duration, one_shot: bool) {
        self.clear(id);
        let at = Instant::now() + after;
        self.due.insert((at, id));
        self.by_id.insert(id, (at, one_shot));
        self.one_shots += usize::from(one_shot);
    }

    /// Takes a timer away.
    pub(crate) fn clear(&mut self, id: u64) {
        if let Some((at, one_shot)) = self.by_id.remove(&id) {
            self.due.remove(&(at, id));
            self.one_shots -= usize::from(one_shot);
        }
    }

    /// Takes the next timer that is due.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<u64> {
        let &(at, id) = self.due.first()?;
        if at > now {
            return None;
        }
        self.clear(id);
        Some(id)
    }

    /// How long until the next one.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.due.first().map(|(at, _)| at.saturating_duration_since(Instant::now()))
    }

    /// Whether a timer that fires once is waiting.
    pub(crate) fn has_one_shot(&self) -> bool {
        self.one_shots > 0
    }
}
