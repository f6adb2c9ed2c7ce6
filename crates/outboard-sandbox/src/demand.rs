//! How many idle workers to keep: as many as were asked for lately, between the operator's bounds and within
//! free memory.

use crate::options::PoolSize;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How far back requests count.
pub(crate) const WINDOW: Duration = Duration::from_secs(5);
/// Most requests that are remembered.
const MOST: usize = 256;
/// Memory that is left to the host, and what one idle worker is reckoned to take of the rest.
const LEFT_FREE: u64 = 256 << 20;
const PER_WORKER: u64 = 32 << 20;

/// When workers of one kind were asked for.
#[derive(Debug, Default)]
pub(crate) struct Demand {
    asked: VecDeque<Instant>,
}

impl Demand {
    /// One more was asked for.
    pub(crate) fn ask(&mut self, now: Instant) {
        if self.asked.len() == MOST {
            self.asked.pop_front();
        }
        self.asked.push_back(now);
    }

    /// How many should be idle now.
    pub(crate) fn target(&mut self, now: Instant, size: PoolSize, room: usize) -> usize {
        while self.asked.front().is_some_and(|asked| now.duration_since(*asked) > WINDOW) {
            self.asked.pop_front();
        }
        // One request lately is answered by the minimum; more in the window want more at hand.
        let lately = self.asked.len().div_ceil(2);
        size.min.max(lately).min(size.max).min(room)
    }
}

/// How many more idle workers the host's free memory has room for.
pub(crate) fn room() -> usize {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    room_in(&text)
}

fn room_in(meminfo: &str) -> usize {
    let available = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kilobytes = available.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    // Unknown is no reason to have no pool.
    let bytes = kilobytes.map_or(u64::MAX, |kilobytes| kilobytes.saturating_mul(1024));
    usize::try_from(bytes.saturating_sub(LEFT_FREE) / PER_WORKER).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demand_moves_the_target_between_its_bounds() {
        let (start, size) = (Instant::now(), PoolSize { min: 1, max: 4 });
        let mut demand = Demand::default();
        assert_eq!(demand.target(start, size, 100), 1);
        (0..6).for_each(|_| demand.ask(start));
        assert_eq!(demand.target(start, size, 100), 3);
        (0..1000).for_each(|_| demand.ask(start));
        assert_eq!(demand.target(start, size, 100), 4);
        assert_eq!(demand.target(start, size, 2), 2, "memory has the last word");
        assert_eq!(demand.target(start + WINDOW * 2, size, 100), 1, "what was long ago does not count");
    }

    #[test]
    fn free_memory_is_read() {
        assert_eq!(room_in("MemTotal: 9 kB\nMemAvailable:     655360 kB\n"), 12);
        assert_eq!(room_in("MemAvailable: 1000 kB\n"), 0);
        assert!(room_in("nothing") > 1000);
    }
}
