//! Copies of sessions that nobody uses any more.

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

    /// Removes the copies of sessions that nobody used since a time; how many sessions that were. `used` are sessions,
    /// by their path `PRINCIPAL/SESSION`, that keep theirs in any case. What waits for a person stays.
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
        for session in folders(&principal.path())? {
            let (path, name) = (session.path(), Path::new(&principal.file_name()).join(session.file_name()));
            // Taking a copy and giving it back change the folder, so its time is that of the last program.
            let idle = session.metadata()?.modified()? < before && !used.contains(&name);
            if let Some(_held) = if idle { all_held(&path)? } else { None } {
                fs::remove_dir_all(&path)?;
                forgotten += 1;
            }
        }
    }
    Ok(forgotten)
}

/// The locks of all copies; none while a program has one.
fn all_held(session: &Path) -> io::Result<Option<Vec<File>>> {
    let mut held = Vec::new();
    for entry in fs::read_dir(session)?.flatten() {
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
