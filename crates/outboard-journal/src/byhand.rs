//! A journal whose disk does only what it is told: what a simulation writes with, one transaction at a time.

use crate::command::Message;
use crate::database::Database;
use crate::error::JournalError;
use crate::faults::FaultKind;
use crate::journal::{Journal, by_hand};
use crate::writer::Writer;
use rusqlite::Connection;

/// What outlives the processes of a simulation: a database in memory.
pub struct Platter {
    database: Database,
    /// The database lives as long as a connection to it is open.
    _kept: Connection,
}

impl Platter {
    /// A new one.
    pub fn new() -> Result<Self, JournalError> {
        let database = Database::memory();
        let kept = database.writer()?;
        Ok(Self { database, _kept: kept })
    }

    /// Opens the journal as the process of this number. Processes of other numbers count as gone, and what they
    /// go on to write is refused where this one took it over.
    pub fn open(&self, process: u64) -> Result<(Journal, Disk), JournalError> {
        let (journal, writer) = by_hand(self.database.again(), &format!("by-hand - {process} {process}"))?;
        Ok((journal, Disk { writer, group: Vec::new() }))
    }
}

/// What stands behind a journal that was opened by hand. Dropping it is the end of its process: what was not
/// written is gone.
pub struct Disk {
    writer: Writer,
    group: Vec<Message>,
}

impl Disk {
    /// Writes at most so many of the records that wait, as one transaction; gives how many those were.
    pub fn write(&mut self, most: usize) -> usize {
        let (waited, most) = (self.group.len(), most.saturating_sub(self.group.len()));
        self.group.extend(self.writer.waiting().take(most));
        let taken = self.group.len();
        if taken > 0 {
            self.writer.commit(&mut self.group);
        }
        taken.max(waited)
    }

    /// The next transaction fails like this, and the one after it is tried as usual.
    pub fn fail_next(&mut self, kind: FaultKind) {
        self.writer.fail_next(kind);
    }
}
