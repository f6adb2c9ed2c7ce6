//! Copies of principals who do not use them any more.

use crate::{Library, SkillError};
use std::collections::HashSet;
use std::fs::{self, DirEntry, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

impl Library {
    pub(crate) fn copies(&self) -> PathBuf {
        self.history.beside("copies")
    }

    /// Removes the copies of principals who used none since a time; how many principals that were. Those of `used`
    /// sessions, by their path `PRINCIPAL/SESSION`, keep theirs in any case. What waits for a person stays.
    ///
    /// # Errors
    /// If the disk refuses.
    pub fn forget_copies(&self, before: SystemTime, used: &HashSet<PathBuf>) -> Result<usize, SkillError> {
        let root = self.copies();
        let forgotten = forget(&root, before, used);
        forgotten.map_err(|error| SkillError::disk(&root, &error))
    }
}

fn forget(root: &Path, before: SystemTime, used: &HashSet<PathBuf>) -> io::Result<usize> {
    let mut forgotten = 0;
    for principal in folders(root)? {
        let name = principal.file_name();
        // Taking a copy and giving it back change the folder, so its time is that of the last program.
        let idle = principal.metadata()?.modified()? < before && !used.iter().any(|one| one.starts_with(&name));
        if let Some(_held) = if idle { all_held(&principal.path())? } else { None } {
            outboard_held::remove_tree(&principal.path())?;
            forgotten += 1;
        }
    }
    Ok(forgotten)
}

/// The locks of all copies; none while a program has one.
fn all_held(copies: &Path) -> io::Result<Option<Vec<File>>> {
    let mut held = Vec::new();
    for entry in fs::read_dir(copies)?.flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "lock") {
            let file = File::open(entry.path())?;
            if file.try_lock().is_err() {
                return Ok(None);
            }
            held.push(file);
        }
    }
    Ok(Some(held))
}

fn folders(folder: &Path) -> io::Result<Vec<DirEntry>> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => Ok(entries?.flatten().filter(|entry| entry.path().is_dir()).collect()),
    }
}
