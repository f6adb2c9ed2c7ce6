//! Where the database is, and how connections to it are made.

use crate::error::JournalError;
use crate::network;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a connection waits for another process.
const PATIENCE: Duration = Duration::from_secs(5);

/// Most idle connections kept for reading.
const MAX_IDLE: usize = 4;

/// Files up to this size are checked whole when they are opened; that takes some 0.1 s.
const CHECKED: u64 = 32 * 1024 * 1024;

/// One database, in a file or in memory.
pub(crate) struct Database {
    path: PathBuf,
    in_memory: bool,
    idle: Mutex<Vec<Connection>>,
    /// Kept for [`changes`](Self::changes), which compares what one connection saw.
    watch: Mutex<Option<Connection>>,
}

impl Database {
    /// A file; it and its folder are made if absent, readable by their owner only.
    pub(crate) fn file(path: &Path) -> Result<Self, JournalError> {
        let failed = |error: std::io::Error| JournalError::Open { path: path.to_owned(), reason: error.to_string() };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(failed)?;
        if let Some(kind) = network::kind(folder) {
            return Err(JournalError::Network { path: path.to_owned(), kind });
        }
        // SQLite gives its side files the mode of the main one.
        OpenOptions::new().append(true).create(true).mode(0o600).open(path).map_err(failed)?;
        Ok(Self::new(path.to_owned(), false))
    }

    /// A database that lives as long as a connection to it is open.
    pub(crate) fn memory() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        // Names that begin with a slash are shared between the connections of one process.
        let name = format!("file:/outboard-journal-{}?vfs=memdb", NUMBER.fetch_add(1, Ordering::Relaxed));
        Self::new(name.into(), true)
    }

    fn new(path: PathBuf, in_memory: bool) -> Self {
        Self { path, in_memory, idle: Mutex::default(), watch: Mutex::default() }
    }

    /// The same one, with connections of its own.
    #[cfg(any(test, feature = "faults"))]
    pub(crate) fn again(&self) -> Self {
        Self::new(self.path.clone(), self.in_memory)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn is_in_memory(&self) -> bool {
        self.in_memory
    }

    /// The folder of the file.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    /// A number that changes when something was committed.
    pub(crate) fn changes(&self) -> Result<u64, JournalError> {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match &mut *watch {
            Some(connection) => connection,
            none => none.insert(self.reader()?),
        };
        let version: i64 = connection.query_row("PRAGMA data_version", [], |row| row.get(0))?;
        Ok(version.cast_unsigned())
    }

    /// Looks for damage: all of a small file; of a large one the first table, to keep opening quick.
    pub(crate) fn check(&self, connection: &Connection) -> Result<(), JournalError> {
        let large = std::fs::metadata(&self.path).is_ok_and(|metadata| metadata.len() > CHECKED);
        let check = if large { "PRAGMA quick_check('approvals')" } else { "PRAGMA quick_check(1)" };
        let found: String = connection.query_row(check, [], |row| row.get(0)).map_err(|error| self.explain(error))?;
        if found == "ok" {
            return Ok(());
        }
        Err(JournalError::NotAJournal { path: self.path.clone(), reason: found.chars().take(200).collect() })
    }

    /// A connection for the writer. Every commit reaches the disk before it counts.
    pub(crate) fn writer(&self) -> Result<Connection, JournalError> {
        let connection = self.connect().map_err(|error| self.explain(error))?;
        // Before the first table is made, so that the file can shrink in steps later.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").map_err(|error| self.explain(error))?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(|error| self.explain(error))?;
        if !self.in_memory {
            write_ahead(&connection).map_err(|error| self.explain(error))?;
        }
        Ok(connection)
    }

    /// Runs a read on a connection of its own.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, JournalError>) -> Result<T, JournalError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.reader()?,
        };
        let result = work(&connection);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(connection);
        }
        result
    }

    fn reader(&self) -> Result<Connection, JournalError> {
        let connection = self.connect()?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if self.in_memory {
            flags |= OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_CREATE;
        }
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(PATIENCE)?;
        Ok(connection)
    }

    /// Tells a file of another kind from one that cannot be reached.
    pub(crate) fn explain(&self, error: rusqlite::Error) -> JournalError {
        let (path, reason) = (self.path.clone(), error.to_string());
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => JournalError::NotAJournal { path, reason },
            _ => JournalError::Open { path, reason },
        }
    }
}

/// Turns on write-ahead logging. While another process does the same SQLite may say "busy" without waiting.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let turn_on = || connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()));
    for _ in 0..100 {
        match turn_on() {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {
                std::thread::sleep(Duration::from_millis(20));
            }
            other => return other,
        }
    }
    turn_on()
}
