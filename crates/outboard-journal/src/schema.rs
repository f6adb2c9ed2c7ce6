//! The tables, and how a file of an earlier version becomes one of this.

use crate::database::Database;
use crate::error::JournalError;
use rusqlite::{Connection, TransactionBehavior};

/// Marks the file as ours in its header (`OBjl`).
const APPLICATION: i32 = 0x4f42_6a6c;

/// The steps from one version to the next; step 0 makes version 1. Never edit one that was released.
const STEPS: &[&str] = &[
    include_str!("schema_1.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
];

/// The version this program writes.
pub(crate) const VERSION: u32 = STEPS.len() as u32;

/// Checks whose file it is and brings it to this version.
pub(crate) fn prepare(connection: &mut Connection, database: &Database) -> Result<(), JournalError> {
    let seen = Seen::look(connection).map_err(|error| database.explain(error))?;
    let path = database.path().to_owned();
    if !seen.ours() {
        return Err(JournalError::NotAJournal { path, reason: "it is a database of another program".to_owned() });
    }
    if seen.version > VERSION {
        return Err(JournalError::Newer { path, found: seen.version, known: VERSION });
    }
    if seen.version < VERSION {
        migrate(connection).map_err(|error| database.explain(error))?;
    }
    Ok(())
}

/// What tells whose file it is.
struct Seen {
    application: i32,
    version: u32,
    tables: u32,
}

impl Seen {
    fn look(connection: &Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            application: connection.query_row("PRAGMA application_id", [], |row| row.get(0))?,
            version: version(connection)?,
            tables: connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?,
        })
    }

    /// A file of ours, or one that nobody has used.
    fn ours(&self) -> bool {
        self.application == APPLICATION || (self.application == 0 && self.version == 0 && self.tables == 0)
    }
}

fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been quicker.
    let found = version(&transaction)?;
    for step in STEPS.iter().skip(found as usize) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}
