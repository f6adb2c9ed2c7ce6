//! The session's files at the turning points of an execution.

use super::Engine;
use crate::workspace::Snapshot;

/// What is to be done with the copy of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Files {
    /// The program is going to run for the first time.
    Take,
    /// It gave its worker up.
    Mark,
    /// It is going to run again.
    Restore,
    /// It is over.
    Forget,
}

impl Engine {
    /// Does it. What fails is logged and no reason to stop: without a copy a replay finds the files as they are.
    pub(super) async fn files(&mut self, what: Files) {
        let (journal, id) = (self.deps.journal.clone(), self.id().clone());
        let snapshot = Snapshot::new(&self.deps.state.snapshots(), id.as_str(), &self.workspace);
        let done = tokio::task::spawn_blocking(move || match what {
            Files::Take => snapshot.take(),
            Files::Mark => snapshot.mark(),
            Files::Restore if journal.shares_session(&id).unwrap_or(true) => {
                snapshot.forget();
                Ok(())
            }
            Files::Restore => snapshot.restore().map(drop),
            Files::Forget => {
                snapshot.forget();
                Ok(())
            }
        });
        let done = done.await;
        match done {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, ?what, execution = %self.id(), "a replay finds its files as they are")
            }
            Err(error) => tracing::warn!(%error, ?what, "the copy of a workspace failed unexpectedly"),
        }
    }
}
