//! What is wrong with settings: each problem names file, line and key.

use std::fmt;
use std::path::PathBuf;

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
        write!(f, ": {}", self.message)
    }
}

/// Settings that cannot be used; at most 20 problems.
#[derive(Debug, Clone, thiserror::Error)]
pub struct SettingsError {
    /// The problems, in the order of the files and their lines.
    pub problems: Vec<Problem>,
}

impl SettingsError {
    pub(crate) fn new(mut problems: Vec<Problem>) -> Self {
        problems.truncate(TOLD);
        Self { problems }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.problems.iter().map(Problem::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}
