//! Forgetting: by age, by size, and giving the space back.

use crate::audit;
use crate::blobs::Blobs;
use crate::command::{Applied, Command, Context, Fault};
use crate::error::JournalError;
use crate::journal::Journal;
use crate::write::int;
use rusqlite::{Connection, params};
use std::path::PathBuf;
use std::time::Duration;

/// Executions removed in one transaction, so that writers do not wait long.
const BATCH: u32 = 100;

/// Pages given back in one transaction.
const PAGES: u32 = 1_000;

/// The name of the job that needs the audit key.
pub(crate) const PRUNING: &str = "pruning the audit log";

/// What may be forgotten; nothing by default. Executions that are not over always stay.
#[derive(Debug, Clone, Copy, Default)]
pub struct Retention {
    /// Now, in milliseconds since 1970.
    pub now_ms: u64,
    /// Executions that ended longer ago go, with all that belongs to them, and so does spending.
    pub max_age: Option<Duration>,
    /// While rows and values take more bytes, the executions that ended first go.
    pub max_bytes: Option<u64>,
    /// Audit rows that are older go, leaving a signed checkpoint; otherwise all stay.
    pub audit_max_age: Option<Duration>,
}

/// What was forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Executions, with their calls, intents, events and approvals.
    pub executions: u64,
    /// Files of large values that no row names any more; files of the last hour stay.
    pub blobs: u64,
    /// The bytes of those files.
    pub blob_bytes: u64,
    /// Audit rows.
    pub audit_rows: u64,
}

impl Journal {
    /// Forgets what may be forgotten and gives the space back; blocks the thread, other writers go on meanwhile.
    pub fn retain(&self, retention: &Retention) -> Result<Removed, JournalError> {
        let before = |age: Duration| retention.now_ms.saturating_sub(age.as_millis() as u64);
        let mut removed = Removed::default();
        if let Some(age) = retention.max_age {
            removed.executions += self.forget_ended(before(age))?;
        }
        if let Some(limit) = retention.max_bytes {
            removed.executions += self.forget_until(limit)?;
        }
        if let Some(age) = retention.audit_max_age {
            removed.audit_rows = self.prune_audit(before(age), retention.now_ms)?;
        }
        for folder in self.blobs().map(Blobs::folders).unwrap_or_default() {
            let (files, bytes) = self.sweep(folder)?;
            (removed.blobs, removed.blob_bytes) = (removed.blobs + files, removed.blob_bytes + bytes);
        }
        self.give_back()?;
        Ok(removed)
    }

    fn forget_ended(&self, before_ms: u64) -> Result<u64, JournalError> {
        let mut all = 0;
        loop {
            match self.count("removing executions", move |context| forget(context.connection, Some(before_ms)))? {
                (0, _) => break,
                (removed, _) => all += removed,
            }
        }
        let (_, _) = self.count("removing old rows", move |context| forget_loose(context.connection, before_ms))?;
        Ok(all)
    }

    fn forget_until(&self, limit: u64) -> Result<u64, JournalError> {
        let mut all = 0;
        while self.read(used)? > limit {
            match self.count("removing executions", |context| forget(context.connection, None))? {
                (0, _) => break,
                (removed, _) => all += removed,
            }
        }
        Ok(all)
    }

    fn prune_audit(&self, before_ms: u64, now_ms: u64) -> Result<u64, JournalError> {
        let (rows, _) = self.count(PRUNING, move |context| Ok((audit::prune(context, before_ms, now_ms)?, 0)))?;
        Ok(rows)
    }

