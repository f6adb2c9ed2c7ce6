//! A folder that is held open, and what is in it by name.
//!
//! A program may put a link in the place of a folder between two looks of the host. Here the kernel begins at the open
//! folder each time and follows no link in the one name that is left, so that the host stays in what it opened
//! (openat(2), `O_NOFOLLOW`; proc_pid_fd(5)).

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// An open folder.
#[derive(Debug)]
pub struct Held(File);

impl From<File> for Held {
    fn from(folder: File) -> Self {
        Self(folder)
    }
}

impl Held {
    /// Opens a folder; a link in its place is an error.
    ///
    /// # Errors
    /// If it is not there, is no folder, or may not be read.
    pub fn open(folder: &Path) -> io::Result<Self> {
        OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_DIRECTORY).open(folder).map(Self)
    }

    /// The same of one that is nobody else's to change, where links are followed.
    pub(crate) fn follow(folder: &Path) -> io::Result<Self> {
        OpenOptions::new().read(true).custom_flags(libc::O_DIRECTORY).open(folder).map(Self)
    }

    /// What is known of the folder itself.
    ///
    /// # Errors
    /// If the system cannot tell.
    pub fn own(&self) -> io::Result<Metadata> {
        self.0.metadata()
    }

    /// What is in it.
    ///
    /// # Errors
    /// If the folder cannot be listed, and with each name that cannot be read.
    pub fn names(&self) -> io::Result<impl Iterator<Item = io::Result<OsString>> + use<>> {
        Ok(fs::read_dir(self.at(OsStr::new("")))?.map(|entry| Ok(entry?.file_name())))
    }

    /// What is known of a name, of a link that is the link.
    ///
    /// # Errors
    /// If it is not there.
    pub fn about(&self, name: &OsStr) -> io::Result<Metadata> {
        fs::symlink_metadata(self.at(name))
    }

    /// A folder in it.
    ///
    /// # Errors
    /// If it is not there, is a link or no folder, or may not be read.
    pub fn folder(&self, name: &OsStr) -> io::Result<Self> {
        Self::open(&self.at(name))
    }

    /// A file in it, to be read; a pipe is not waited for.
    ///
    /// # Errors
    /// If it is not there, is no regular file, or may not be read.
    pub fn file(&self, name: &OsStr) -> io::Result<File> {
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let file = OpenOptions::new().read(true).custom_flags(flags).open(self.at(name))?;
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::Error::other("a file of the workspace became something else")),
        }
    }

    /// Where a link in it leads.
    ///
    /// # Errors
    /// If it is not there or is no link.
    pub fn link(&self, name: &OsStr) -> io::Result<PathBuf> {
        fs::read_link(self.at(name))
    }

    /// A folder in it, with all rights of its owner: a program may have taken them from it.
    pub(crate) fn own_folder(&self, name: &OsStr) -> io::Result<Self> {
        const ALL: u32 = 0o700;
        let flags = libc::O_PATH | libc::O_NOFOLLOW | libc::O_DIRECTORY;
        let named = Self(OpenOptions::new().read(true).custom_flags(flags).open(self.at(name))?);
        let mode = named.own()?.permissions().mode();
        if mode & ALL != ALL {
            // Where that is not allowed, what needs the rights says so.
            let _ = fs::set_permissions(named.at(OsStr::new("")), Permissions::from_mode(mode | ALL));
        }
        Self::follow(&named.at(OsStr::new("")))
    }

    /// Removes a file or link in it.
    ///
    /// # Errors
    /// If it is not there, is a folder, or the file system refuses.
    pub fn remove_file(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_file(self.at(name))
    }

    pub(crate) fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_dir(self.at(name))
    }

    pub(crate) fn at(&self, name: &OsStr) -> PathBuf {
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
