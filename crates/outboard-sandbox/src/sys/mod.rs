//! The system calls that the standard library does not offer, each behind a safe function.
//!
//! The only room with unsafe code. Never here: a decision; functions do one call and report its error.

pub(crate) mod beneath;
pub(crate) mod confine;
pub(crate) mod fds;
pub(crate) mod filter;
pub(crate) mod landlock;
pub(crate) mod mounts;
pub(crate) mod network;
pub(crate) mod process;
pub(crate) mod processors;

use std::io;

/// Turns the kernel's -1 into the error it stands for.
fn check(returned: libc::c_long) -> io::Result<libc::c_long> {
    if returned < 0 { Err(io::Error::last_os_error()) } else { Ok(returned) }
}

/// The same for functions that return an `int`.
fn check_int(returned: libc::c_int) -> io::Result<libc::c_int> {
    if returned < 0 { Err(io::Error::last_os_error()) } else { Ok(returned) }
}
