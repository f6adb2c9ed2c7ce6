//! Why something with skills does not work, and what to do.

use std::io;
use std::path::Path;

/// What kind of failure it is; the program maps it to its own stable codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkillCode {
    /// There is no such skill, version or file.
    Unknown,
    /// What was given can not be a skill.
    Refused,
    /// The disk did not do what was asked.
    Disk,
}

/// Why something with skills does not work.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct SkillError {
    /// What kind of failure it is.
    pub code: SkillCode,
    /// What happened, and where.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl SkillError {
    /// There is no such thing.
    pub fn unknown(message: impl Into<String>) -> Self {
        Self { code: SkillCode::Unknown, message: message.into(), hint: None }
    }

    /// It can not be a skill.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { code: SkillCode::Refused, message: message.into(), hint: None }
    }

    /// The disk failed at a path.
    pub(crate) fn disk(path: &Path, error: &io::Error) -> Self {
        let message = format!("{}: {error}", path.display());
        let hint = "check that the folder is writable and the disk is not full; nothing was lost".to_owned();
        Self { code: SkillCode::Disk, message, hint: Some(hint) }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
