//! The session's files at the turning points of an execution.

use super::Engine;
use outboard_sandbox::{BeginError, Disarmed, GrantMark};
use outboard_types::{ErrorCode, ToolError};

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
    /// Looks which repositories granted folders hold, and writes it down, before the program runs there.
    pub(super) async fn mark_grants(&mut self) -> Result<Option<GrantMark>, ToolError> {
        // Somebody else's process is given no folder.
        if self.request.guest.is_some() || self.deps.files.iter().all(|folder| !folder.writable()) {
            return Ok(None);
        }
        let (grants, marks) = (self.deps.files.clone(), self.deps.state.grant_marks());
        let name = format!("{}-{}-{}", self.id(), self.attempts, std::process::id());
        let marked = tokio::task::spawn_blocking(move || GrantMark::begin(&marks, &name, &grants)).await;
        let marked = marked.map_err(|error| ToolError::new(ErrorCode::Internal, error.to_string()))?;
        let (grants, mark) = marked.map_err(not_begun)?;
        self.grants = grants;
        Ok(mark)
    }

    /// Takes the name from repositories that the program made in granted folders: what is in them would be run by
    /// whoever uses Git there. What could not be looked through is left to the next host.
    pub(super) async fn disarm(&mut self, mark: Option<GrantMark>) {
        let Some(mark) = mark else { return };
        let grants = self.grants.clone();
        let disarm = move || grants.iter().map(Disarmed::of).collect::<Vec<_>>();
        let done = tokio::task::spawn_blocking(disarm).await.unwrap_or_default();
        done.iter().for_each(|one| one.tell(self.id().as_str()));
        if !done.is_empty() && done.iter().all(Disarmed::is_over) {
            mark.over();
        }
    }

    /// Begins it at once; it is done when what is returned is. What fails is logged and no reason to stop: without a
    /// copy a replay finds the files as they are.
    pub(super) fn files(&self, what: Files) -> impl Future<Output = ()> + Send + use<> {
        let (journal, id, offline) = (self.deps.journal.clone(), self.id().clone(), self.is_offline());
        let (snapshot, execution) = (self.deps.state.snapshot(&id, &self.workspace), id.clone());
        let work = tokio::task::spawn_blocking(move || match what {
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
        async move {
            match work.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, ?what, %execution, "a replay finds its files as they are"),
                Err(error) => tracing::warn!(%error, ?what, "the copy of a workspace failed unexpectedly"),
            }
        }
    }
}

fn not_begun(error: BeginError) -> ToolError {
    let (code, hint) = match &error {
        BeginError::Folder(folder) => {
            let key = format!("sandbox.files.write.{:?}", folder.target);
            (ErrorCode::SandboxUnavailable, format!("change that, or correct {key} in outboard.toml"))
        }
        BeginError::Mark(_) => (ErrorCode::Internal, "check that state_dir is writable and not full".to_owned()),
    };
    ToolError::new(code, error.to_string()).hint(format!("nothing ran; {hint}"))
}
