//! Giving the worker's user a folder with what the host put into it, where owners cannot be mapped.
//!
//! Programs of another host on the same state may be at work in that folder. Everything is therefore opened below it
//! before it is looked at, and what was looked at is what changes its owner. The stage hides `/proc`, so folders are
//! listed by going there.

use crate::sys::{beneath, fds, mounts};
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// How deep folders are handed over.
const DEEPEST: u32 = 64;

/// Gives what is in a folder and belongs to one owner to another; links themselves, not what they lead to.
pub(super) fn hand_over(folder: BorrowedFd<'_>, from: (u32, u32), to: (u32, u32)) -> io::Result<()> {
    let done = folder.try_clone_to_owned().and_then(|folder| below(&File::from(folder), from, to, DEEPEST));
    std::env::set_current_dir("/").and(done)
}

fn below(folder: &File, from: (u32, u32), to: (u32, u32), left: u32) -> io::Result<()> {
    mounts::go_to(folder.as_fd())?;
    let names: Vec<_> = fs::read_dir(".")?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<_>>()?;
    for name in names {
        let held = match beneath::open(folder, Path::new(&name), libc::O_PATH | libc::O_NOFOLLOW, 0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            held => held?,
        };
        let found = held.metadata()?;
        if (found.uid(), found.gid()) == from {
            fds::give(held.as_fd(), to.0, to.1)?;
        }
        if found.is_dir() && left > 0 {
            below(&held, from, to, left - 1)?;
        }
    }
    Ok(())
}
