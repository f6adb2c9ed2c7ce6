//! The generated files on disk, one folder a digest.

use crate::api::{CodeApi, Generated, generate_beside};
use crate::made::{Made, Print};
use outboard_catalog::Catalogue;
use std::collections::{BTreeMap, BTreeSet};
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

/// A code API on disk, and what the next one can take over from it.
#[derive(Debug)]
pub struct Published {
    /// Its folder: `/servers` in the jail.
    pub folder: PathBuf,
    made: Made,
}

/// Generates the code API of a catalogue and writes it below `root`. The files of tools that are the same in `before` are
/// neither generated nor written again: both folders have them.
///
/// # Errors
/// With the path that could not be written.
pub fn publish(catalogue: &Catalogue, root: &Path, before: Option<&Published>) -> Result<Published, MaterialiseError> {
    let none = Made::default();
    let Generated { api, kept, made } = generate_beside(catalogue, before.map_or(&none, |before| &before.made));
    let all = All { api: &api, kept: &kept, before: before.map_or(root, |before| &before.folder) };
    match (all.written(root), before) {
        // Somebody removed the folder before, or the disk has no links.
        (Err(_), Some(_)) => publish(catalogue, root, None),
        (folder, _) => Ok(Published { folder: folder?, made }),
    }
}

/// Writes the files below `root` in a folder named by their digest, and gives its path. Everything is
/// written to a draft first, which gets the name at the end; a folder that has the name and all files in
/// their full length is used as it is.
///
/// # Errors
/// With the path that could not be written.
pub fn materialise(api: &CodeApi, root: &Path) -> Result<PathBuf, MaterialiseError> {
    All { api, kept: &BTreeMap::new(), before: root }.written(root)
}

/// Texts to write, and files to take over from a folder.
#[derive(Clone, Copy)]
struct All<'a> {
    api: &'a CodeApi,
    kept: &'a BTreeMap<String, Print>,
    before: &'a Path,
}

impl All<'_> {
    fn written(self, root: &Path) -> Result<PathBuf, MaterialiseError> {
        let target = root.join(self.api.digest.short());
        if self.is_complete(&target) {
            return Ok(target);
        }
        let draft = draft(self.api, root);
        let written = self.write(&draft).and_then(|()| self.publish(&draft, &target));
        if written.is_err() {
            let _ = fs::remove_dir_all(&draft);
        }
        written.map(|()| target)
    }
}

/// A name that no other thread or process uses.
fn draft(api: &CodeApi, root: &Path) -> PathBuf {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    root.join(format!(".{}.{}.{number}", api.digest.short(), std::process::id()))
}

impl All<'_> {
    /// A power cut may leave files that are there and empty.
    fn is_complete(self, target: &Path) -> bool {
        let texts = self.api.files.iter().map(|(name, text)| (name, text.len() as u64));
        let mut all = texts.chain(self.kept.iter().map(|(name, print)| (name, print.length)));
        target.is_dir() && all.all(|(name, length)| is_whole(&target.join(name), length))
    }

    fn write(self, draft: &Path) -> Result<(), MaterialiseError> {
        // What an earlier process of the same number left behind.
        let _ = fs::remove_dir_all(draft);
        let mut folders = BTreeSet::from([draft.to_owned()]);
        for name in self.api.files.keys().chain(self.kept.keys()) {
            let path = draft.join(inside(name).map_err(at(draft))?);
            let above = path.ancestors().skip(1).take_while(|folder| !folders.contains(*folder));
            folders.extend(above.map(Path::to_owned).collect::<Vec<_>>());
        }
        for folder in &folders {
            fs::create_dir_all(folder).and_then(|()| allow(folder, 0o755)).map_err(at(folder))?;
        }
        for (name, text) in &self.api.files {
            let path = draft.join(name);
            fs::write(&path, text).and_then(|()| allow(&path, 0o644)).map_err(at(&path))?;
        }
        self.kept.iter().try_for_each(|(name, print)| self.link(draft, name, print.length))
    }

    /// Gives a file of the folder before a second name; nobody ever writes to either.
    fn link(self, draft: &Path, name: &str, length: u64) -> Result<(), MaterialiseError> {
        let path = draft.join(name);
        fs::hard_link(self.before.join(name), &path).map_err(at(&path))?;
        let cut = || io::Error::new(io::ErrorKind::InvalidData, "it is not whole");
        is_whole(&path, length).then_some(()).ok_or_else(cut).map_err(at(&path))
    }

    /// Gives the draft its name. Another process may have been faster; what is there but damaged is moved away,
    /// so that a jail that still reads it keeps its files until they are removed.
    fn publish(self, draft: &Path, target: &Path) -> Result<(), MaterialiseError> {
        for _ in 0..3 {
            if fs::rename(draft, target).is_ok() {
                return Ok(());
            }
            if self.is_complete(target) {
                return fs::remove_dir_all(draft).map_err(at(draft));
            }
            let old = draft.with_extension("old");
            let _ = fs::rename(target, &old).and_then(|()| fs::remove_dir_all(&old));
        }
        fs::rename(draft, target).map_err(at(target))
    }
}

fn is_whole(path: &Path, length: u64) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() == length)
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

fn at(path: &Path) -> impl Fn(io::Error) -> MaterialiseError {
    move |source| MaterialiseError { path: path.to_owned(), source }
}
