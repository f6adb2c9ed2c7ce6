//! What can be wrong with a file as a whole.

use crate::LONGEST_FILE;

/// The line of a place, from 1.
pub(crate) fn line(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}

impl HostError {
    /// A text that is no TOML.
    pub(crate) fn toml(text: &str, error: &toml_edit::TomlError) -> Self {
        let line = error.span().map_or(0, |span| line(text, span.start));
        Self::Syntax { format: "TOML", line, message: error.message().to_owned() }
    }
}

/// A file that cannot be read or changed. Nothing of its content is shown: it may hold secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// The file is larger than is read.
    #[error("has {0} bytes; at most {LONGEST_FILE} are read")]
    TooLong(usize),
    /// It is not what its name says.
    #[error("line {line}: not {format}: {message}")]
    Syntax {
        /// The format that was expected.
        format: &'static str,
        /// The line, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// Where the servers should be is something else.
    #[error("`{0}` is not a table of servers")]
    NoTable(String),
    /// It holds more servers than are looked at.
    #[error("holds more than 1,000 servers")]
    TooMany,
    /// It is written in a way that cannot be changed without touching the rest.
    #[error("cannot be changed without touching the rest of it: {0}; change it by hand")]
    Unwritable(&'static str),
}
