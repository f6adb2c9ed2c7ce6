//! The counters behind quota rules.

use super::bucket::Bucket;
use super::rules::{QuotaRule, Rate};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Counters kept at most. Beyond it those that nobody uses go, the longest unused first.
const KEPT: usize = 10_000;

/// Counters by rule and by whose calls they count.
#[derive(Default)]
pub(crate) struct Meters(Mutex<HashMap<(usize, String), Arc<Meter>>>);

impl Meters {
    pub(super) fn meter(&self, index: usize, rule: &QuotaRule, key: String) -> Arc<Meter> {
        let mut meters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (index, key);
        if let Some(found) = meters.get(&key) {
            return found.clone();
        }
        if meters.len() >= KEPT {
            forget(&mut meters);
        }
        let made = Arc::new(Meter::new(rule));
        meters.insert(key, made.clone());
        made
    }
}

/// Drops the half of the idle counters that was unused longest.
fn forget(meters: &mut HashMap<(usize, String), Arc<Meter>>) {
    let idle = meters.values().filter(|meter| Arc::strong_count(meter) == 1);
    let mut touched: Vec<_> = idle.map(|meter| meter.lock().touched).collect();
    touched.sort_unstable();
    let Some(&border) = touched.get(touched.len() / 2) else { return };
    meters.retain(|_, meter| Arc::strong_count(meter) > 1 || meter.lock().touched > border);
}

/// One counter.
pub(super) struct Meter {
    places: Option<Arc<Semaphore>>,
    counts: Mutex<Counts>,
}

struct Counts {
    began: Instant,
    touched: Instant,
    calls: u64,
    bytes: u64,
    bucket: Bucket,
}

/// The limit that a call would go over.
#[derive(Debug)]
pub(super) enum Hit {
    Calls { limit: u64, again: Option<Duration> },
    Bytes { limit: u64, used: u64, again: Option<Duration> },
    Rate { rate: Rate, again: Duration },
}

impl Hit {
    /// When the same call may be allowed; `None` where time does not help.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Hit::Calls { again, .. } | Hit::Bytes { again, .. } => *again,
            Hit::Rate { again, .. } => Some(*again),
        }
    }
}

impl Meter {
    fn new(rule: &QuotaRule) -> Self {
        let places = rule.concurrent.map(|count| Arc::new(Semaphore::new(count.clamp(1, Semaphore::MAX_PERMITS))));
        let now = Instant::now();
        let counts = Counts { began: now, touched: now, calls: 0, bytes: 0, bucket: Bucket::default() };
        Self { places, counts: Mutex::new(counts) }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call, unless it goes over a limit.
    pub(super) fn take(self: Arc<Self>, rule: &QuotaRule, size: u64) -> Result<Taken, Hit> {
        let now = Instant::now();
        let mut counts = self.lock();
        counts.touched = now;
        if rule.window.is_some_and(|window| now.duration_since(counts.began) >= window) {
            (counts.began, counts.calls, counts.bytes) = (now, 0, 0);
        }
        let again = rule.window.map(|window| window.saturating_sub(now.duration_since(counts.began)));
        if let Some(limit) = rule.calls.filter(|limit| counts.calls >= *limit) {
            return Err(Hit::Calls { limit, again });
        }
        if let Some(limit) = rule.bytes.filter(|limit| counts.bytes.saturating_add(size) > *limit) {
            return Err(Hit::Bytes { limit, used: counts.bytes, again });
        }
        let turn = rule.rate.map(|rate| counts.bucket.turn(rate, now).map_err(|again| Hit::Rate { rate, again }));
        let turn = turn.transpose()?;
        counts.calls += 1;
        counts.bytes += size;
        drop(counts);
        Ok(Taken { meter: self, turn, size, rate: rule.rate })
    }
}

/// A call that was counted.
pub(super) struct Taken {
    meter: Arc<Meter>,
    turn: Option<Instant>,
    size: u64,
    rate: Option<Rate>,
}

impl Taken {
    /// Waits for the call's turn.
    pub(super) async fn turn(&self) {
        if let Some(turn) = self.turn.filter(|turn| *turn > Instant::now()) {
            tokio::time::sleep_until(turn).await;
        }
    }

    /// Waits for a place, where the rule bounds them.
    pub(super) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        let places = self.meter.places.clone()?;
        places.acquire_owned().await.ok()
    }

    /// Counts the answer's bytes.
    pub(super) fn answered(&self, size: u64) {
        let mut counts = self.meter.lock();
        counts.bytes = counts.bytes.saturating_add(size);
    }

    /// Undoes the counting of a call that another rule refused.
    pub(super) fn give_back(self) {
        let mut counts = self.meter.lock();
        counts.calls = counts.calls.saturating_sub(1);
        counts.bytes = counts.bytes.saturating_sub(self.size);
        if let Some(rate) = self.rate {
            counts.bucket.give_back(rate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::Per;
    use super::*;

    #[test]
    fn counters_are_bounded_and_those_in_use_stay() {
        let (meters, rule) = (Meters::default(), QuotaRule { calls: Some(1), ..QuotaRule::new("q", Per::Session) });
        let used = meters.meter(0, &rule, "in use".into());
        assert!(used.clone().take(&rule, 0).is_ok());
        for number in 0..3 * KEPT {
            meters.meter(0, &rule, number.to_string());
        }
        assert!(meters.0.lock().unwrap().len() <= KEPT);
        let again = meters.meter(0, &rule, "in use".into());
        assert!(again.take(&rule, 0).is_err(), "it still counts");
    }
}
