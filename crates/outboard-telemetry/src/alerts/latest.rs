//! The latest calls of one tool, and how often it failed before them.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The latest calls of a tool.
#[derive(Default)]
pub(super) struct Latest {
    /// When each came, in milliseconds since 1970, and whether it failed.
    calls: VecDeque<(u64, bool)>,
    /// When it was looked up, and the share of earlier calls that failed.
    usual: Option<(Instant, Option<f64>)>,
}

impl Latest {
    /// How many calls make up an error rate.
    pub(super) const WINDOW: usize = 20;

    pub(super) fn note(&mut self, at_ms: u64, failed: bool) {
        self.calls.push_back((at_ms, failed));
        if self.calls.len() > Self::WINDOW {
            self.calls.pop_front();
        }
    }

    /// How many calls there are, and how many of them failed.
    pub(super) fn sums(&self) -> (u64, u64) {
        (self.calls.len() as u64, self.calls.iter().filter(|(_, failed)| *failed).count() as u64)
    }

    /// The share of calls before these that failed, by a look that is good for a while.
    pub(super) fn usual<E>(
        &mut self,
        good: Duration,
        look: impl FnOnce(u64) -> Result<Option<f64>, E>,
    ) -> Result<Option<f64>, E> {
        if let Some((at, usual)) = self.usual
            && at.elapsed() < good
        {
            return Ok(usual);
        }
        let usual = look(self.calls.front().map_or(0, |(at_ms, _)| *at_ms))?;
        self.usual = Some((Instant::now(), usual));
        Ok(usual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_count_and_what_is_usual_is_looked_up_once() {
        let mut latest = Latest::default();
        (0..30).for_each(|at| latest.note(at, at >= 25));
        assert_eq!(latest.sums(), (20, 5));
        let look = |before: u64| Ok::<_, ()>(Some(before as f64));
        assert_eq!(latest.usual(Duration::MAX, look), Ok(Some(10.0)));
        assert_eq!(latest.usual(Duration::MAX, |_| Err(())), Ok(Some(10.0)));
        assert_eq!(latest.usual(Duration::ZERO, |_| Err(())), Err(()));
    }
}
