//! Opens the file and sees that the key is the right one.

use super::Store;
use crate::error::VaultError;
use crate::key::KeySource;
use crate::seal::Sealer;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, TransactionBehavior};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// How long one process waits for another.
const PATIENCE: Duration = Duration::from_secs(10);

const VERSION: i64 = 1;

impl Store {
    /// Opens or makes the file, readable by its owner only.
    pub(crate) fn open(path: &Path, source: &KeySource) -> Result<Self, VaultError> {
        let failed = |error: std::io::Error| VaultError::Open { path: path.to_owned(), reason: error.to_string() };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(failed)?;
        OpenOptions::new().append(true).create(true).mode(0o600).open(path).map_err(failed)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(|error| explain(path, &error))?;
        Self::ready(connection, path, source)
    }

    /// A vault that ends with the process.
    pub(crate) fn memory(source: &KeySource) -> Result<Self, VaultError> {
        let path = Path::new("in memory");
        let connection = Connection::open_in_memory().map_err(|error| explain(path, &error))?;
        Self::ready(connection, path, source)
    }

    fn ready(mut connection: Connection, path: &Path, source: &KeySource) -> Result<Self, VaultError> {
        prepare(&mut connection).map_err(|error| explain(path, &error))?;
        let version: i64 =
            connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(|error| explain(path, &error))?;
        if version != VERSION {
            let reason =
                format!("it has version {version}, this program knows version {VERSION}; use a newer Outboard");
            return Err(VaultError::NotAVault { path: path.to_owned(), reason });
        }
        let sealer = checked_key(&mut connection, path, source)?;
        Ok(Self { connection: Mutex::new(connection), sealer })
    }
}

fn prepare(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", true)?;
    write_ahead(connection)?;
    let write = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let tables: i64 = write.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        write.execute_batch(include_str!("../store.sql"))?;
    }
    write.commit()
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

/// Reads the key and compares it with the one of the vault; the first key becomes that.
fn checked_key(connection: &mut Connection, path: &Path, source: &KeySource) -> Result<Sealer, VaultError> {
    let write = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(VaultError::write)?;
    let found = write.query_row("SELECT value FROM meta WHERE name = 'key'", [], |row| row.get(0)).optional();
    let sealed_with: Option<String> = found.map_err(|error| explain(path, &error))?;
    let key = source.read(sealed_with.is_none())?;
    let (path, given_from) = (path.to_owned(), source.name());
    let Some(key) = key else {
        return Err(VaultError::KeyMissing { path, sealed_with: sealed_with.unwrap_or_default(), given_from });
    };
    let sealer = Sealer::new(&key);
    match sealed_with {
        Some(sealed_with) if sealed_with != sealer.fingerprint() => {
            let given = sealer.fingerprint().to_owned();
            return Err(VaultError::WrongKey { path, sealed_with, given, given_from });
        }
        Some(_) => {}
        None => {
            let sql = "INSERT INTO meta (name, value) VALUES ('key', ?)";
            write.execute(sql, [sealer.fingerprint()]).map_err(VaultError::write)?;
            write.commit().map_err(VaultError::write)?;
        }
    }
    Ok(sealer)
}

fn explain(path: &Path, error: &rusqlite::Error) -> VaultError {
    let (path, reason) = (path.to_owned(), error.to_string());
    match error {
        rusqlite::Error::SqliteFailure(failure, _)
            if matches!(failure.code, ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) =>
        {
            VaultError::NotAVault { path, reason }
        }
        rusqlite::Error::SqliteFailure(failure, _) if failure.code != ErrorCode::Unknown => {
            VaultError::Open { path, reason }
        }
        _ => VaultError::NotAVault { path, reason },
    }
}
