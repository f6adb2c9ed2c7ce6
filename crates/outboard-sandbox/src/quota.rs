//! How much the writable folders of a grant hold, counted at a bounded cost.
//!
//! Folders are held open and walked by descriptor; a link is counted and never followed, so a program cannot lead
//! the count to files of the host. A hard-linked file counts once for each name.
//!
//! Never here: killing; [`crate::worker`] decides what to do about a folder that is too full.

use crate::descriptors::{self, Descriptor, Own};
use crate::locks;
use crate::message::Folder;
use crate::options::Limits;
use crate::sending::{self, Sending};
use crate::sys::beneath;
use crate::unlinked;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Walks take at most this part of the time: one in twenty.
const REST: u32 = 20;
/// The shortest pause between two walks.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
/// Folders within folders that a walk goes down; deeper ones are too much of a folder.
const MOST_DEPTH: usize = 128;
/// So many files are counted in about the time that it takes to have another thread do it.
const FEW: u64 = 32;
/// Bytes of a block of `st_blocks`.
pub(crate) const BLOCK: u64 = 512;

/// What was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) bytes: u64,
    pub(crate) files: u64,
}

/// What folders may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    bytes: u64,
    files: u64,
}

/// Which part of a quota is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    Bytes,
    Files,
}

impl Over {
    /// The key of the setting.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Over::Bytes => "sandbox.disk_mb",
            Over::Files => "sandbox.disk_files",
        }
    }
}

impl Quota {
    pub(crate) fn of(limits: &Limits) -> Self {
        Self { bytes: limits.disk_bytes, files: limits.disk_files }
    }

    fn over(&self, held: Amount) -> Option<Over> {
        if held.bytes > self.bytes {
            return Some(Over::Bytes);
        }
        (held.files > self.files).then_some(Over::Files)
    }
}

/// The writable folders of one worker, held open.
#[derive(Debug, Clone)]
pub(crate) struct Folders {
    open: Arc<Vec<File>>,
    quota: Quota,
}

impl Folders {
    /// Opens the writable ones. `None` if there is none.
    ///
    /// # Errors
    /// If one cannot be opened, or is another folder than the one that was granted.
    pub(crate) fn open(folders: &[Folder], quota: Quota) -> io::Result<Option<Self>> {
        let writable = folders.iter().filter(|folder| folder.writable);
        let open = writable.map(held).collect::<io::Result<Vec<_>>>()?;
        Ok((!open.is_empty()).then(|| Self { open: Arc::new(open), quota }))
    }

    /// One folder that is open already.
    pub(crate) fn one(folder: File, quota: Quota) -> Self {
        Self { open: Arc::new(vec![folder]), quota }
    }

    /// What is used up, if anything. Stops counting as soon as that is known.
    ///
    /// # Errors
    /// If a granted folder itself cannot be read.
    pub(crate) fn over(&self) -> io::Result<Option<Over>> {
        self.counted(u64::MAX, Amount::default()).map(Option::flatten)
    }

    /// The same with one that lies beside them.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(crate) fn with(these: Option<Self>, folder: &Folder, quota: Quota) -> io::Result<Self> {
        let these = these.iter().flat_map(|these| these.open.iter());
        let mut open = these.map(File::try_clone).collect::<io::Result<Vec<_>>>()?;
        open.push(held(folder)?);
        Ok(Self { open: Arc::new(open), quota })
    }

    /// The same with the files that a worker holds open and has taken every name from, and with its locks.
    fn over_beside_unlinked(&self, worker: i32, open: &[Descriptor]) -> io::Result<Option<Over>> {
        let devices = self.open.iter().map(|folder| Ok(folder.metadata()?.dev())).collect::<io::Result<Vec<_>>>()?;
        let mut beside = unlinked::amount(worker, open, &devices);
        beside.files += locks::count(open, self.quota.files);
        self.counted(u64::MAX, beside).map(Option::flatten)
    }

    /// The same in next to no time, for a caller that must not be held up: `None` where there is too much to count so.
    ///
    /// # Errors
    /// If a granted folder itself cannot be read.
    pub(crate) fn over_at_once(&self) -> io::Result<Option<Option<Over>>> {
        self.counted(FEW, Amount::default())
    }

    fn counted(&self, most: u64, beside: Amount) -> io::Result<Option<Option<Over>>> {
        if let Some(over) = self.quota.over(beside) {
            return Ok(Some(Some(over)));
        }
        let mut held = beside;
        for folder in self.open.iter() {
            match count(folder, self.quota, most, &mut held)? {
                Some(None) => {}
                end => return Ok(end),
            }
        }
        Ok(Some(None))
    }
}

