//! Why nobody can come in, or one did not.

use std::io;
use std::path::PathBuf;

/// A door that cannot be opened, or a visitor that was turned away.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A file of the door could not be made or read.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process listens here.
    #[error("{0} is open in another process")]
    Taken(PathBuf),
    /// What came is no [`Hello`](crate::Hello).
    #[error("the first line is no greeting: {0}")]
    Garbled(String),
    /// It belongs to somebody else.
    #[error("a process of user {0} came")]
    Foreign(u32),
    /// It does not know the key.
    #[error("the key is not that of this door; write the modules anew with `outboard generate DIR --connect`")]
    Key,
    /// It said nothing for too long, or went away.
    #[error("the process said nothing")]
    Silent,
}

impl ConnectError {
    pub(crate) fn file(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::File { path: path.to_owned(), source }
    }
}
