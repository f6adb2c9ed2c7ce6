//! What a worker and its descendants have open, as `/proc` tells.

use crate::meter;
use std::fs::{self, DirEntry, Metadata};
use std::path::{Path, PathBuf};

/// One descriptor of one thread.
pub(crate) struct Descriptor {
    /// What it names.
    pub(crate) about: Metadata,
    /// Where the kernel tells more of it.
    pub(crate) info: PathBuf,
}

/// All of them, most of them once for each thread: each may have descriptors of its own, and one that ended shows none.
pub(crate) fn of(worker: i32) -> Vec<Descriptor> {
    meter::family(worker).flat_map(meter::threads_of).flat_map(|thread| of_thread(&thread)).collect()
}

fn of_thread(thread: &Path) -> Vec<Descriptor> {
    let one = |entry: DirEntry| {
        let about = fs::metadata(entry.path()).ok()?;
        Some(Descriptor { about, info: thread.join("fdinfo").join(entry.file_name()) })
    };
    fs::read_dir(thread.join("fd")).into_iter().flatten().flatten().filter_map(one).collect()
}
