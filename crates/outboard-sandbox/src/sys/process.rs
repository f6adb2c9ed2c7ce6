//! Processes: starting the spawner, cloning workers, signals, reaping, namespaces of the caller.
#![allow(unsafe_code, reason = "clone3, pidfds and namespaces are not in the standard library")]

use super::{check, check_int};
use crate::message::Ended;
use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Lets a command start with `socket` on descriptor 3 and die with the thread that starts it.
pub(crate) fn attach(command: &mut Command, socket: RawFd) {
    let prepare = move || {
        super::fds::place(socket, outboard_worker_protocol::SOCKET_FD, false)?;
        die_with_parent()
    };
    // SAFETY: the closure makes only async-signal-safe calls and allocates nothing.
    unsafe { command.pre_exec(prepare) };
}

/// Which side of a clone this is.
pub(crate) enum Side {
    /// The new process.
    Child,
    /// The old one, with the new one's number and pidfd.
    Parent(i32, OwnedFd),
}

/// Clones the calling process into new namespaces. Only for single-threaded processes.
pub(crate) fn clone_into(namespaces: libc::c_int) -> io::Result<Side> {
    let mut pidfd: RawFd = -1;
    // SAFETY: all-zero is a valid clone_args.
    let mut args: libc::clone_args = unsafe { mem::zeroed() };
    args.flags = namespaces as u64 | libc::CLONE_PIDFD as u64;
    args.pidfd = (&raw mut pidfd) as u64;
    args.exit_signal = libc::SIGCHLD as u64;
    // SAFETY: without CLONE_VM the child has its own copy of this single-threaded process's memory.
    let pid = check(unsafe { libc::syscall(libc::SYS_clone3, &raw mut args, mem::size_of::<libc::clone_args>()) })?;
    if pid == 0 {
        return Ok(Side::Child);
    }
    // SAFETY: the kernel stored a new descriptor.
    Ok(Side::Parent(pid as i32, unsafe { OwnedFd::from_raw_fd(pidfd) }))
}

/// A descriptor of a child that is not reaped yet.
pub(crate) fn open(pid: i32) -> io::Result<OwnedFd> {
    // SAFETY: a plain call.
    let fd = check(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0_u32) })?;
    // SAFETY: just opened, owned by nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// Moves the calling process into new namespaces.
pub(crate) fn unshare(namespaces: libc::c_int) -> io::Result<()> {
    // SAFETY: a plain call.
    check_int(unsafe { libc::unshare(namespaces) })?;
    Ok(())
}

/// Kills every process of a group; none left is no error.
pub(crate) fn kill_group(group: i32) {
    // SAFETY: a plain call; the group's number is that of a child that is not reaped yet.
    unsafe { libc::kill(-group, libc::SIGKILL) };
}

/// Kills the process behind a pidfd; one that is gone is no error.
pub(crate) fn kill(pidfd: BorrowedFd<'_>) {
    // SAFETY: a plain call; a pidfd never names another process than the one it was made for.
    unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            libc::SIGKILL,
            std::ptr::null::<libc::siginfo_t>(),
            0_u32,
        )
    };
}

/// Reaps a child that has ended, or waits for it.
pub(crate) fn reap(pid: i32) -> io::Result<Ended> {
    let mut status = 0;
    // SAFETY: all-zero is a valid rusage; both out-parameters are writable.
    let mut usage: libc::rusage = unsafe { mem::zeroed() };
    // SAFETY: as above.
    check_int(unsafe { libc::wait4(pid, &raw mut status, libc::__WALL, &raw mut usage) })?;
    let micros = |time: libc::timeval| time.tv_sec as u64 * 1_000_000 + time.tv_usec as u64;
    Ok(Ended {
        code: libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status)),
        signal: libc::WIFSIGNALED(status).then(|| libc::WTERMSIG(status)),
        cpu_us: micros(usage.ru_utime) + micros(usage.ru_stime),
        peak_bytes: usage.ru_maxrss as u64 * 1024,
        ..Ended::default()
    })
}

/// Has the kernel kill this process when its parent's thread ends.
///
/// A later change of credentials cancels this, so it comes last.
pub(crate) fn die_with_parent() -> io::Result<()> {
    // SAFETY: a plain call.
    check_int(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong, 0, 0, 0) })?;
    Ok(())
}

/// What a clone does that is there to be looked at: nothing, until it is killed or its parent ends.
pub(crate) fn stand_by() -> ! {
    if die_with_parent().is_err() {
        exit_now(1);
    }
    loop {
        std::thread::park();
    }
}

/// Has this process be the parent of descendants whose own parent has ended, as the first of a pid namespace is, also once
/// it executes something else.
pub(crate) fn adopt_orphans() -> io::Result<()> {
    // SAFETY: a plain call.
    check_int(unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) })?;
    Ok(())
}

/// Leaves the terminal and the process group.
pub(crate) fn new_session() {
    // SAFETY: a plain call; failing means that it leads a group already.
    unsafe { libc::setsid() };
}

/// Ends the process at once, without running anything of it.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: never returns.
    unsafe { libc::_exit(code) }
}

/// Effective user and group.
pub(crate) fn ids() -> (u32, u32) {
    // SAFETY: cannot fail.
    unsafe { (libc::geteuid(), libc::getegid()) }
}

/// Clock ticks per second and bytes per page, as `/proc` counts.
pub(crate) fn units() -> (u64, u64) {
    // SAFETY: plain calls.
    let (ticks, page) = unsafe { (libc::sysconf(libc::_SC_CLK_TCK), libc::sysconf(libc::_SC_PAGESIZE)) };
    (ticks.max(1) as u64, page.max(1) as u64)
}
