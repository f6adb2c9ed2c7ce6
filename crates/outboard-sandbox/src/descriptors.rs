//! What a worker and its descendants have open, as `/proc` tells.

use crate::meter;
use std::fs::{self, DirEntry, Metadata};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// One descriptor of one thread.
pub(crate) struct Descriptor {
    /// What it names.
    pub(crate) about: Metadata,
    /// Where the kernel tells more of it.
    pub(crate) info: PathBuf,
}

/// A descriptor of the host itself. Its number may be another's when it is looked at again, but not its inode.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Own {
    number: RawFd,
    inode: u64,
}

impl Own {
    pub(crate) fn of(open: &impl AsRawFd) -> Option<Self> {
        let number = open.as_raw_fd();
        Some(Self { number, inode: described(Path::new("/proc/self"), &number.to_string())?.about.ino() })
    }

    /// What it is now; nothing once it is closed.
    pub(crate) fn now(self) -> Option<Descriptor> {
        described(Path::new("/proc/self"), &self.number.to_string()).filter(|now| now.about.ino() == self.inode)
    }
}

/// All of them, most of them once for each thread: each may have descriptors of its own, and one that ended shows none.
pub(crate) fn of(worker: i32) -> Vec<Descriptor> {
    meter::family(worker).flat_map(meter::threads_of).flat_map(|thread| of_thread(&thread)).collect()
}

fn of_thread(thread: &Path) -> Vec<Descriptor> {
    let one = |entry: DirEntry| described(thread, entry.file_name().to_str()?);
    fs::read_dir(thread.join("fd")).into_iter().flatten().flatten().filter_map(one).collect()
}

fn described(process: &Path, number: &str) -> Option<Descriptor> {
    let about = fs::metadata(process.join("fd").join(number)).ok()?;
    Some(Descriptor { about, info: process.join("fdinfo").join(number) })
}
