//! Ending a server because a person wants it anew.

use super::Upstreams;
use super::supervisor::{Life, Upstream};
use outboard_types::{ServerName, ToolError};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

impl Upstreams {
    /// Ends a server if it runs, starts it without a pause and lists it anew. Calls under way fail as they do when a
    /// server dies.
    pub async fn restart(&self, name: &ServerName) -> Result<(), ToolError> {
        let upstream = self.get(name)?;
        upstream.forget_session().await;
        self.listing(name, true).await.map(drop)
    }
}

impl Upstream {
    /// Lets go of the present session and of what failed before.
    async fn forget_session(self: &Arc<Self>) {
        let session = {
            let mut inner = self.inner();
            if matches!(inner.life, Life::Starting(_)) {
                return;
            }
            inner.not_before = None;
            inner.last_error = None;
            match std::mem::take(&mut inner.life) {
                Life::Ready(session) => Some(session),
                _ => None,
            }
        };
        self.failures.store(0, Relaxed);
        if let Some(session) = session {
            session.end().await;
        }
    }
}
