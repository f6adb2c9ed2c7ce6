//! What is set about type checkers.

use std::path::{Path, PathBuf};

/// Whether programs are shown to a type checker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TypeMode {
    /// Where one is found.
    #[default]
    Auto,
    /// Never.
    Off,
    /// Always: without one, programs do not run.
    Require,
}

/// Which type checkers look at programs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypeSettings {
    /// Whether any does.
    pub mode: TypeMode,
    /// TypeScript 7; looked for without it.
    pub typescript: Option<PathBuf>,
    /// ty; looked for without it.
    pub python: Option<PathBuf>,
}

impl TypeSettings {
    pub(crate) fn set(&mut self, key: &str, text: &str, folder: &Path) {
        match (key, text) {
            ("typescript", path) => self.typescript = Some(folder.join(path)),
            ("python", path) => self.python = Some(folder.join(path)),
            (_, "off") => self.mode = TypeMode::Off,
            (_, "require") => self.mode = TypeMode::Require,
            _ => self.mode = TypeMode::Auto,
        }
    }
}
