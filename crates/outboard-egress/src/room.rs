//! Room for the bodies that `fetch` holds in memory: those of one execution together have a limit.
//!
//! Small bodies need none. A larger one takes room for the largest that there may be, and all of it at once: bodies that
//! took it piece by piece could each hold a part and wait for the others for ever.

use crate::meter::Meter;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Bodies up to this size, in bytes, are simply read.
pub(crate) const SMALL: usize = 256 << 10;

/// How often who waits says that its connection is not idle: it is us who does not read.
const WORD: Duration = Duration::from_secs(1);

/// So many bodies of the largest size at once.
pub(crate) struct Room(Arc<Semaphore>);

impl Room {
    /// Room for `held` bytes, and for one body in any case.
    pub(crate) fn new(held: usize, body: usize) -> Self {
        Self(Arc::new(Semaphore::new((held / body.max(1)).max(1))))
    }

    /// Waits for the room of one body; it is given back when what is returned is dropped.
    pub(crate) async fn take(&self, meter: &Meter) -> Option<OwnedSemaphorePermit> {
        let mut taken = std::pin::pin!(self.0.clone().acquire_owned());
        loop {
            match timeout(WORD, &mut taken).await {
                Ok(taken) => return taken.ok(),
                Err(_) => meter.is_waited_for(),
            }
        }
    }
}
