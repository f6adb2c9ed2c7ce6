//! The second ban on sockets and signals. Files are left to the root of the jail's own.
#![allow(unsafe_code, reason = "Landlock is not in the standard library")]

use super::check;
use std::io;
use std::mem;
use std::ptr;

#[repr(C)]
struct Ruleset {
    files: u64,
    tcp: u64,
    scoped: u64,
}

const BIND_AND_CONNECT: u64 = 0b11;
const ABSTRACT_SOCKETS_AND_SIGNALS: u64 = 0b11;

/// The kernel's Landlock version: 4 knows TCP, 6 knows sockets and signals.
pub(crate) fn version() -> io::Result<i64> {
    const VERSION: u32 = 1;
    // SAFETY: asking for the version takes no attributes.
    check(unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, ptr::null::<Ruleset>(), 0_usize, VERSION) })
}

/// Bans what this version can ban. `no_new_privs` must be set.
pub(crate) fn restrict(version: i64) -> io::Result<()> {
    let scoped = if version >= 6 { ABSTRACT_SOCKETS_AND_SIGNALS } else { 0 };
    let rules = Ruleset { files: 0, tcp: BIND_AND_CONNECT, scoped };
    let size = if version >= 6 { mem::size_of::<Ruleset>() } else { 16 };
    // SAFETY: the attributes are at least as long as told; the descriptor is used and closed here.
    unsafe {
        let rules = check(libc::syscall(libc::SYS_landlock_create_ruleset, &raw const rules, size, 0_u32))?;
        let done = check(libc::syscall(libc::SYS_landlock_restrict_self, rules, 0_u32));
        libc::close(rules as libc::c_int);
        done?;
    }
    Ok(())
}
