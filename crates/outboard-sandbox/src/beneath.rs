//! Files in a folder that a program can write to as well.
//!
//! A program may plant a symbolic link where the host is about to write. Names are therefore resolved by the
//! kernel beneath a folder that is held open, and any link on the way is an error (CVE-2026-1386 and
//! CVE-2021-30465 are what happens otherwise).

use crate::options::Limits;
use crate::quota::{Folders, Quota};
use crate::sys::beneath as sys;
use crate::unfinished::Unfinished;
use outboard_held::Held;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

/// Folders in folders that are followed at most.
const DEEPEST: usize = 64;

/// A folder of a workspace, held open.
#[derive(Debug)]
pub struct Beneath {
    folder: File,
}

/// What is in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BeneathEntry {
    /// Its path below the folder that was asked.
    pub path: PathBuf,
    /// Its size; none of a folder, a link or anything else that is no file.
    pub bytes: Option<u64>,
    /// Whether it is a folder.
    pub is_folder: bool,
}

impl Beneath {
    /// Opens the folder `name` in `workspace`, and makes it if it is missing.
    ///
    /// # Errors
    /// If it is a link or cannot be made.
    pub fn folder(workspace: &Path, name: &str) -> io::Result<Self> {
        let root = File::open(workspace)?;
        sys::make_folder(&root, Path::new(name))?;
        let folder = sys::open(&root, Path::new(name), libc::O_RDONLY | libc::O_DIRECTORY, 0)?;
        Ok(Self { folder })
    }

