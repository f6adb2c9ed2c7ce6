//! Requests under way on one connection, so that a cancellation finds the one it means.

use outboard_types::CancellationToken;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The requests of one connection by the JSON text of their ids.
#[derive(Default)]
pub(super) struct Requests(Mutex<HashMap<String, CancellationToken>>);

/// Takes its request off the list when the request is done.
pub(super) struct Entered {
    requests: Arc<Requests>,
    id: String,
    pub(super) cancel: CancellationToken,
    /// To be fired when the connection breaks off; that cancels as well.
    pub(super) lost: CancellationToken,
}

impl Requests {
    pub(super) fn enter(self: &Arc<Self>, id: &str) -> Entered {
        let lost = CancellationToken::new();
        let cancel = lost.child_token();
        self.lock().insert(id.to_owned(), cancel.clone());
        Entered { requests: self.clone(), id: id.to_owned(), cancel, lost }
    }

    pub(super) fn cancel(&self, id: &str) {
        if let Some(cancel) = self.lock().get(id) {
            cancel.cancel();
        }
    }

    pub(super) fn cancel_all(&self) {
        self.lock().values().for_each(CancellationToken::cancel);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.requests.lock().remove(&self.id);
    }
}
