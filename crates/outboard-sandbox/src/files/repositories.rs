//! Git repositories beneath a writable folder: their hooks and settings name programs that Git runs.

use super::Shielded;
use crate::sys::beneath;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const NAME: &str = ".git";
/// How deep a folder may be to be looked at: before a program, where repositories are expected; after it, anywhere
/// that a path can name.
const MOST_DEPTH: usize = 8;
const MOST_DEPTH_AFTER: usize = 2048;
const MOST_ENTRIES: usize = 200_000;
/// Every repository is a mount of each worker.
const MOST_REPOSITORIES: usize = 64;

/// Finds the repositories beneath a folder, and makes an empty one where the folder itself has none.
pub(super) fn shield(folder: &File) -> Result<Vec<Shielded>, String> {
    let name = Path::new(NAME);
    beneath::make_folder(folder, name).map_err(|error| format!("no place for {NAME} can be made in it: {error}"))?;
    let mut walk = Walk { top: folder, found: Vec::new(), entries: 0, after: false };
    walk.look()?;
    walk.found.sort_by(|one, other| one.relative.cmp(&other.relative));
    Ok(walk.found)
}

/// Gives repositories that are not among the known ones another name, which Git does not look for.
pub(super) fn disarm(folder: &File, known: &[Shielded]) -> io::Result<Vec<PathBuf>> {
    let mut walk = Walk { top: folder, found: Vec::new(), entries: 0, after: true };
    // Where the program made more than can be looked through, what was found is dealt with before that is said.
    let whole = walk.look();
    let is_known = |one: &Shielded| known.iter().any(|other| (other.device, other.inode) == (one.device, one.inode));
    let mut renamed = Vec::new();
    // The deepest first, as their paths change with those above.
    for planted in walk.found.iter().rev().filter(|one| !is_known(one)) {
        let above = planted.relative.parent().filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let held = beneath::open(folder, above, libc::O_RDONLY | libc::O_DIRECTORY, 0)?;
        beneath::rename_to_free(&held, Path::new(NAME), "git-of-a-program")?;
        renamed.push(planted.relative.clone());
    }
    whole.map(|()| renamed).map_err(io::Error::other)
}

struct Walk<'a> {
    top: &'a File,
    found: Vec<Shielded>,
    entries: usize,
    /// Whether a program has run, which may have made anything.
    after: bool,
}

impl Walk<'_> {
    /// Finds what is called `.git` in a folder and below: a folder's own before what lies deeper.
    fn look(&mut self) -> Result<(), String> {
        let most = if self.after { MOST_DEPTH_AFTER } else { MOST_DEPTH };
        let mut left = vec![(PathBuf::new(), 0)];
        while let Some((relative, depth)) = left.pop() {
            for (path, name) in self.folders_and_repositories(&relative)? {
                let is_repository = name == NAME;
                if is_repository {
                    self.add(path.clone())?;
                }
                if depth < most && (self.after || !is_repository) {
                    left.push((path, depth + 1));
                }
            }
        }
        Ok(())
    }

    fn folders_and_repositories(&mut self, relative: &Path) -> Result<Vec<(PathBuf, OsString)>, String> {
        let at = if relative.as_os_str().is_empty() { Path::new(".") } else { relative };
        // What cannot be opened as a folder is a file, a link, or nobody's to write.
        let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NONBLOCK;
        let Ok(folder) = beneath::open(self.top, at, flags, 0) else { return Ok(Vec::new()) };
        let entries = beneath::entries(&folder).map_err(|error| format!("{} cannot be read: {error}", at.display()))?;
        self.entries += entries.len();
        if self.entries > MOST_ENTRIES {
            let what = format!("it holds more than {MOST_ENTRIES} entries to look through for {NAME}");
            return Err(format!("{what}; grant a narrower folder"));
        }
        let wanted = entries.into_iter().filter(|entry| entry.is_folder || entry.name == NAME);
        Ok(wanted.map(|entry| (relative.join(&entry.name), entry.name)).collect())
    }

    fn add(&mut self, relative: PathBuf) -> Result<(), String> {
        let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NONBLOCK;
        let opened = beneath::open(self.top, &relative, flags, 0).and_then(|folder| folder.metadata());
        if opened.is_err() && self.after {
            // A file or a link leads Git elsewhere just as well; no number is that of a known folder.
            self.found.push(Shielded { relative, device: 0, inode: 0 });
            return Ok(());
        }
        let found = opened.map_err(|_| {
            format!(
                "{} is not a folder, so it cannot be kept from changing; grant the folders beside it",
                relative.display()
            )
        })?;
        if self.found.len() >= MOST_REPOSITORIES && !self.after {
            return Err(format!("it holds more than {MOST_REPOSITORIES} Git repositories; grant a narrower folder"));
        }
        self.found.push(Shielded { relative, device: found.dev(), inode: found.ino() });
        Ok(())
    }
}
