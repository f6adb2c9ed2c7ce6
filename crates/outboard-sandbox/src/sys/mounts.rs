//! Mounts, by descriptor where the kernel allows.
#![allow(unsafe_code, reason = "the mount calls are not in the standard library")]

use super::{check, check_int};
use crate::ablation::{self, Part};
use std::ffi::CStr;
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;

const OPEN_TREE_CLONE: u32 = 1;
const AT_RECURSIVE: u32 = 0x8000;
/// The mount to move is the descriptor itself.
pub(crate) const MOVE_MOUNT_F_EMPTY_PATH: u32 = 0x4;
const ATTR_IDMAP: u64 = 0x0010_0000;

/// May not be written to.
pub(crate) const READ_ONLY: u64 = 0x1;
/// Set-uid files have no effect.
pub(crate) const NO_SUID: u64 = 0x2;
/// Device files do not open.
pub(crate) const NO_DEV: u64 = 0x4;
/// Files do not execute.
pub(crate) const NO_EXEC: u64 = 0x8;

#[repr(C)]
struct Attributes {
    set: u64,
    clear: u64,
    propagation: u64,
    userns: u64,
}

/// A detached copy of what is mounted at a path, with everything below it.
pub(crate) fn copy_tree(path: &CStr) -> io::Result<OwnedFd> {
    let flags = OPEN_TREE_CLONE | AT_RECURSIVE | libc::O_CLOEXEC as u32;
    // SAFETY: the path is a C string.
    let fd = check(unsafe { libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, path.as_ptr(), flags) })?;
    // SAFETY: just opened, owned by nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// Sets attributes on a mount, and on everything below it when `recursive`.
pub(crate) fn set_attributes(tree: BorrowedFd<'_>, set: u64, recursive: bool) -> io::Result<()> {
    change(tree, &Attributes { set, clear: 0, propagation: 0, userns: 0 }, recursive)
}

/// Shows a detached mount's owners as the mapping of a user namespace says.
pub(crate) fn map_ids(tree: BorrowedFd<'_>, userns: BorrowedFd<'_>) -> io::Result<()> {
    let userns = userns.as_raw_fd() as u64;
    change(tree, &Attributes { set: ATTR_IDMAP, clear: 0, propagation: 0, userns }, false)
}

fn change(tree: BorrowedFd<'_>, attributes: &Attributes, recursive: bool) -> io::Result<()> {
    let flags = libc::AT_EMPTY_PATH as u32 | if recursive { AT_RECURSIVE } else { 0 };
    // SAFETY: the path is a C string and the attributes are as long as told.
    check(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            flags,
            ptr::from_ref(attributes),
            mem::size_of::<Attributes>(),
        )
    })?;
    Ok(())
}

/// Attaches a detached mount at a path, relative to the working directory unless absolute.
pub(crate) fn attach(tree: BorrowedFd<'_>, target: &CStr) -> io::Result<()> {
    // SAFETY: both paths are C strings.
    check(unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_FDCWD,
            target.as_ptr(),
            MOVE_MOUNT_F_EMPTY_PATH,
        )
    })?;
    Ok(())
}

/// Mounts a new file system in memory.
pub(crate) fn memory(target: &CStr, options: &CStr) -> io::Result<()> {
    let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    // SAFETY: all are C strings.
    check_int(unsafe {
        libc::mount(c"tmpfs".as_ptr(), target.as_ptr(), c"tmpfs".as_ptr(), flags, options.as_ptr().cast())
    })?;
    Ok(())
}

/// A new file system in memory that is mounted nowhere yet, with these options.
pub(crate) fn new_memory(options: &[(&CStr, &CStr)]) -> io::Result<OwnedFd> {
    const CLOSE_ON_EXEC: u32 = 1;
    const SET_STRING: u32 = 1;
    const CREATE: u32 = 6;
    let owned = |fd: libc::c_long| {
        // SAFETY: just opened, owned by nobody else.
        unsafe { OwnedFd::from_raw_fd(fd as i32) }
    };
    // SAFETY: the name is a C string.
    let context = owned(check(unsafe { libc::syscall(libc::SYS_fsopen, c"tmpfs".as_ptr(), CLOSE_ON_EXEC) })?);
    let configure = |command: u32, key: *const libc::c_char, value: *const libc::c_char| {
        // SAFETY: key and value are C strings, or null for the command that takes none.
        check(unsafe { libc::syscall(libc::SYS_fsconfig, context.as_raw_fd(), command, key, value, 0) })
    };
    for (key, value) in options {
        configure(SET_STRING, key.as_ptr(), value.as_ptr())?;
    }
    configure(CREATE, ptr::null(), ptr::null())?;
    let attributes = (NO_SUID | NO_DEV | NO_EXEC) as u32;
    // SAFETY: a plain call.
    let mounted = unsafe { libc::syscall(libc::SYS_fsmount, context.as_raw_fd(), CLOSE_ON_EXEC, attributes) };
    Ok(owned(check(mounted)?))
}

/// Keeps this process's later mounts from showing anywhere else.
pub(crate) fn stop_propagation() -> io::Result<()> {
    let flags = libc::MS_REC | libc::MS_SLAVE;
    // SAFETY: the target is a C string; the other pointers may be null for this kind of call.
    check_int(unsafe { libc::mount(ptr::null(), c"/".as_ptr(), ptr::null(), flags, ptr::null()) })?;
    Ok(())
}

/// Makes a mount the root of this process and detaches the old root.
pub(crate) fn enter(tree: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: plain calls with C strings.
    unsafe {
        check_int(libc::fchdir(tree.as_raw_fd()))?;
        check(libc::syscall(libc::SYS_pivot_root, c".".as_ptr(), c".".as_ptr()))?;
        if ablation::keeps(Part::DetachedRoot) {
            check_int(libc::umount2(c".".as_ptr(), libc::MNT_DETACH))?;
        }
        check_int(libc::chdir(c"/".as_ptr()))?;
    }
    Ok(())
}

/// Makes a mount the working directory.
pub(crate) fn go_to(tree: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: a plain call.
    check_int(unsafe { libc::fchdir(tree.as_raw_fd()) })?;
    Ok(())
}
