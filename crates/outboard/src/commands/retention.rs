//! Forgetting what the settings let go: every hour while serving, and when asked.

use crate::compose;
use outboard_config::Settings;
use outboard_execution::{Shelf, StateFolder};
use outboard_journal::{Journal, JournalError, Removed, Retention};
use outboard_types::{Principal, SessionName, now_ms};
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

/// Forgets now; blocks the thread. Gives what went of the journal, and how many sessions lost their files.
pub(super) fn prune(journal: &Journal, settings: &Settings) -> Result<(Removed, usize), JournalError> {
    let sessions = settings.session_max_age.map_or(Ok(0), |age| sessions(journal, settings, age))?;
    Ok((journal.retain(&retention(settings))?, sessions))
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

/// Forgets the copies of skills that programs of such sessions had. What waits for a person goes on waiting.
fn forget_copies(settings: &Settings, before: SystemTime, used: &[(Principal, SessionName)]) {
    let used: HashSet<_> = used.iter().map(|(principal, session)| Shelf::path_of(principal, session)).collect();
    match compose::shelf(settings).map(|shelf| shelf.collection().forget_copies(before, &used)) {
        Ok(Ok(0)) => {}
        Ok(Ok(sessions)) => tracing::info!(sessions, "copies of skills forgotten"),
        Ok(Err(error)) => tracing::error!(%error, "copies of skills of old sessions could not be removed"),
        Err(error) => tracing::error!(error = error.message(), "the folder of skills could not be looked at"),
    }
}

/// Forgets every hour for as long as this process lives.
pub(super) fn follow(journal: Journal, settings: &Settings) {
    let given = &settings.journal;
    let journal_keeps = given.max_age.is_none() && given.max_bytes.is_none() && given.audit_max_age.is_none();
    if journal_keeps && settings.session_max_age.is_none() {
        return;
    }
    let settings = settings.clone();
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(EVERY);
        loop {
            tick.tick().await;
            let (journal, settings) = (journal.clone(), settings.clone());
            match tokio::task::spawn_blocking(move || prune(&journal, &settings)).await {
                Ok(Ok((removed, sessions))) if sessions > 0 || removed != Removed::default() => {
                    tracing::info!(?removed, sessions, "forgotten");
                }
                Ok(Err(error)) => tracing::error!(%error, "old executions could not be forgotten"),
                _ => {}
            }
        }
    });
}
