//! How long to wait between attempts.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// How often and how patiently calls are sent again.
#[derive(Debug, Clone, Copy)]
pub struct RetryOptions {
    /// Attempts in all, the first included; default 3, and 1 turns retrying off.
    pub attempts: u32,
    /// The pause before the second attempt is at most this; default 200 ms. Doubles from then on.
    pub first: Duration,
    /// No pause of our own is longer; default 5 s.
    pub longest: Duration,
    /// A pause that a server asks for is kept up to this length; default 60 s.
    pub longest_asked: Duration,
}

impl Default for RetryOptions {
    fn default() -> Self {
        let (first, longest) = (Duration::from_millis(200), Duration::from_secs(5));
        Self { attempts: 3, first, longest, longest_asked: Duration::from_secs(60) }
    }
}

impl RetryOptions {
    /// The pause after an attempt, from 1: anything between nothing and twice the pause before. Full jitter
    /// keeps many programs that failed together from coming back together.
    pub(super) fn pause(&self, attempt: u32) -> Duration {
        self.ceiling(attempt).mul_f64(fraction())
    }

    fn ceiling(&self, attempt: u32) -> Duration {
        self.first.saturating_mul(1 << attempt.saturating_sub(1).min(20)).min(self.longest)
    }
}

/// A number in 0..1. The standard library's hasher keys are random enough to spread retries.
fn fraction() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_are_spread() {
        let options = RetryOptions::default();
        let ceilings: Vec<_> = (1..8).map(|attempt| options.ceiling(attempt).as_millis()).collect();
        assert_eq!(ceilings, [200, 400, 800, 1600, 3200, 5000, 5000]);
        let pauses: Vec<_> = (0..100).map(|_| options.pause(3)).collect();
        assert!(pauses.iter().all(|pause| *pause <= options.ceiling(3)));
        let (least, most) = (pauses.iter().min().unwrap(), pauses.iter().max().unwrap());
        assert!(*most - *least > Duration::from_millis(100), "{least:?} to {most:?}");
        assert!(options.ceiling(u32::MAX) <= options.longest);
    }
}