    /// Opens a folder as the root of what follows.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn root(folder: &Path) -> io::Result<Self> {
        Ok(Self { folder: File::open(folder)? })
    }

    /// The names directly in it.
    ///
    /// # Errors
    /// If it cannot be listed.
    pub fn names(&self) -> io::Result<Vec<PathBuf>> {
        Ok(sys::names(&self.folder)?.into_iter().map(PathBuf::from).collect())
    }

    /// Everything at or below a path, folders before what is in them; links are named, not followed, as are folders that
    /// may not be listed.
    ///
    /// # Errors
    /// If the path leads elsewhere or is not there.
    pub fn walk(&self, path: &Path) -> io::Result<Vec<BeneathEntry>> {
        let mut found = Vec::new();
        self.gather(path, &mut found, DEEPEST)?;
        Ok(found)
    }

    fn gather(&self, path: &Path, found: &mut Vec<BeneathEntry>, left: usize) -> io::Result<()> {
        let folder = self.open_at(path, libc::O_RDONLY | libc::O_DIRECTORY)?;
        let mut entries = sys::entries(&folder)?;
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        for entry in entries {
            let path = path.join(&entry.name);
            let bytes = (!entry.is_folder).then(|| Some(self.read(&path).ok()?.metadata().ok()?.len())).flatten();
            found.push(BeneathEntry { path: path.clone(), bytes, is_folder: entry.is_folder });
            if entry.is_folder && left > 0 {
                match self.gather(&path, found, left - 1) {
                    // A program may have closed it, or nested it deeper than paths go; it is named all the same.
                    Err(error) if sys::is_no_folder(&error) || sys::is_out_of_reach(&error) => {}
                    done => done?,
                }
            }
        }
        Ok(())
    }

    /// Opens a file to be read.
    ///
    /// # Errors
    /// If a link is on the way, or it is no regular file.
    pub fn read(&self, path: &Path) -> io::Result<File> {
        // Without waiting: a program may have put a pipe there.
        let file = self.open_at(path, libc::O_RDONLY | libc::O_NONBLOCK)?;
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file")),
        }
    }

    /// Makes a file anew, and the folders that it is in.
    ///
    /// # Errors
    /// If a link is on the way, or the file system refuses.
    pub fn create(&self, path: &Path) -> io::Result<File> {
        let (folder, name) = self.parent(path, true)?;
        let _ = sys::remove(&folder, &name);
        sys::open(&folder, &name, libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL, 0o644)
    }

    /// Begins a file that takes the place of another one when it is whole, and makes the folders that it is in.
    ///
    /// # Errors
    /// If a link is on the way, or the file system refuses.
    pub fn replace(&self, path: &Path) -> io::Result<Unfinished> {
        let (folder, name) = self.parent(path, true)?;
        Unfinished::begin(folder, name)
    }

    /// The key of the limit that what is here goes beyond, if it does.
    ///
    /// # Errors
    /// If the folder itself cannot be read.
    pub fn over(&self, limits: &Limits) -> io::Result<Option<&'static str>> {
        let folders = Folders::one(self.folder.try_clone()?, Quota::of(limits));
        Ok(folders.over()?.map(|over| over.key()))
    }

    /// Removes a file, or a folder with all that is in it. Links go, what they lead to stays.
    ///
    /// # Errors
    /// If it is not there or the file system refuses.
    pub fn remove(&self, path: &Path) -> io::Result<()> {
        let (folder, name) = self.parent(path, false)?;
        let folder = Held::from(folder);
        match folder.about(name.as_os_str())?.is_dir() {
            true => folder.remove_tree(name.as_os_str()),
            false => folder.remove_file(name.as_os_str()),
        }
    }

    fn open_at(&self, path: &Path, flags: i32) -> io::Result<File> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        sys::open(&self.folder, path, flags, 0)
    }

    /// The open folder that a path ends in, and the last name.
    fn parent(&self, path: &Path, make: bool) -> io::Result<(File, PathBuf)> {
        let invalid = || io::Error::new(io::ErrorKind::InvalidInput, "it names no file below the folder");
        let name = path.file_name().map(PathBuf::from).ok_or_else(invalid)?;
        let mut folder = self.folder.try_clone()?;
        for part in path.parent().into_iter().flat_map(Path::components) {
            let Component::Normal(part) = part else { return Err(invalid()) };
            if make {
                sys::make_folder(&folder, Path::new(part))?;
            }
            folder = sys::open(&folder, Path::new(part), libc::O_RDONLY | libc::O_DIRECTORY, 0)?;
        }
        Ok((folder, name))
    }

    /// Writes a file; one of that name is replaced, whatever it was.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let _ = sys::remove(&self.folder, Path::new(name));
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL;
        sys::open(&self.folder, Path::new(name), flags, 0o644)?.write_all(bytes)
    }

    /// Removes the files that come first in the order of their names until at most `most` are left.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn keep_last(&self, most: usize) -> io::Result<()> {
        let mut names = sys::names(&self.folder)?;
        names.sort();
        let surplus = names.len().saturating_sub(most);
        // A program may have made folders here; those stay.
        names.iter().take(surplus).for_each(|name| drop(sys::remove(&self.folder, Path::new(name))));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_nowhere() {
        let (workspace, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(elsewhere.path(), workspace.path().join("out")).unwrap();
        assert!(Beneath::folder(workspace.path(), "out").is_err());
        let folder = Beneath::folder(workspace.path(), "good").unwrap();
        let target = elsewhere.path().join("target");
        std::fs::write(&target, "untouched").unwrap();
        std::os::unix::fs::symlink(&target, workspace.path().join("good/a.txt")).unwrap();
        folder.write("a.txt", b"new").unwrap();
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "untouched");
        assert!(folder.write("../x", b"").is_err() && folder.write("/tmp/x", b"").is_err());
    }

    #[test]
    fn files_are_read_listed_and_removed_below_the_root_alone() {
        let (root, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(elsewhere.path().join("kept"), "kept").unwrap();
        let beneath = Beneath::root(root.path()).unwrap();
        beneath.create(Path::new("a/b/c.txt")).unwrap().write_all(b"text").unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), root.path().join("a/link")).unwrap();
        let walked = beneath.walk(Path::new("")).unwrap();
        let shown: Vec<_> = walked.iter().map(|entry| (entry.path.to_str().unwrap(), entry.bytes)).collect();
        assert_eq!(shown, [("a", None), ("a/b", None), ("a/b/c.txt", Some(4)), ("a/link", None)]);
        for path in ["a/link/kept", "../x", "/etc/passwd", "a/../../x", "a/b", "", "."] {
            assert!(beneath.read(Path::new(path)).is_err(), "{path}");
            assert!(path == "a/b" || beneath.create(Path::new(path)).is_err(), "{path}");
        }
        beneath.remove(Path::new("a")).unwrap();
        assert!(beneath.walk(Path::new("")).unwrap().is_empty() && beneath.remove(Path::new("a")).is_err());
        assert!(elsewhere.path().join("kept").exists());
    }

    #[test]
    fn a_file_takes_its_place_when_it_is_whole_and_only_then() {
        let root = tempfile::tempdir().unwrap();
        let beneath = Beneath::root(root.path()).unwrap();
        let (path, there) = (Path::new("a/b.txt"), root.path().join("a/b.txt"));
        beneath.replace(path).and_then(|mut file| file.write_all(b"old").and_then(|()| file.finish())).unwrap();
        let mut unfinished = beneath.replace(path).unwrap();
        unfinished.write_all(b"half").unwrap();
        assert_eq!(std::fs::read(&there).unwrap(), b"old");
        drop(unfinished);
        assert_eq!(std::fs::read_dir(root.path().join("a")).unwrap().count(), 1);
        // A link that a program planted there is replaced, not followed.
        std::fs::remove_file(&there).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", &there).unwrap();
        beneath.replace(path).and_then(|mut file| file.write_all(b"new").and_then(|()| file.finish())).unwrap();
        assert_eq!(std::fs::read(&there).unwrap(), b"new");
        assert!(beneath.replace(Path::new("a")).and_then(Unfinished::finish).is_err(), "a folder stays");
        let (small, large) = (Limits { disk_files: 1, ..Limits::default() }, Limits::default());
        assert_eq!((beneath.over(&small).unwrap(), beneath.over(&large).unwrap()), (Some("sandbox.disk_files"), None));
    }

    #[test]
    fn the_oldest_names_go_first() {
        let workspace = tempfile::tempdir().unwrap();
        let folder = Beneath::folder(workspace.path(), "o").unwrap();
        ["b", "a", "c"].iter().for_each(|name| folder.write(name, b"").unwrap());
        folder.keep_last(2).unwrap();
        let mut left: Vec<_> =
            std::fs::read_dir(workspace.path().join("o")).unwrap().map(|e| e.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["b", "c"]);
    }
}
