//! A file that takes its place when it is whole: programs that read there meanwhile see the one before it.

use crate::sys::beneath as sys;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// Tells the unfinished files of this process apart.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A file that is being written beside its place. Dropped before it is finished, it leaves nothing.
#[derive(Debug)]
pub struct Unfinished {
    folder: File,
    part: PathBuf,
    name: PathBuf,
    file: File,
}

impl Unfinished {
    /// Begins a file in an open folder.
    pub(crate) fn begin(folder: File, name: PathBuf) -> io::Result<Self> {
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let part = PathBuf::from(format!(".outboard-{}-{number}.part", std::process::id()));
            match sys::open(&folder, &part, libc::O_WRONLY | libc::O_CREAT | libc::O_EXCL, 0o644) {
                // Of a process that had the same number and was killed.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                file => return Ok(Self { folder, part, name, file: file? }),
            }
        }
    }

    /// Puts it into its place.
    ///
    /// # Errors
    /// If a folder stands there, or the file system refuses.
    pub fn finish(self) -> io::Result<()> {
        sys::rename(&self.folder, &self.part, &self.name)
    }
}

impl Write for Unfinished {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After a finish nothing has that name any more.
        let _ = sys::remove(&self.folder, &self.part);
    }
}
