//! What a report says about skills.

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// What an execution had to do with skills.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SkillReport {
    /// Skills that the program imported, those that they import included.
    pub used: Vec<SkillUse>,
    /// What became of skills that it changed.
    pub saved: Vec<SkillNote>,
    /// Lines of the program itself.
    pub lines: u64,
}

/// A skill that was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkillUse {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its lines of code.
    pub lines: u64,
    /// Its bytes of code.
    pub bytes: u64,
}

/// What became of a skill that a program changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkillNote {
    /// Its name.
    pub name: String,
    /// `saved`, `waiting` or `refused`.
    pub status: String,
    /// How it is imported, or why it was refused.
    pub text: String,
}

impl SkillReport {
    /// Lines for the model.
    pub(crate) fn write(&self, text: &mut String) {
        for note in self.saved.iter().take(10) {
            let _ = write!(text, "\nskill {} {}: {}", note.name, note.status, note.text);
        }
        if self.saved.len() > 10 {
            let _ = write!(text, "\nand {} more skills", self.saved.len() - 10);
        }
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.used.is_empty() && self.saved.is_empty()
    }
}