    /// Under the write lock nobody can commit a row that names a file between the look and the removal.
    fn sweep(&self, folder: PathBuf) -> Result<(u64, u64), JournalError> {
        self.count("removing large values", move |context| {
            let mut named = context.connection.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM intents WHERE blob = ?1) OR EXISTS (SELECT 1 FROM events WHERE blob = ?1)",
            )?;
            Ok(Blobs::sweep(&folder, |name| named.query_row([name], |row| row.get(0)))?)
        })
    }

    fn give_back(&self) -> Result<(), JournalError> {
        if self.is_in_memory() {
            return Ok(());
        }
        self.make_shrinkable()?;
        while self.count("giving space back", |context| Ok((shrink(context.connection)?, 0)))?.0 > 0 {}
        // Best effort: a reader may hold the log.
        let _ = self.database().writer()?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        Ok(())
    }

    /// Files of the first version cannot shrink in steps; they are rewritten once, at the first retention.
    fn make_shrinkable(&self) -> Result<(), JournalError> {
        let mode: i64 =
            self.read(|connection| Ok(connection.query_row("PRAGMA auto_vacuum", [], |row| row.get(0))?))?;
        if mode == 0 {
            let writer = self.database().writer()?;
            writer.execute_batch("VACUUM").map_err(|error| JournalError::Write { reason: error.to_string() })?;
        }
        Ok(())
    }

    fn count(
        &self,
        what: &'static str,
        job: impl Fn(&Context<'_>) -> Result<(u64, u64), Fault> + Send + 'static,
    ) -> Result<(u64, u64), JournalError> {
        let job = move |context: &Context<'_>| job(context).map(|(rows, bytes)| Applied::Removed(rows, bytes));
        match self.wait(Command::Job(what, Box::new(job)))? {
            Applied::Removed(rows, bytes) => Ok((rows, bytes)),
            _ => Ok((0, 0)),
        }
    }
}

/// Removes the executions that ended first, at most a batch of them.
fn forget(connection: &Connection, before_ms: Option<u64>) -> Result<(u64, u64), Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM executions WHERE ended_ms IS NOT NULL AND ended_ms < ?1 ORDER BY ended_ms LIMIT ?2",
    )?;
    let before = before_ms.map_or(i64::MAX, int);
    let ids = statement.query_map(params![before, BATCH], |row| row.get::<_, String>(0))?;
    let ids = ids.collect::<rusqlite::Result<Vec<_>>>()?;
    for id in &ids {
        for table in ["calls", "intents", "events", "approvals", "orders", "state_changes", "marks", "tokens"] {
            connection.prepare_cached(&format!("DELETE FROM {table} WHERE execution = ?1"))?.execute([id])?;
        }
        connection.prepare_cached("DELETE FROM executions WHERE id = ?1")?.execute([id])?;
    }
    Ok((ids.len() as u64, 0))
}

/// Removes old rows that belong to no execution: direct calls, and spending.
fn forget_loose(connection: &Connection, before_ms: u64) -> Result<(u64, u64), Fault> {
    let before = int(before_ms);
    let gone = "execution NOT IN (SELECT id FROM executions)";
    let mut rows = connection.execute(&format!("DELETE FROM calls WHERE started_ms < ?1 AND {gone}"), [before])?;
    rows += connection.execute(&format!("DELETE FROM approvals WHERE expires_ms < ?1 AND {gone}"), [before])?;
    let marks = format!("DELETE FROM marks WHERE at_us < ?1 * 1000 AND {gone}");
    rows += connection.execute(&marks, [before])?;
    rows += connection.execute(&format!("DELETE FROM tokens WHERE at_ms < ?1 AND {gone}"), [before])?;
    rows += connection.execute("DELETE FROM alerts WHERE at_ms < ?1", [before])?;
    rows += connection.execute("DELETE FROM spending WHERE at_ms < ?1", [before])?;
    Ok((rows as u64, 0))
}

/// The bytes that rows and the large values they name take.
fn used(connection: &Connection) -> Result<u64, JournalError> {
    let number = |text: &str| connection.query_row(text, [], |row| row.get::<_, i64>(0));
    let pages = number("PRAGMA page_count")? - number("PRAGMA freelist_count")?;
    let blobs = "SELECT coalesce(sum(bytes), 0) FROM (SELECT blob, max(bytes) AS bytes FROM
        (SELECT blob, bytes FROM intents WHERE blob IS NOT NULL
         UNION ALL SELECT blob, bytes FROM events WHERE blob IS NOT NULL) GROUP BY blob)";
    Ok((pages * number("PRAGMA page_size")? + number(blobs)?).cast_unsigned())
}

/// Gives some pages back; says how many more there are.
fn shrink(connection: &Connection) -> rusqlite::Result<u64> {
    let free = || connection.query_row("PRAGMA freelist_count", [], |row| row.get::<_, i64>(0));
    let before = free()?;
    let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    drop(rows);
    let after = free()?;
    // Without progress there is no use in asking again.
    Ok(if after < before { after.cast_unsigned() } else { 0 })
}