fn held(folder: &Folder) -> io::Result<File> {
    let open = File::open(&folder.source)?;
    let found = open.metadata()?;
    let same = (found.dev(), found.ino()) == (folder.device, folder.inode);
    if same { Ok(open) } else { Err(io::Error::from_raw_os_error(libc::ESTALE)) }
}

/// Counts one folder; `None` where that takes more than `most` looks at files. What vanishes meanwhile is passed over. A
/// folder that may not be listed counts as too much: a program could hide any number of files in one that it made
/// unreadable. Each is opened from the one that it is in, as a name from the top may be longer than the kernel takes.
fn count(root: &File, quota: Quota, most: u64, held: &mut Amount) -> io::Result<Option<Option<Over>>> {
    let mut todo = vec![(Rc::new(root.try_clone()?), OsString::from("."), 0)];
    while let Some((above, name, depth)) = todo.pop() {
        let folder = match beneath::open(&above, Path::new(&name), libc::O_RDONLY | libc::O_DIRECTORY, 0) {
            Ok(folder) => Rc::new(folder),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(Some(Some(Over::Files))),
            Err(error) if beneath::is_no_folder(&error) => continue,
            Err(error) => return Err(error),
        };
        for entry in beneath::list(&folder)? {
            let Ok(entry) = entry else { break };
            if held.files == most {
                return Ok(None);
            }
            // Of the link itself, not of what it points to.
            let found = match entry.metadata() {
                Ok(found) => found,
                // A folder that may be listed and not entered hides what is in it as well.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(Some(Some(Over::Files))),
                Err(_) => continue,
            };
            held.bytes = held.bytes.saturating_add(found.blocks().saturating_mul(BLOCK));
            held.files += 1;
            if let Some(over) = quota.over(*held) {
                return Ok(Some(Some(over)));
            }
            if found.is_dir() {
                if depth == MOST_DEPTH {
                    return Ok(Some(Some(Over::Files)));
                }
                todo.push((folder.clone(), entry.file_name(), depth + 1));
            }
        }
    }
    Ok(Some(None))
}

/// What is known from one count to the next.
struct Watch {
    pause: Duration,
    sending: Sending,
}

/// Counts again and again until what a worker has there is too much, which it returns; at most 5 % of the time is spent.
/// `line` is the host's end of the worker's.
pub(crate) async fn until_over(folders: Folders, worker: i32, line: Option<Own>) -> Over {
    let watch = Arc::new(Mutex::new(Watch { pause: SHORTEST_PAUSE, sending: Sending::default() }));
    loop {
        let pause = lock(&watch).pause;
        tokio::time::sleep(pause).await;
        let (folders, watch) = (folders.clone(), watch.clone());
        let counted = tokio::task::spawn_blocking(move || {
            let (start, mut watch) = (Instant::now(), lock(&watch));
            let open = descriptors::of(worker);
            let over = folders.over_beside_unlinked(worker, &open);
            let hides = watch.sending.stays(worker, &open) || line.is_some_and(sending::is_to_host);
            let hides = hides.then_some(Over::Files);
            watch.pause = (start.elapsed() * (REST - 1)).max(SHORTEST_PAUSE);
            over.map(|over| over.or(hides))
        });
        match counted.await {
            Ok(Ok(Some(over))) => return over,
            Ok(Err(error)) => tracing::debug!(%error, "a writable folder could not be counted"),
            _ => {}
        }
    }
}

