//! Bandwidth: so many bytes a second, with a quarter of a second in advance.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

const ADVANCE: Duration = Duration::from_millis(250);

/// Bytes per second, shared by all connections of an execution, in both directions.
#[derive(Debug)]
pub(crate) struct Bucket {
    rate: Option<u64>,
    /// When all that was taken will have been paid for.
    paid: Mutex<Instant>,
}

impl Bucket {
    pub(crate) fn new(rate: Option<u64>) -> Self {
        Self { rate: rate.filter(|rate| *rate > 0), paid: Mutex::new(Instant::now()) }
    }

    /// Takes what was moved; until when the mover has to wait.
    pub(crate) fn take(&self, bytes: usize) -> Option<Instant> {
        let rate = self.rate?;
        let now = Instant::now();
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        *paid = (*paid).max(now) + Duration::from_secs_f64(bytes as f64 / rate as f64);
        let until = paid.checked_sub(ADVANCE)?;
        (until > now).then_some(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_rate_is_kept() {
        let bucket = Bucket::new(Some(1000));
        let began = Instant::now();
        for _ in 0..100 {
            if let Some(until) = bucket.take(100) {
                tokio::time::sleep_until(until).await;
            }
        }
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(9700) && took <= Duration::from_millis(10_050), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_not_used_is_not_saved_up() {
        let bucket = Bucket::new(Some(1000));
        tokio::time::sleep(Duration::from_secs(60)).await;
        let until = bucket.take(1250).unwrap();
        assert_eq!(until - Instant::now(), Duration::from_secs(1));
        assert_eq!(Bucket::new(None).take(1 << 40), None);
    }
}
