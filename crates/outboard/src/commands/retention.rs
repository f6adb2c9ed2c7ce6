//! Forgetting what the settings let go: every hour while serving, and when asked.

use crate::compose;
use outboard_config::Settings;
use outboard_execution::{KeptFiles, RemovedFiles, Shelf, StateFolder};
use outboard_journal::{Journal, JournalError, Removed, Retention};
use outboard_types::{ExecutionId, Principal, SessionName, now_ms};
use std::collections::HashSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How often a serving process looks.
const EVERY: Duration = Duration::from_secs(3_600);

/// What may go now.
fn retention(settings: &Settings) -> Retention {
    let journal = &settings.journal;
    Retention {
        now_ms: now_ms(),
        max_age: journal.max_age,
        max_bytes: journal.max_bytes,
        audit_max_age: journal.audit_max_age,
    }
}

/// What was forgotten.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pruned {
    /// Of the journal.
    pub(super) journal: Removed,
    /// Sessions that lost their files.
    pub(super) sessions: usize,
    /// Of the files that replays begin with.
    pub(super) files: RemovedFiles,
}

/// Forgets now; blocks the thread.
pub(super) fn prune(journal: &Journal, settings: &Settings) -> Result<Pruned, JournalError> {
    let sessions = settings.session_max_age.map_or(Ok(0), |age| sessions(journal, settings, age))?;
    let removed = journal.retain(&retention(settings))?;
    Ok(Pruned { journal: removed, sessions, files: files(journal, settings) })
}

/// Forgets the files of executions that the journal does not know any more, and those of sessions that lost theirs.
fn files(journal: &Journal, settings: &Settings) -> RemovedFiles {
    let known = |id: &ExecutionId| journal.execution(id).map_or(true, |row| row.is_some());
    let before = settings.session_max_age.and_then(|age| SystemTime::now().checked_sub(age));
    let state = StateFolder::new(&settings.state_dir).keeping(settings.journal.files_max_bytes);
    let state = match compose::file_seal(settings) {
        Ok(seal) => state.sealed(seal),
        Err(error) => {
            tracing::error!(error = error.message(), "files of old executions could not be looked at");
            return RemovedFiles::default();
        }
    };
    state.forget_files(KeptFiles { known: &known, before }).unwrap_or_else(|error| {
        tracing::error!(%error, "files of old executions could not be removed");
        RemovedFiles::default()
    })
}

/// Forgets the files and the state of sessions that nobody used for so long. First of all, as their executions are what
/// tells when they were used.
fn sessions(journal: &Journal, settings: &Settings, age: Duration) -> Result<usize, JournalError> {
    let before = SystemTime::now().checked_sub(age).unwrap_or(UNIX_EPOCH);
    let before_ms = before.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
    let used = journal.sessions_since(before_ms)?;
    journal.forget_idle_state(before_ms)?;
    let state = StateFolder::new(&settings.state_dir);
    forget_copies(settings, before, &used);
    let forgotten = state.forget_sessions(before, &used);
    Ok(forgotten.unwrap_or_else(|error| {
        tracing::error!(%error, "files of old sessions could not be removed");
        0
    }))
}

/// Forgets the copies of skills of principals who have only such sessions. What waits for a person goes on waiting.
fn forget_copies(settings: &Settings, before: SystemTime, used: &[(Principal, SessionName)]) {
    let used: HashSet<_> = used.iter().map(|(principal, session)| Shelf::path_of(principal, session)).collect();
    match compose::shelf(settings).map(|shelf| shelf.collection().forget_copies(before, &used)) {
        Ok(Ok(0)) => {}
        Ok(Ok(principals)) => tracing::info!(principals, "copies of skills forgotten"),
        Ok(Err(error)) => tracing::error!(%error, "copies of skills that nobody uses could not be removed"),
        Err(error) => tracing::error!(error = error.message(), "the folder of skills could not be looked at"),
    }
}

/// Forgets every hour for as long as this process lives.
pub(super) fn follow(journal: Journal, settings: &Settings) {
    let given = &settings.journal;
    let all_stays = given.max_age.is_none() && given.max_bytes.is_none() && given.audit_max_age.is_none();
    let files_only = all_stays && settings.session_max_age.is_none();
    let settings = settings.clone();
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(EVERY);
        loop {
            tick.tick().await;
            let (journal, settings) = (journal.clone(), settings.clone());
            let forget = move || match files_only {
                true => Ok(Pruned { files: files(&journal, &settings), ..Pruned::default() }),
                false => prune(&journal, &settings),
            };
            match tokio::task::spawn_blocking(forget).await {
                Ok(Ok(pruned)) if pruned != Pruned::default() => tracing::info!(?pruned, "forgotten"),
                Ok(Err(error)) => tracing::error!(%error, "old executions could not be forgotten"),
                _ => {}
            }
        }
    });
}
