//! Git repositories beneath a writable folder: their hooks and settings name programs that Git runs.
//!
//! Git looks for `.git` in a folder and those above it, and takes the folder itself for a repository where it has `HEAD`,
//! `objects` and `refs`, or `commondir` in the place of the last two (gitrepository-layout(5)). Some file systems do not
//! tell large letters from small ones, so nothing here does.

use super::Shielded;
use crate::sys::beneath::{self, Entry};
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const NAME: &str = ".git";
const HEAD: &str = "HEAD";
/// How deep a folder may be to be looked at: as deep as a path can name.
const MOST_DEPTH: usize = 2048;
const MOST_ENTRIES: usize = 1_000_000;
/// Every repository is a mount of each worker.
const MOST_REPOSITORIES: usize = 64;

/// Finds the repositories beneath a folder, and makes an empty one where the folder itself has none.
pub(super) fn shield(folder: &File) -> Result<Vec<Shielded>, String> {
    let entries = beneath::entries(folder).map_err(|error| format!("it cannot be read: {error}"))?;
    if is_bare(&entries) {
        return Err("it is a Git repository itself; grant a folder beside it or in a work tree".to_owned());
    }
    let name = Path::new(NAME);
    beneath::make_folder(folder, name).map_err(|error| format!("no place for {NAME} can be made in it: {error}"))?;
    let mut walk = Walk { top: folder, found: Vec::new(), entries: 0, after: None };
    walk.look().map_err(|error| error.to_string())?;
    let mut found: Vec<_> = walk.found.into_iter().map(|one| one.shielded).collect();
    found.sort_by(|one, other| one.relative.cmp(&other.relative));
    Ok(found)
}

/// Gives what makes repositories of folders, and is not among the known ones, names that Git does not look for.
pub(super) fn disarm(folder: &File, known: &[Shielded]) -> io::Result<Vec<PathBuf>> {
    let mut walk = Walk { top: folder, found: Vec::new(), entries: 0, after: Some(known) };
    // What cannot be looked through or renamed keeps nothing else from that, and is said in the end.
    let mut trouble = walk.look().err();
    let mut renamed = Vec::new();
    // The deepest first, as their paths change with those above.
    for planted in walk.found.iter().rev() {
        match planted.disarm(folder) {
            Ok(path) => renamed.push(path),
            Err(error) => trouble = graver(trouble, error),
        }
    }
    trouble.map_or(Ok(renamed), Err)
}

/// What can be otherwise the next time outweighs what cannot.
fn graver(one: Option<io::Error>, other: io::Error) -> Option<io::Error> {
    Some(one.filter(|one| !is_final(one) || is_final(&other)).unwrap_or(other))
}

/// Whether it is no use to try again: the folder is not there, is somebody else's, or holds too much.
pub(super) fn is_final(error: &io::Error) -> bool {
    use io::ErrorKind::{NotFound, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StaleNetworkFileHandle};
    matches!(error.kind(), NotFound | PermissionDenied | QuotaExceeded | ReadOnlyFilesystem | StaleNetworkFileHandle)
}

fn with(error: &io::Error, what: &str, relative: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("{} cannot be {what}: {error}", named(relative).display()))
}

struct Walk<'a> {
    top: &'a File,
    found: Vec<Found>,
    entries: usize,
    /// Where a program has run, which may have made anything: what was there before.
    after: Option<&'a [Shielded]>,
}

struct Found {
    shielded: Shielded,
    /// What a folder that is a repository without being called so calls its `HEAD`.
    head: Option<OsString>,
}

impl Found {
    /// Takes from a folder below `top` what makes it a repository; gives its path before.
    fn disarm(&self, top: &File) -> io::Result<PathBuf> {
        let relative = self.shielded.relative.as_path();
        let (above, name, new) = match &self.head {
            Some(head) => (relative, head.as_os_str(), "HEAD-of-a-program"),
            None => {
                let above = relative.parent().unwrap_or(Path::new(""));
                (above, relative.file_name().unwrap_or_default(), "git-of-a-program")
            }
        };
        let held = beneath::open_own(top, named(above))?;
        beneath::rename_to_free(&held, Path::new(name), new)?;
        Ok(above.join(name))
    }
}

