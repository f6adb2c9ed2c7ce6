//! The host's look at a running worker: kills it at a limit, and lets everyone else go before one that has used much.
//!
//! Never here: why a worker ended, which the room above says.

use super::{FOR_CPU, FOR_DISK, FOR_FILES, FOR_MEMORY, Process};
use crate::message::Standing;
use crate::meter::{self, Sample};
use crate::processors::Left;
use crate::quota::{self, Folders, Over};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_millis(100);
/// The interval of a worker that has used more than half of a limit.
const CLOSE_INTERVAL: Duration = Duration::from_millis(20);
/// The interval of a worker whose memory may reach the limit before long.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(5);

/// CPU time after which everyone else goes first: what answers quickly has ended by then.
const GREEDY: Duration = Duration::from_millis(200);
/// How long it is looked at before it is said that a worker starves; and of how much of a processor it is said.
const PATIENCE: Duration = Duration::from_millis(200);
const LEAST: u32 = 20;

/// Watches processor time and memory until the worker ends.
pub(super) async fn limits(process: Arc<Process>) {
    let mut ended = process.ended.clone();
    // Where no group holds its memory, what it forks and fills at once is seen by looking alone: soon at first and after
    // each growth, and then ever less often.
    let mut pause = if process.weighed { INTERVAL } else { SHORTEST_INTERVAL };
    let mut before = Sample { processes: 1, ..Sample::default() };
    let (mut turn, mut left) = (Turn::Early, None);
    while tokio::time::timeout(pause, ended.wait_for(Option::is_some)).await.is_err() {
        let used = process.used();
        let cpu = process.since_start(used.cpu);
        if let Some(standing) = turn.after(cpu, Instant::now(), || meter::is_asleep(process.pid)) {
            process.stand(standing);
            left.get_or_insert_with(Left::one).keep_off(process.pid);
        }
        pause = process.judge(cpu, before, used).min(2 * pause);
        before = used;
    }
}

/// Watches what the worker writes until it ends.
pub(super) async fn folders(process: Arc<Process>, folders: Folders) {
    let mut ended = process.ended.clone();
    tokio::select! {
        _ = ended.wait_for(Option::is_some) => {}
        over = quota::until_over(folders, process.pid, process.line) => process.kill_for(match over {
            Over::Bytes => FOR_DISK,
            Over::Files => FOR_FILES,
        }),
    }
}

impl Process {
    /// Says it, and that it starves again at each look: a word to the spawner may be lost.
    fn stand(&self, standing: Standing) {
        if self.cause.load(Ordering::Relaxed) == 0 {
            let is_last = standing == Standing::Last;
            if !(self.is_last.swap(is_last, Ordering::Relaxed) && is_last) {
                self.spawner.0.stand(self.spawner.1, standing);
            }
        }
    }

    /// Kills at a limit; otherwise says when to look again. `before` is what the last look saw.
    fn judge(&self, cpu: Duration, before: Sample, used: Sample) -> Duration {
        self.peak.fetch_max(used.memory, Ordering::Relaxed);
        if cpu > self.limits.cpu {
            self.kill_for(FOR_CPU);
        } else if !self.weighed && used.memory > self.limits.memory_bytes {
            self.kill_for(FOR_MEMORY);
        }
        let left = self.limits.cpu.saturating_sub(cpu).max(CLOSE_INTERVAL);
        let has_forked = !self.weighed && used.processes > before.processes;
        let pause =
            if has_forked { SHORTEST_INTERVAL } else { pace(before.memory, used.memory, self.limits.memory_bytes) };
        pause.min(left)
    }
}

/// Whether a worker has used much, and what it had used when it was last decided where it stands.
#[derive(Debug, Clone, Copy)]
enum Turn {
    Early,
    Greedy { since: Instant, cpu: Duration },
}

impl Turn {
    /// The worker's standing, from time to time. One that has used much is last; but on a machine that is busy with other
    /// things the last one would never have its turn, and has a small share until it has had some. One that sleeps wants
    /// none.
    fn after(&mut self, used: Duration, now: Instant, is_asleep: impl Fn() -> bool) -> Option<Standing> {
        let next = match *self {
            Self::Early if used > GREEDY => Standing::Last,
            Self::Greedy { since, cpu } if now.duration_since(since) >= PATIENCE => {
                let has_little = used.saturating_sub(cpu) * LEAST < now.duration_since(since);
                if has_little && !is_asleep() { Standing::Small } else { Standing::Last }
            }
            _ => return None,
        };
        *self = Self::Greedy { since: now, cpu: used };
        Some(next)
    }
}

/// When to look again: soon while memory grows by a sixteenth of its limit from one look to the next.
fn pace(before: u64, now: u64, limit: u64) -> Duration {
    if now.saturating_sub(before) > limit / 16 {
        SHORTEST_INTERVAL
    } else if now > limit / 2 {
        CLOSE_INTERVAL
    } else {
        INTERVAL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growing_memory_is_looked_at_often() {
        let limit = 160 << 20;
        assert_eq!(pace(0, 1 << 20, limit), INTERVAL);
        assert_eq!(pace(0, 20 << 20, limit), SHORTEST_INTERVAL);
        assert_eq!(pace(99 << 20, 100 << 20, limit), CLOSE_INTERVAL);
        assert_eq!(pace(100 << 20, 1 << 20, limit), INTERVAL);
    }

    #[test]
    fn who_has_used_much_is_last_and_does_not_starve() {
        let (start, mut turn) = (Instant::now(), Turn::Early);
        let mut look = |used, at, sleeps: bool| {
            turn.after(Duration::from_millis(used), start + Duration::from_millis(at), || sleeps)
        };
        assert_eq!(look(190, 200, false), None, "answers quickly");
        assert_eq!(look(210, 300, false), Some(Standing::Last));
        assert_eq!(look(210, 400, false), None, "too soon to tell");
        assert_eq!(look(210, 500, false), Some(Standing::Small), "nothing in 200 ms");
        assert_eq!(look(215, 700, false), Some(Standing::Small), "a fortieth is not enough");
        assert_eq!(look(235, 900, false), Some(Standing::Last), "a tenth is");
        assert_eq!(look(235, 1100, true), Some(Standing::Last), "wants nothing");
    }
}
