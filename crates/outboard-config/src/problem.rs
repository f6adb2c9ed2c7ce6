//! What is wrong with settings: each problem names file, line and key.

use outboard_types::ErrorCode;
use std::fmt;
use std::path::{Path, PathBuf};

/// Most problems told at once.
const TOLD: usize = 20;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; 0 where the file as a whole is meant.
    pub line: usize,
    /// The dotted key; empty where the file as a whole is meant.
    pub key: String,
    /// What is wrong and what was expected.
    pub message: String,
    /// What to do about it, where that is more than following the message.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem without a hint.
    pub(crate) fn new(file: &Path, line: usize, key: impl Into<String>, fault: impl Into<Fault>) -> Self {
        let Fault { message, hint } = fault.into();
        Self { file: file.to_owned(), line, key: key.into(), message, hint }
    }
}

/// A problem whose place is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Fault {
    pub(crate) fn hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()) }
    }

    /// Says in which field of a larger thing it is.
    pub(crate) fn within(mut self, field: &str) -> Self {
        self.message = format!("{field}: {}", self.message);
        self
    }
}

impl<T: Into<String>> From<T> for Fault {
    fn from(message: T) -> Self {
        Self { message: message.into(), hint: None }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}", self.message)?;
        self.hint.iter().try_for_each(|hint| write!(f, "; {hint}"))
    }
}

/// Settings that cannot be used; at most 20 problems.
#[derive(Debug, Clone, thiserror::Error)]
pub struct SettingsError {
    /// The problems, in the order of the files and their lines.
    pub problems: Vec<Problem>,
}

impl SettingsError {
    /// Orders problems by line within each file; the files stay in the order in which they were read.
    pub(crate) fn new(mut problems: Vec<Problem>, files: &[PathBuf]) -> Self {
        let place = |file: &Path| files.iter().position(|read| read == file).unwrap_or(files.len());
        problems.sort_by_key(|problem| (place(&problem.file), problem.line));
        problems.truncate(TOLD);
        Self { problems }
    }

    /// The stable code of this failure.
    pub fn code(&self) -> ErrorCode {
        ErrorCode::InvalidSettings
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.problems.iter().map(Problem::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}
