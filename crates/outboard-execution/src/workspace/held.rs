//! A folder that is held open, and what is in it by name.
//!
//! A program may put a link in the place of a folder between two looks of the host. Here the kernel begins at the open
//! folder each time and follows no link in the one name that is left, so that the host stays in what it opened
//! (openat(2), `O_NOFOLLOW`; proc_pid_fd(5)).

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// An open folder.
pub(super) struct Held(File);

impl Held {
    /// Opens a folder; a link in its place is an error.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_DIRECTORY).open(folder).map(Self)
    }

    /// What is known of the folder itself.
    pub(super) fn own(&self) -> io::Result<Metadata> {
        self.0.metadata()
    }

    /// What is in it.
    pub(super) fn names(&self) -> io::Result<impl Iterator<Item = io::Result<OsString>> + use<>> {
        Ok(fs::read_dir(self.at(OsStr::new("")))?.map(|entry| Ok(entry?.file_name())))
    }

    /// What is known of a name, of a link that is the link.
    pub(super) fn about(&self, name: &OsStr) -> io::Result<Metadata> {
        fs::symlink_metadata(self.at(name))
    }

    /// A folder in it.
    pub(super) fn folder(&self, name: &OsStr) -> io::Result<Self> {
        Self::open(&self.at(name))
    }

    /// A file in it, to be read; a pipe is not waited for.
    pub(super) fn file(&self, name: &OsStr) -> io::Result<File> {
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let file = OpenOptions::new().read(true).custom_flags(flags).open(self.at(name))?;
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::Error::other("a file of the workspace became something else")),
        }
    }

    /// Where a link in it leads.
    pub(super) fn link(&self, name: &OsStr) -> io::Result<PathBuf> {
        fs::read_link(self.at(name))
    }

    fn at(&self, name: &OsStr) -> PathBuf {
        Path::new("/proc/self/fd").join(self.0.as_raw_fd().to_string()).join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_was_opened_stays_that_one() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        fs::create_dir_all(at("work/deep")).unwrap();
        fs::create_dir(at("secret")).unwrap();
        fs::write(at("work/deep/file"), "its own").unwrap();
        fs::write(at("secret/file"), "somebody else's").unwrap();
        let work = Held::open(&at("work")).unwrap();
        let deep = work.folder(OsStr::new("deep")).unwrap();
        fs::rename(at("work/deep"), at("work/moved")).unwrap();
        std::os::unix::fs::symlink(at("secret"), at("work/deep")).unwrap();
        std::os::unix::fs::symlink(at("secret/file"), at("work/link")).unwrap();
        let read = |held: &Held| held.file(OsStr::new("file")).map(|file| io::read_to_string(file).unwrap());
        assert_eq!(read(&deep).unwrap(), "its own", "the one that was opened, wherever it is now");
        assert!(work.folder(OsStr::new("deep")).is_err(), "the link in its place");
        assert!(work.file(OsStr::new("link")).is_err());
        assert!(work.about(OsStr::new("deep")).unwrap().is_symlink());
        assert_eq!(work.link(OsStr::new("link")).unwrap(), at("secret/file"));
        let mut names: Vec<_> = work.names().unwrap().map(Result::unwrap).collect();
        names.sort();
        assert_eq!(names, ["deep", "link", "moved"]);
    }
}
