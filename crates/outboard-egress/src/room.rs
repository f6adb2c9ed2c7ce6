//! Room for the bodies that `fetch` holds in memory: those of one execution together have a limit.
//!
//! Small bodies need none. A larger one takes all its room at once: bodies that took it piece by piece could each hold a
//! part and wait for the others for ever. Waiting for room is nobody's fault, so it counts neither as silence of the server
//! nor as time of the request.

use crate::meter::Meter;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until, timeout};

/// Bodies up to this size are simply read; room is counted in pieces of it, in bytes.
pub(crate) const SMALL: usize = 256 << 10;

/// How often who waits says so.
const WORD: Duration = Duration::from_secs(1);

/// The room of one execution.
pub(crate) struct Room {
    pieces: Arc<Semaphore>,
    most: usize,
}

impl Room {
    /// Room for `held` bytes, and for one body of `most` in any case.
    pub(crate) fn new(held: usize, most: usize) -> Self {
        let most = most.div_ceil(SMALL).max(1);
        Self { pieces: Arc::new(Semaphore::new((held / SMALL).max(most))), most }
    }

    /// Waits for the room of so many bytes; it is given back when what is returned is dropped.
    pub(crate) async fn take(&self, bytes: usize, meter: &Meter, deadline: &Deadline) -> Option<OwnedSemaphorePermit> {
        let pieces = u32::try_from(bytes.div_ceil(SMALL).min(self.most)).ok()?;
        let mut taken = std::pin::pin!(self.pieces.clone().acquire_many_owned(pieces));
        loop {
            let since = Instant::now();
            let now = timeout(WORD, &mut taken).await;
            deadline.later(since.elapsed());
            meter.is_waited_for();
            if let Ok(taken) = now {
                return taken.ok();
            }
        }
    }
}

/// When a request is over, answered or not.
pub(crate) struct Deadline(Mutex<Instant>);

impl Deadline {
    pub(crate) fn after(limit: Duration) -> Self {
        Self(Mutex::new(Instant::now() + limit))
    }

    fn later(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    /// Resolves when it is over.
    pub(crate) async fn over(&self) {
        loop {
            let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if until <= Instant::now() {
                return;
            }
            sleep_until(until).await;
        }
    }
}
