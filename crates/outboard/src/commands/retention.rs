//! Forgetting what the settings let go: every hour while serving, and when asked.

use outboard_config::Settings;
use outboard_journal::{Journal, JournalError, Removed, Retention};
use outboard_types::now_ms;
use std::time::Duration;

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

/// Forgets now; blocks the thread.
pub(super) fn prune(journal: &Journal, settings: &Settings) -> Result<Removed, JournalError> {
    journal.retain(&retention(settings))
}

/// Forgets every hour for as long as this process lives.
pub(super) fn follow(journal: Journal, settings: &Settings) {
    let given = &settings.journal;
    if given.max_age.is_none() && given.max_bytes.is_none() && given.audit_max_age.is_none() {
        return;
    }
    let settings = settings.clone();
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(EVERY);
        loop {
            tick.tick().await;
            let (journal, settings) = (journal.clone(), settings.clone());
            match tokio::task::spawn_blocking(move || prune(&journal, &settings)).await {
                Ok(Ok(removed)) if removed != Removed::default() => tracing::info!(?removed, "forgotten"),
                Ok(Err(error)) => tracing::error!(%error, "old executions could not be forgotten"),
                _ => {}
            }
        }
    });
}
