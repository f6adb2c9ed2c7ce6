//! Writing into a folder that a program can write to as well.
//!
//! A program may plant a symbolic link where the host is about to write. Names are therefore resolved by the
//! kernel beneath a folder that is held open, and any link on the way is an error (CVE-2026-1386 and
//! CVE-2021-30465 are what happens otherwise).

use crate::sys::beneath as sys;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// A folder of a workspace, held open.
#[derive(Debug)]
pub struct Beneath {
    folder: File,
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
