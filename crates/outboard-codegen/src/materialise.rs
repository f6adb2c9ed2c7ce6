//! The generated files on disk, one folder a digest.

use crate::CodeApi;
use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// The files could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the generated modules to {path}: {source}")]
pub struct MaterialiseError {
    /// Where.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// Writes the files below `root` in a folder named by their digest, and gives its path. Everything is
/// written to a draft first, which gets the name at the end; a folder that has the name and all files in
/// their full length is used as it is.
///
/// # Errors
/// With the path that could not be written.
pub fn materialise(api: &CodeApi, root: &Path) -> Result<PathBuf, MaterialiseError> {
    let target = root.join(api.digest.short());
    if is_complete(api, &target) {
        return Ok(target);
    }
    let draft = draft(api, root);
    let written = write_all(api, &draft).and_then(|()| publish(api, &draft, &target));
    if written.is_err() {
        let _ = fs::remove_dir_all(&draft);
    }
    written.map(|()| target)
}

/// A name that no other thread or process uses.
fn draft(api: &CodeApi, root: &Path) -> PathBuf {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    root.join(format!(".{}.{}.{number}", api.digest.short(), std::process::id()))
}

/// A power cut may leave files that are there and empty.
fn is_complete(api: &CodeApi, target: &Path) -> bool {
    let whole = |(name, text): (&String, &String)| {
        fs::metadata(target.join(name)).is_ok_and(|found| found.is_file() && found.len() == text.len() as u64)
    };
    target.is_dir() && api.files.iter().all(whole)
}

fn write_all(api: &CodeApi, draft: &Path) -> Result<(), MaterialiseError> {
    // What an earlier process of the same number left behind.
    let _ = fs::remove_dir_all(draft);
    let mut folders = BTreeSet::from([draft.to_owned()]);
    for name in api.files.keys() {
        let path = draft.join(inside(name).map_err(at(draft))?);
        folders.extend(path.ancestors().skip(1).take_while(|folder| *folder != draft).map(Path::to_owned));
    }
    for folder in &folders {
        fs::create_dir_all(folder).and_then(|()| allow(folder, 0o755)).map_err(at(folder))?;
    }
    for (name, text) in &api.files {
        let path = draft.join(name);
        fs::write(&path, text).and_then(|()| allow(&path, 0o644)).map_err(at(&path))?;
    }
    Ok(())
}

/// Writes a file unless it is there with the same text; says whether it did. It gets its name at the end.
pub(crate) fn replaced(root: &Path, name: &str, text: &str) -> Result<bool, MaterialiseError> {
    let path = root.join(inside(name).map_err(at(root))?);
    if fs::read(&path).is_ok_and(|found| found == text.as_bytes()) {
        return Ok(false);
    }
    let folder = path.parent().unwrap_or(root);
    fs::create_dir_all(folder).map_err(at(folder))?;
    let draft = folder.join(format!(".{}.draft", std::process::id()));
    let written = fs::write(&draft, text).and_then(|()| fs::rename(&draft, &path)).map_err(at(&path));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written.map(|()| true)
}

/// A path that stays below the folder that it is joined to.
fn inside(name: &str) -> io::Result<&Path> {
    let path = Path::new(name);
    let plain = !name.is_empty() && path.components().all(|part| matches!(part, Component::Normal(_)));
    plain
        .then_some(path)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, format!("{name:?} leads elsewhere")))
}

fn allow(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Gives the draft its name. Another process may have been faster; what is there but damaged is moved away,
/// so that a jail that still reads it keeps its files until they are removed.
fn publish(api: &CodeApi, draft: &Path, target: &Path) -> Result<(), MaterialiseError> {
    for _ in 0..3 {
        if fs::rename(draft, target).is_ok() {
            return Ok(());
        }
        if is_complete(api, target) {
            return fs::remove_dir_all(draft).map_err(at(draft));
        }
        let old = draft.with_extension("old");
        let _ = fs::rename(target, &old).and_then(|()| fs::remove_dir_all(&old));
    }
    fs::rename(draft, target).map_err(at(target))
}

fn at(path: &Path) -> impl Fn(io::Error) -> MaterialiseError {
    move |source| MaterialiseError { path: path.to_owned(), source }
}