fn lock(watch: &Mutex<Watch>) -> MutexGuard<'_, Watch> {
    watch.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn folders(path: &std::path::Path, bytes: u64, files: u64) -> Folders {
        let found = fs::metadata(path).unwrap();
        let folder = Folder {
            source: path.to_owned(),
            target: "/workspace".to_owned(),
            writable: true,
            device: found.dev(),
            inode: found.ino(),
        };
        Folders::open(&[folder], Quota { bytes, files }).unwrap().unwrap()
    }

    #[test]
    fn bytes_and_files_are_counted_below_folders() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("a/b")).unwrap();
        fs::write(root.path().join("a/b/c"), vec![1; 1 << 20]).unwrap();
        assert_eq!(folders(root.path(), 8 << 20, 3).over().unwrap(), None);
        assert_eq!(folders(root.path(), 8 << 20, 2).over().unwrap(), Some(Over::Files));
        assert_eq!(folders(root.path(), 1 << 19, 9).over().unwrap(), Some(Over::Bytes));
    }

    #[test]
    fn few_files_are_counted_at_once_and_many_are_not() {
        let root = tempfile::tempdir().unwrap();
        (0..FEW).for_each(|n| fs::write(root.path().join(n.to_string()), "x").unwrap());
        assert_eq!(folders(root.path(), 8 << 20, 100).over_at_once().unwrap(), Some(None));
        assert_eq!(folders(root.path(), 8 << 20, 9).over_at_once().unwrap(), Some(Some(Over::Files)));
        fs::write(root.path().join("more"), "x").unwrap();
        assert_eq!(folders(root.path(), 8 << 20, 100).over_at_once().unwrap(), None);
        assert_eq!(folders(root.path(), 8 << 20, 100).over().unwrap(), None);
    }

    #[test]
    fn links_are_counted_and_not_followed() {
        let (root, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        (0..50).for_each(|n| fs::write(elsewhere.path().join(n.to_string()), "x").unwrap());
        symlink(elsewhere.path(), root.path().join("out")).unwrap();
        symlink(root.path(), root.path().join("round")).unwrap();
        assert_eq!(folders(root.path(), 1 << 20, 2).over().unwrap(), None);
        assert_eq!(folders(root.path(), 1 << 20, 1).over().unwrap(), Some(Over::Files));
    }

    #[test]
    fn folders_below_the_longest_path_are_counted() {
        let root = tempfile::tempdir().unwrap();
        let name = "n".repeat(255);
        let mut folder = File::open(root.path()).unwrap();
        for _ in 0..20 {
            beneath::make_folder(&folder, Path::new(&name)).unwrap();
            folder = beneath::open(&folder, Path::new(&name), libc::O_RDONLY | libc::O_DIRECTORY, 0).unwrap();
        }
        let flags = libc::O_WRONLY | libc::O_CREAT;
        let file = beneath::open(&folder, Path::new("large"), flags, 0o600).unwrap();
        io::copy(&mut io::Read::take(io::repeat(1), 1 << 20), &mut &file).unwrap();
        assert_eq!(folders(root.path(), 8 << 20, 21).over().unwrap(), None);
        assert_eq!(folders(root.path(), 8 << 20, 20).over().unwrap(), Some(Over::Files));
        assert_eq!(folders(root.path(), 1 << 19, 30).over().unwrap(), Some(Over::Bytes));
        outboard_held::remove_tree(&root.path().join(&name)).unwrap();
    }

    #[test]
    fn a_hole_is_no_use_of_the_disk() {
        let root = tempfile::tempdir().unwrap();
        fs::File::create(root.path().join("hole")).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(folders(root.path(), 1 << 20, 5).over().unwrap(), None);
    }

    #[test]
    fn a_folder_that_was_replaced_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let found = fs::metadata(root.path()).unwrap();
        let (source, target) = (root.path().to_owned(), "/workspace".to_owned());
        let folder = Folder { source, target, writable: true, device: found.dev(), inode: found.ino() + 1 };
        let quota = Quota { bytes: 1, files: 1 };
        assert_eq!(Folders::open(&[folder], quota).unwrap_err().raw_os_error(), Some(libc::ESTALE));
    }
}
