//! The session's files at the turning points of an execution.

use super::Engine;
use outboard_sandbox::{Disarmed, FileGrant, GrantMark};
use outboard_types::{ErrorCode, ToolError};
use std::path::Path;

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
        if self.deps.files.iter().all(|folder| !folder.writable()) {
            return Ok(None);
        }
        let (grants, marks) = (self.deps.files.clone(), self.deps.state.grant_marks());
        let name = format!("{}-{}-{}", self.id(), self.attempts, std::process::id());
        let marked = tokio::task::spawn_blocking(move || renewed(&grants, &marks, &name)).await;
        let (grants, mark) = marked.map_err(|error| ToolError::new(ErrorCode::Internal, error.to_string()))??;
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

/// The grants as they are to be now, and the mark of them.
fn renewed(grants: &[FileGrant], marks: &Path, name: &str) -> Result<(Vec<FileGrant>, Option<GrantMark>), ToolError> {
    let failed =
        |text: String, hint: &str| ToolError::new(ErrorCode::Internal, text).hint(format!("nothing ran; {hint}"));
    let grants: Result<Vec<_>, _> = grants.iter().map(FileGrant::renewed).collect();
    let grants = grants.map_err(|error| failed(error.to_string(), "see sandbox.files in outboard.toml"))?;
    let mark = GrantMark::new(marks, name, &grants).map_err(|error| {
        let text = format!("what the granted folders hold could not be written down: {error}");
        failed(text, "check that state_dir is writable and not full")
    })?;
    Ok((grants, mark))
}
