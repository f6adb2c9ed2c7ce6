//! The generated files on disk, one folder a digest.

use crate::CodeApi;
use std::io;
use std::path::{Path, PathBuf};

/// The files could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct MaterialiseError {
    /// Where.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// Writes the files below `root` in a folder named by their digest, and gives its path. A folder that is
/// there already is complete, because it got its name last; nothing is written then.
///
/// # Errors
/// With the path that could not be written.
pub fn materialise(api: &CodeApi, root: &Path) -> Result<PathBuf, MaterialiseError> {
    let target = root.join(api.digest.short());
    if target.is_dir() {
        return Ok(target);
    }
    let draft = root.join(format!(".{}.{}", api.digest.short(), std::process::id()));
    let _ = std::fs::remove_dir_all(&draft);
    for (name, text) in &api.files {
        let path = draft.join(name);
        write(&path, text).map_err(|source| MaterialiseError { path, source })?;
    }
    match std::fs::rename(&draft, &target) {
        Ok(()) => Ok(target),
        // Another process was faster with the same content.
        Err(_) if target.is_dir() => {
            std::fs::remove_dir_all(&draft).map(|()| target).map_err(|source| MaterialiseError { path: draft, source })
        }
        Err(source) => Err(MaterialiseError { path: target, source }),
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)
}
