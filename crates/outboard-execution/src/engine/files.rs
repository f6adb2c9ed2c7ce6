//! The session's files at the turning points of an execution.

use super::Engine;

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
    Keep,
}

impl Engine {
    /// Takes the name from repositories that the program made in granted folders: what is in them would be run by
    /// whoever uses Git there.
    pub(super) async fn disarm(&mut self) {
        let writable: Vec<_> = self.deps.files.iter().filter(|folder| folder.writable()).cloned().collect();
        if writable.is_empty() {
            return;
        }
        let disarm = move || writable.into_iter().map(|folder| (folder.disarm(), folder)).collect::<Vec<_>>();
        for (done, folder) in tokio::task::spawn_blocking(disarm).await.unwrap_or_default() {
            let (source, execution) = (folder.source().display(), self.id());
            match done {
                Ok(renamed) if renamed.is_empty() => {}
                Ok(renamed) => tracing::warn!(%source, ?renamed, %execution, "repositories of a program were renamed"),
                Err(error) => {
                    tracing::warn!(%source, %error, %execution, "a granted folder was not searched for repositories")
                }
            }
        }
    }

    /// Does it. What fails is logged and no reason to stop: without a copy a replay finds the files as they are.
    pub(super) async fn files(&mut self, what: Files) {
        let (journal, id, offline) = (self.deps.journal.clone(), self.id().clone(), self.is_offline());
        let snapshot = self.deps.state.snapshot(&id, &self.workspace);
        let done = tokio::task::spawn_blocking(move || match what {
            Files::Take => snapshot.take(),
            Files::Mark => snapshot.mark(),
            Files::Restore if journal.shares_session(&id).unwrap_or(true) => snapshot.set_aside(),
            Files::Restore => snapshot.restore().map(drop),
            Files::Keep if offline => {
                snapshot.forget();
                Ok(())
            }
            Files::Keep => snapshot.keep(),
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
