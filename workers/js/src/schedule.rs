//! When timers are due. What they call is the prelude's business.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

/// The timers of a program.
#[derive(Default)]
pub(crate) struct Schedule {
    due: BTreeSet<(Instant, u64)>,
    by_id: HashMap<u64, (Instant, bool)>,
    /// Timers that the host keeps, and whether they fire once.
    with_host: HashMap<u64, bool>,
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

    /// Notes a timer that the host keeps.
    pub(crate) fn leave_to_host(&mut self, id: u64, one_shot: bool) {
        self.clear(id);
        self.with_host.insert(id, one_shot);
        self.one_shots += usize::from(one_shot);
    }

    /// Takes a timer that the host says is due; `false` for one that was taken away meanwhile.
    pub(crate) fn take_told(&mut self, id: u64) -> bool {
        let known = self.with_host.contains_key(&id);
        self.clear(id);
        known
    }

    /// Whether any timer is waiting.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_id.is_empty() && self.with_host.is_empty()
    }

    /// Takes a timer away.
    pub(crate) fn clear(&mut self, id: u64) {
        if let Some(one_shot) = self.with_host.remove(&id) {
            self.one_shots -= usize::from(one_shot);
        }
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
