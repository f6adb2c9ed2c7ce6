//! What can go wrong with a journal.

use outboard_types::Digest;
use std::path::PathBuf;

/// Why a journal could not be opened, read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The file could not be created or opened.
    #[error("the journal {path} cannot be opened: {reason}; check the folder's permissions and free space")]
    Open {
        /// Where it was looked for.
        path: PathBuf,
        /// What the system or SQLite says.
        reason: String,
    },
    /// The file is something else, or damaged beyond use.
    #[error("{path} is not a usable journal: {reason}; move it away to begin a new one, or restore it from a copy")]
    NotAJournal {
        /// Which file.
        path: PathBuf,
        /// How that was seen.
        reason: String,
    },
    /// A later version of Outboard wrote the file.
    #[error("the journal {path} has schema version {found}, this program knows up to {known}; use a newer Outboard")]
    Newer {
        /// Which file.
        path: PathBuf,
        /// The version it has.
        found: u32,
        /// The latest version known here.
        known: u32,
    },
    /// The folder is on another machine, where the locks of the database do not hold.
    #[error(
        "the journal {path} would lie on a network file system ({kind}); set `state_dir` to a folder of this machine"
    )]
    Network {
        /// Where it was to be.
        path: PathBuf,
        /// The kind of file system.
        kind: String,
    },
    /// A transaction failed; what was to be recorded is not.
    #[error("the journal could not be written: {reason}; check the free space and the state of the disk")]
    Write {
        /// What the system or SQLite says.
        reason: String,
    },
    /// A record does not fit what is recorded already.
    #[error("the journal refused {reason}")]
    Refused {
        /// Which, and why.
        reason: String,
    },
    /// A large value is not to be had.
    #[error("the value {digest} of the journal cannot be read: {reason}")]
    Blob {
        /// Its digest.
        digest: Digest,
        /// Why.
        reason: String,
    },
    /// An execution cannot be exported or imported.
    #[error("the execution cannot be exchanged: {reason}")]
    Exchange {
        /// Why.
        reason: String,
    },
    /// A text cannot be opened.
    #[error("the journal's texts cannot be opened: {reason}; give the key that they were written with (privacy.key)")]
    Sealed {
        /// Why.
        reason: String,
    },
    /// A read failed.
    #[error("the journal cannot be read: {reason}")]
    Read {
        /// What SQLite says.
        reason: String,
    },
    /// A row holds a value that this program does not understand.
    #[error("the journal holds {what} {value:?}, which this program does not understand")]
    Unreadable {
        /// What kind of value.
        what: &'static str,
        /// The value, cut to 80 characters.
        value: String,
    },
    /// Records could not be written: the journal has gaps.
    #[error("{records} journal record(s) could not be written, the first because: {reason}")]
    Lost {
        /// How many since the journal was opened.
        records: u64,
        /// Why the first was lost.
        reason: String,
    },
    /// The writer thread has ended, so nothing more is recorded.
    #[error("the journal's writer has stopped; nothing more is recorded until Outboard is restarted")]
    Stopped,
}

impl From<rusqlite::Error> for JournalError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Read { reason: error.to_string() }
    }
}
