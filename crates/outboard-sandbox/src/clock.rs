//! The processor time of a worker: as its control group counts it, or by looks at its processes.
//!
//! The kernel adds a child's time to its parent's when the parent waits for it, and drops it when the parent lets it be
//! known that it never will (wait(2), `SA_NOCLDWAIT`). A group counts it in any case. Where there is none, what was seen
//! of a process stays counted; children that neither a look nor their parent ever saw are not.

use crate::meter::Alive;
use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Processes that are remembered one by one; of more, those that are there.
const MOST_REMEMBERED: usize = 1 << 16;

/// The clock of one worker.
#[derive(Debug)]
pub(crate) struct Clock {
    group: Option<File>,
    seen: Mutex<Seen>,
}

impl Clock {
    /// One that reads this file of a control group, if there is any: `cpu.stat` of version 2, `cpuacct.usage` of version 1.
    pub(crate) fn new(group: Option<File>) -> Self {
        Self { group, seen: Mutex::default() }
    }

    /// What was used by now, when `alive` are the processes and `counted` is what they and those that they waited for used.
    pub(crate) fn time(&self, counted: Duration, alive: &[Alive]) -> Duration {
        self.of_group().unwrap_or_else(|| self.lock().add(alive).max(counted))
    }

    /// The same without a look at any process, where a group tells it.
    pub(crate) fn of_group(&self) -> Option<Duration> {
        self.group.as_ref().and_then(read)
    }

    /// What looks at its processes have seen so far, those that are gone included.
    pub(crate) fn seen(&self) -> Duration {
        self.lock().sum
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a group used.
pub(crate) fn read(group: &File) -> Option<Duration> {
    let mut text = [0; 256];
    let size = group.read_at(&mut text, 0).ok()?;
    parsed(std::str::from_utf8(&text[..size]).ok()?)
}

fn parsed(text: &str) -> Option<Duration> {
    let micros = text.lines().find_map(|line| line.strip_prefix("usage_usec "));
    match micros {
        Some(micros) => micros.trim().parse().ok().map(Duration::from_micros),
        None => text.trim().parse().ok().map(Duration::from_nanos),
    }
}

/// What was seen of processes by themselves.
#[derive(Debug, Default)]
struct Seen {
    each: HashMap<(i32, u64), Duration>,
    sum: Duration,
}

impl Seen {
    fn add(&mut self, alive: &[Alive]) -> Duration {
        for one in alive {
            let before = self.each.insert(one.process, one.used).unwrap_or_default();
            self.sum += one.used.saturating_sub(before);
        }
        if self.each.len() > MOST_REMEMBERED {
            self.each = alive.iter().map(|one| (one.process, one.used)).collect();
        }
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alive(pid: i32, ms: u64) -> Alive {
        Alive { process: (pid, 7), used: Duration::from_millis(ms) }
    }

    #[test]
    fn groups_of_both_versions_are_read_and_garbage_is_not() {
        assert_eq!(parsed("usage_usec 1500\nuser_usec 1000\n"), Some(Duration::from_micros(1500)));
        assert_eq!(parsed("1500000\n"), Some(Duration::from_micros(1500)));
        assert_eq!(parsed("nr_periods 0\nnr_throttled 0\n"), None);
    }

    #[test]
    fn what_was_seen_of_a_process_stays_counted_when_it_is_gone() {
        let (clock, none) = (Clock::new(None), Duration::ZERO);
        assert_eq!(clock.time(none, &[alive(1, 10), alive(2, 500)]).as_millis(), 510);
        assert_eq!(clock.time(none, &[alive(1, 20), alive(3, 5)]).as_millis(), 525, "nobody waited for the second");
        let waited = Duration::from_millis(700);
        assert_eq!(clock.time(waited, &[alive(1, 20)]), waited, "one that ended between looks, waited for");
        for pid in 0..MOST_REMEMBERED as i32 + 100 {
            clock.time(none, &[alive(pid, 1)]);
        }
        let all = clock.time(none, &[]).as_millis();
        assert!((MOST_REMEMBERED as u128 + 600..MOST_REMEMBERED as u128 + 640).contains(&all), "{all}");
    }
}
