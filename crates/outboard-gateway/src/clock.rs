//! The clock of one call, which stands still while its server waits for the person or the model behind it.
//!
//! Time limits are about servers: a person may take longer to read a form than any server should to answer.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// A call's clock; clones share it.
#[derive(Debug, Clone, Default)]
pub struct CallClock(Arc<watch::Sender<usize>>);

/// The clock stands still until this is dropped.
#[derive(Debug)]
pub struct Held(CallClock);

/// The time is up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Elapsed;

impl CallClock {
    /// Stops the clock; it goes on when every hold is gone.
    pub fn hold(&self) -> Held {
        self.0.send_modify(|holds| *holds += 1);
        Held(self.clone())
    }

    /// Does the work unless it takes longer than this by the call's own clock.
    pub(crate) async fn within<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Result<T, Elapsed> {
        tokio::pin!(work);
        let (mut holds, mut left) = (self.0.subscribe(), limit);
        loop {
            let (held, since) = (*holds.borrow_and_update() > 0, Instant::now());
            tokio::select! {
                biased;
                done = &mut work => return Ok(done),
                _ = holds.changed() => {}
                () = tokio::time::sleep(left), if !held => return Err(Elapsed),
            }
            if !held {
                left = left.saturating_sub(since.elapsed());
            }
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.0.send_modify(|holds| *holds = holds.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn time_under_a_hold_does_not_count() {
        let clock = CallClock::default();
        let work = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            let held = clock.hold();
            tokio::time::sleep(Duration::from_secs(3_600)).await;
            drop(held);
            tokio::time::sleep(Duration::from_secs(3)).await;
        };
        assert_eq!(clock.within(Duration::from_secs(7), work).await, Ok(()));
        let late = tokio::time::sleep(Duration::from_secs(8));
        assert_eq!(clock.within(Duration::from_secs(7), late).await, Err(Elapsed));
    }
}
