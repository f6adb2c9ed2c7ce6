//! The few system calls that process supervision needs and the standard library does not offer.
//!
//! The only room of this crate with `unsafe`. Never here: decisions about whom to signal when.

use std::io;
use tokio::process::Command;

/// Makes orphaned descendants become our children instead of init's, so that they can be found and reaped.
#[allow(unsafe_code, reason = "prctl has no safe wrapper")]
pub(super) fn adopt_orphans() {
    // SAFETY: PR_SET_CHILD_SUBREAPER takes plain integers and touches no memory of ours.
    unsafe {
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    }
}

/// Has the kernel kill the child when the thread that starts it ends. The caller must start it from a
/// thread that lives as long as the program.
#[allow(unsafe_code, reason = "pre_exec is unsafe by nature")]
pub(super) fn die_with_us(command: &mut Command) {
    let parent = std::process::id();
    let set = move || {
        // SAFETY: both are plain system calls on integers.
        let (failed, now) = unsafe { (libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0), libc::getppid()) };
        // We may have died between fork and prctl; then the signal would never come.
        if failed != 0 || now.unsigned_abs() != parent {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        Ok(())
    };
    // SAFETY: the closure runs between fork and exec and only makes async-signal-safe system calls; it
    // neither allocates nor takes locks.
    unsafe {
        command.pre_exec(set);
    }
}

/// Signals a process.
pub(super) fn signal(pid: u32, signal: i32) {
    if let Ok(pid) = i32::try_from(pid)
        && pid > 1
    {
        kill(pid, signal);
    }
}

/// Signals every process of a group.
pub(super) fn signal_group(group: u32, signal: i32) {
    if let Ok(group) = i32::try_from(group)
        && group > 1
    {
        kill(-group, signal);
    }
}

#[allow(unsafe_code, reason = "kill has no safe wrapper in the standard library")]
fn kill(target: i32, signal: i32) {
    // SAFETY: kill takes plain integers; a target that is gone is only an error.
    unsafe {
        libc::kill(target, signal);
    }
}

/// Reaps the ended children in a group; other children are left to those who wait for them.
pub(super) fn reap_group(group: u32) {
    if let Ok(group) = i32::try_from(group)
        && group > 1
    {
        while reap_one(-group) {}
    }
}

/// Reaps an ended, adopted child.
pub(super) fn reap(pid: u32) {
    if let Ok(pid) = i32::try_from(pid)
        && pid > 1
    {
        reap_one(pid);
    }
}

#[allow(unsafe_code, reason = "waitpid has no safe wrapper in the standard library")]
fn reap_one(target: i32) -> bool {
    // SAFETY: a null status pointer is allowed and means that the status is not wanted.
    unsafe { libc::waitpid(target, std::ptr::null_mut(), libc::WNOHANG) > 0 }
}
