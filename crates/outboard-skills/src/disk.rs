//! What changes the disk, one operation a function, so that a test can let it fail at each.

use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
#[cfg(any(test, feature = "faults"))]
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Operations until the disk fails, for tests.
#[cfg(any(test, feature = "faults"))]
#[derive(Debug, Clone)]
pub struct Faults(Arc<AtomicI64>);

#[cfg(any(test, feature = "faults"))]
impl Faults {
    /// The machine goes down at the operation with this number, counted from 0; what comes after fails as well.
    pub fn at(step: i64) -> Self {
        Self(Arc::new(AtomicI64::new(step)))
    }

    /// Whether it went down.
    pub fn happened(&self) -> bool {
        self.0.load(Ordering::Acquire) < 0
    }

    fn step(&self) -> io::Result<()> {
        match self.0.fetch_sub(1, Ordering::AcqRel) {
            1.. => Ok(()),
            _ => Err(io::Error::other("the machine went down")),
        }
    }
}

/// The disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk {
    #[cfg(any(test, feature = "faults"))]
    pub(crate) faults: Option<Faults>,
}

impl Disk {
    fn step(&self) -> io::Result<()> {
        #[cfg(any(test, feature = "faults"))]
        if let Some(faults) = &self.faults {
            return faults.step();
        }
        Ok(())
    }

    pub(crate) fn make_folder(&self, folder: &Path) -> io::Result<()> {
        self.step()?;
        fs::create_dir_all(folder)
    }

    /// Writes a new file down to the disk, with the folders that it is in.
    pub(crate) fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
        if let Err(error) = self.step() {
            // A machine that goes down while it writes leaves half of it.
            let _ = file.write_all(&bytes[..bytes.len() / 2]);
            return Err(error);
        }
        file.write_all(bytes)?;
        file.sync_all()
    }

    /// Makes names in a folder durable.
    pub(crate) fn sync(&self, folder: &Path) -> io::Result<()> {
        self.step()?;
        File::open(folder)?.sync_all()
    }

    pub(crate) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        fs::rename(from, to)
    }

    /// Swaps two names in one step; `false` where the file system can not.
    pub(crate) fn exchange(&self, one: &Path, other: &Path) -> io::Result<bool> {
        self.step()?;
        match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::XDEV) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        match fs::symlink_metadata(path) {
            Ok(about) if about.is_dir() => outboard_held::remove_tree(path),
            Ok(_) => fs::remove_file(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Adds a line to a file, down to the disk. A line that a crash left unfinished stays by itself.
    pub(crate) fn append(&self, path: &Path, line: &str) -> io::Result<()> {
        let torn = fs::read(path).is_ok_and(|text| text.last().is_some_and(|last| *last != b'\n'));
        let line = format!("{}{line}\n", if torn { "\n" } else { "" });
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        if let Err(error) = self.step() {
            let _ = file.write_all(&line.as_bytes()[..line.len() / 2]);
            return Err(error);
        }
        file.write_all(line.as_bytes())?;
        file.sync_all()
    }

    /// Writes a file so that it is the old one or the new one, whole.
    pub(crate) fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        // Several may write the same at once, also in one process.
        let part = path.with_extension(format!("{:016x}.part", getrandom::u64().unwrap_or_default()));
        self.write(&part, bytes)?;
        self.rename(&part, path)?;
        path.parent().map_or(Ok(()), |folder| self.sync(folder))
    }
}
