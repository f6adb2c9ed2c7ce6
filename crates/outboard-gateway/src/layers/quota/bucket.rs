//! How fast calls may follow each other: a token bucket that hands out turns instead of tokens, so that
//! those who wait go in the order they came.

use super::rules::Rate;
use std::time::Duration;
use tokio::time::Instant;

/// The time at which a steady flow of calls would be where this one is.
#[derive(Debug, Default)]
pub(super) struct Bucket {
    level: Option<Instant>,
}

impl Bucket {
    /// The moment of the next turn; `Err` with the wait where it is too far away to wait for it.
    pub(super) fn turn(&mut self, rate: Rate, now: Instant) -> Result<Instant, Duration> {
        let step = step(rate);
        let slack = step.saturating_mul(rate.burst.max(1) - 1);
        let level = self.level.map_or(now, |level| level.max(now));
        let turn = level.checked_sub(slack).map_or(now, |turn| turn.max(now));
        let wait = turn.duration_since(now);
        if wait > rate.patience {
            return Err(wait);
        }
        self.level = Some(level + step);
        Ok(turn)
    }

    /// Gives the last turn back.
    pub(super) fn give_back(&mut self, rate: Rate) {
        self.level = self.level.and_then(|level| level.checked_sub(step(rate)));
    }
}

/// The time between two calls of a steady flow; a day where the rate is no sensible number.
fn step(rate: Rate) -> Duration {
    let day = Duration::from_secs(86_400);
    Duration::try_from_secs_f64(1.0 / rate.per_second).unwrap_or(day).min(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_the_rest_take_turns() {
        let rate = Rate { per_second: 10.0, burst: 3, patience: Duration::from_millis(250) };
        let (mut bucket, now) = (Bucket::default(), Instant::now());
        let mut waits = Vec::new();
        for _ in 0..6 {
            waits.push(bucket.turn(rate, now).map(|turn| turn.duration_since(now).as_millis()));
        }
        assert_eq!(waits, [Ok(0), Ok(0), Ok(0), Ok(100), Ok(200), Err(Duration::from_millis(300))]);
        bucket.give_back(rate);
        assert_eq!(bucket.turn(rate, now).unwrap().duration_since(now).as_millis(), 200);
        let later = now + Duration::from_secs(5);
        assert_eq!(bucket.turn(rate, later).unwrap(), later, "a pause fills the burst again");
    }

    #[test]
    fn a_senseless_rate_is_slow_and_not_a_panic() {
        for per_second in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let rate = Rate { per_second, burst: 0, patience: Duration::ZERO };
            assert!(Bucket::default().turn(rate, Instant::now()).is_ok());
        }
    }
}
