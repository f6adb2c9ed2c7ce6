//! Files below a folder that a guest can write to: no link in it ever leads the host elsewhere.

#![allow(unsafe_code, reason = "system calls by descriptor; each block says why it is sound")]

use super::check;
use std::ffi::{CString, OsString};
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

const RESOLVE_NO_MAGICLINKS: u64 = 0x02;
const RESOLVE_NO_SYMLINKS: u64 = 0x04;
const RESOLVE_BENEATH: u64 = 0x08;

#[repr(C)]
struct OpenHow {
    flags: u64,
    mode: u64,
    resolve: u64,
}

fn text(path: &Path) -> io::Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}

/// The names in an open folder.
pub(crate) fn names(folder: &File) -> io::Result<Vec<OsString>> {
    let entries = std::fs::read_dir(format!("/proc/self/fd/{}", folder.as_raw_fd()))?;
    entries.map(|entry| Ok(entry?.file_name())).collect()
}

/// One name in a folder.
pub(crate) struct Entry {
    pub(crate) name: OsString,
    /// Whether it is a folder itself, not a link to one.
    pub(crate) is_folder: bool,
}

/// What is in an open folder, links not followed.
pub(crate) fn entries(folder: &File) -> io::Result<Vec<Entry>> {
    let entries = std::fs::read_dir(format!("/proc/self/fd/{}", folder.as_raw_fd()))?;
    let one = |entry: std::fs::DirEntry| Ok(Entry { name: entry.file_name(), is_folder: entry.file_type()?.is_dir() });
    entries.map(|entry| one(entry?)).collect()
}

/// Whether what was to be opened as a folder is none, or is not there any more.
pub(crate) fn is_no_folder(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ENOTDIR | libc::ELOOP))
}

/// Whether something may not be opened, or lies deeper than a path goes.
pub(crate) fn is_out_of_reach(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EACCES | libc::ENAMETOOLONG))
}

/// What is in an open folder, one by one.
pub(crate) fn list(folder: &File) -> io::Result<std::fs::ReadDir> {
    std::fs::read_dir(format!("/proc/self/fd/{}", folder.as_raw_fd()))
}

/// Opens a file below `folder`; a symbolic link anywhere below it is an error (openat2(2)).
pub(crate) fn open(folder: &File, relative: &Path, flags: libc::c_int, mode: u32) -> io::Result<File> {
    let path = text(relative)?;
    let how = OpenHow {
        flags: (flags | libc::O_CLOEXEC) as u64,
        mode: mode.into(),
        resolve: RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    let size = std::mem::size_of::<OpenHow>();
    // SAFETY: the path is NUL-terminated, and `how` is a struct of the size that is passed along.
    let fd =
        check(unsafe { libc::syscall(libc::SYS_openat2, folder.as_raw_fd(), path.as_ptr(), &raw const how, size) })?;
    // SAFETY: the call succeeded and gave a fresh descriptor.
    let file = unsafe { File::from_raw_fd(fd as i32) };
    if flags & libc::O_CREAT != 0 {
        give(folder, &file);
    }
    Ok(file)
}

/// Opens a folder to list and change it, and gives its owner back the rights for that.
pub(crate) fn open_own(folder: &File, relative: &Path) -> io::Result<File> {
    const ALL: u32 = 0o700;
    let named = open(folder, relative, libc::O_PATH | libc::O_DIRECTORY, 0)?;
    let path = format!("/proc/self/fd/{}", named.as_raw_fd());
    let mode = named.metadata()?.mode() & 0o7777;
    if mode & ALL != ALL {
        // Where that is not allowed, what needs the rights says so.
        let _ = std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode | ALL));
    }
    File::open(path)
}

/// Makes one folder directly below an open one; one that is there already is fine.
pub(crate) fn make_folder(parent: &File, name: &Path) -> io::Result<()> {
    let path = text(name)?;
    // SAFETY: the path is NUL-terminated and outlives the call.
    match check(unsafe { libc::mkdirat(parent.as_raw_fd(), path.as_ptr(), 0o755) }.into()) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => {
            made?;
            let made = open(parent, name, libc::O_RDONLY | libc::O_DIRECTORY, 0)?;
            // A program may have put another one there meanwhile, but none of ours that is empty.
            if names(&made).is_ok_and(|names| names.is_empty()) {
                give(parent, &made);
            }
            Ok(())
        }
    }
}

/// Gives what was made to the owner of the folder that it is in: where owners are not mapped, that is the worker, who
/// could not read what a root host makes under a strict umask. Whoever is not root owns all of it already.
fn give(folder: &File, made: &File) {
    let (Ok(wanted), Ok(found)) = (folder.metadata(), made.metadata()) else { return };
    if found.uid() == 0 && super::process::ids().0 == 0 && wanted.uid() != 0 {
        let _ = std::os::unix::fs::fchown(made, Some(wanted.uid()), Some(wanted.gid()));
    }
}

/// Renames what is directly below an open folder to a name that is free there: this one, with a number behind it, or with
/// one that nobody can have taken in advance.
pub(crate) fn rename_to_free(parent: &File, name: &Path, new: &str) -> io::Result<()> {
    const NO_REPLACE: libc::c_uint = 1;
    const NUMBERED: u64 = 10;
    const MOST: u64 = 20;
    let (from, at) = (text(name)?, parent.as_raw_fd());
    for number in 0..MOST {
        let to = match number {
            0 => new.to_owned(),
            1..NUMBERED => format!("{new}-{number}"),
            _ => format!("{new}-{:016x}", RandomState::new().hash_one(number)),
        };
        let to = text(Path::new(&to))?;
        // SAFETY: both paths are NUL-terminated and outlive the call.
        let done = unsafe { libc::renameat2(at, from.as_ptr(), at, to.as_ptr(), NO_REPLACE) };
        match check(done.into()) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            done => return done.map(drop),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Gives what is directly below an open folder another name, in the place of a file that has it.
pub(crate) fn rename(parent: &File, from: &Path, to: &Path) -> io::Result<()> {
    let (from, to, at) = (text(from)?, text(to)?, parent.as_raw_fd());
    // SAFETY: both paths are NUL-terminated and outlive the call.
    check(unsafe { libc::renameat(at, from.as_ptr(), at, to.as_ptr()) }.into()).map(drop)
}

/// Removes a file directly below an open folder.
pub(crate) fn remove(parent: &File, name: &Path) -> io::Result<()> {
    let path = text(name)?;
    // SAFETY: the path is NUL-terminated and outlives the call.
    check(unsafe { libc::unlinkat(parent.as_raw_fd(), path.as_ptr(), 0) }.into()).map(drop)
}
