//! Says when a head is to be signed: after many rows, after a while, at a flush and at the end.

use super::chain::tail;
use super::signer::{Head, Signer};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Most rows that no head covers.
const ROWS: usize = 256;

/// Longest time that rows go without a head.
const WHILE: Duration = Duration::from_secs(5);

/// Signs heads for the writer; does nothing for a journal in memory.
pub(crate) struct Sealer {
    folder: Option<PathBuf>,
    signer: Option<Signer>,
    /// Rows in the transaction under way, and rows committed since the last head.
    pending: usize,
    uncovered: usize,
    since: Instant,
}

impl Sealer {
    /// Seals the log of a database in this folder.
    pub(crate) fn new(folder: Option<&Path>) -> Self {
        let folder = folder.map(Path::to_owned);
        Self { folder, signer: None, pending: 0, uncovered: 0, since: Instant::now() }
    }

    pub(crate) fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
    }

    pub(crate) fn is_due_soon(&self) -> bool {
        self.uncovered > 0
    }

    /// Makes sure of key and first head before the first row is written: a head that is missing later was removed.
    pub(crate) fn before_commit(
        &mut self,
        connection: &Connection,
        entries: usize,
        prunes: bool,
    ) -> Result<(), String> {
        self.pending = entries;
        if entries > 0 || prunes { self.prepare(connection) } else { Ok(()) }
    }

    fn prepare(&mut self, connection: &Connection) -> Result<(), String> {
        let Some(folder) = self.folder.as_ref().filter(|_| self.signer.is_none()) else { return Ok(()) };
        let failed = |error: std::io::Error| format!("the audit log's key or head: {error}");
        let signer = Signer::open(folder).map_err(failed)?;
        let (seq, hash) = tail(connection).map_err(|error| error.to_string())?;
        if seq == 0 {
            signer.write_head(&signer.sign("head", 0, hash, 0), true).map_err(failed)?;
        }
        self.signer = Some(signer);
        Ok(())
    }

    /// Counts what was committed and signs if it is time.
    pub(crate) fn after_commit(&mut self, connection: &Connection, flush: bool) {
        if self.uncovered == 0 {
            self.since = Instant::now();
        }
        self.uncovered += std::mem::take(&mut self.pending);
        if self.uncovered >= ROWS || flush || self.since.elapsed() > WHILE {
            self.seal(connection);
        }
    }

    /// Signs where the chain ends now.
    pub(crate) fn seal(&mut self, connection: &Connection) {
        let Some(signer) = self.signer.as_ref().filter(|_| self.uncovered > 0) else { return };
        let result = head(connection, signer)
            .and_then(|head| signer.write_head(&head, false).map_err(|error| error.to_string()));
        match result {
            Ok(()) => self.uncovered = 0,
            Err(reason) => tracing::error!(reason, "the head of the audit log cannot be written"),
        }
        self.since = Instant::now();
    }
}

fn head(connection: &Connection, signer: &Signer) -> Result<Head, String> {
    let at = "SELECT at_ms FROM audit ORDER BY seq DESC LIMIT 1";
    let (seq, hash) = tail(connection).map_err(|error| error.to_string())?;
    let at_ms: i64 = connection.query_row(at, [], |row| row.get(0)).map_err(|error| error.to_string())?;
    Ok(signer.sign("head", seq, hash, at_ms.cast_unsigned()))
}