impl Walk<'_> {
    /// Finds repositories in a folder and below: a folder itself before what lies deeper.
    fn look(&mut self) -> io::Result<()> {
        let (mut left, mut trouble) = (vec![(PathBuf::new(), 0)], None);
        while let Some((relative, depth)) = left.pop() {
            let entries = match self.listed(&relative) {
                Ok(entries) => entries,
                Err(error) => {
                    trouble = graver(trouble, error);
                    continue;
                }
            };
            self.entries += entries.len();
            if self.entries > MOST_ENTRIES {
                let what = format!("it holds more than {MOST_ENTRIES} entries to look through for {NAME}");
                return Err(io::Error::new(io::ErrorKind::QuotaExceeded, format!("{what}; grant a narrower folder")));
            }
            if is_bare(&entries) {
                if self.after.is_none() {
                    self.add(relative, None)?;
                    continue;
                }
                // However many there are: which of them Git reads is up to the file system.
                for head in entries.iter().filter(|entry| is_named(entry, HEAD)) {
                    self.add(relative.clone(), Some(head.name.clone()))?;
                }
            }
            for entry in entries {
                let (path, is_repository) = (relative.join(&entry.name), is_named(&entry, NAME));
                if is_repository {
                    self.add(path.clone(), None)?;
                }
                if entry.is_folder && depth < MOST_DEPTH && (self.after.is_some() || !is_repository) {
                    left.push((path, depth + 1));
                }
            }
        }
        trouble.map_or(Ok(()), Err)
    }

    /// What is in a folder; nothing where it is none, or not to be looked through.
    fn listed(&self, relative: &Path) -> io::Result<Vec<Entry>> {
        let Some(folder) = self.open(relative)? else { return Ok(Vec::new()) };
        beneath::entries(&folder).map_err(|error| with(&error, "read", relative))
    }

    /// Opens a folder; `None` where it is none, or not to be looked through.
    fn open(&self, relative: &Path) -> io::Result<Option<File>> {
        let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NONBLOCK;
        let opened = beneath::open(self.top, named(relative), flags, 0).or_else(|error| {
            // A program may have taken from us what Git does not need.
            let hidden = self.after.is_some() && error.kind() == io::ErrorKind::PermissionDenied;
            if hidden { beneath::open_own(self.top, named(relative)) } else { Err(error) }
        });
        match opened {
            // What was there before is as it was: nobody could write to it.
            Ok(folder) => Ok(Some(folder).filter(|folder| !self.is_known(folder))),
            // Beyond the longest path Git cannot go either, and what stays closed is somebody else's.
            Err(error) if beneath::is_no_folder(&error) || beneath::is_out_of_reach(&error) => Ok(None),
            Err(error) => Err(with(&error, "looked through", relative)),
        }
    }

    fn is_known(&self, folder: &File) -> bool {
        let Ok(found) = folder.metadata() else { return false };
        let is = |one: &Shielded| (one.device, one.inode) == (found.dev(), found.ino());
        self.after.is_some_and(|known| known.iter().any(is))
    }

    fn add(&mut self, relative: PathBuf, head: Option<OsString>) -> io::Result<()> {
        let flags = libc::O_PATH | libc::O_DIRECTORY;
        let opened = beneath::open(self.top, named(&relative), flags, 0);
        if opened.as_ref().is_ok_and(|folder| self.is_known(folder)) {
            return Ok(());
        }
        let opened = opened.and_then(|folder| folder.metadata());
        if opened.is_err() && self.after.is_some() {
            // A file or a link leads Git elsewhere just as well; no number is that of a known folder.
            self.found.push(Found { shielded: Shielded { relative, device: 0, inode: 0 }, head });
            return Ok(());
        }
        let found = opened.map_err(|_| {
            let what = "is not a folder, so it cannot be kept from changing; grant the folders beside it";
            io::Error::other(format!("{} {what}", relative.display()))
        })?;
        if self.found.len() >= MOST_REPOSITORIES && self.after.is_none() {
            let what = format!("it holds more than {MOST_REPOSITORIES} Git repositories; grant a narrower folder");
            return Err(io::Error::new(io::ErrorKind::QuotaExceeded, what));
        }
        self.found.push(Found { shielded: Shielded { relative, device: found.dev(), inode: found.ino() }, head });
        Ok(())
    }
}

fn is_bare(entries: &[Entry]) -> bool {
    let has = |name| entries.iter().any(|entry| is_named(entry, name));
    has(HEAD) && (has("commondir") || (has("objects") && has("refs")))
}

fn is_named(entry: &Entry, name: &str) -> bool {
    entry.name.eq_ignore_ascii_case(name)
}

fn named(relative: &Path) -> &Path {
    if relative.as_os_str().is_empty() { Path::new(".") } else { relative }
}
