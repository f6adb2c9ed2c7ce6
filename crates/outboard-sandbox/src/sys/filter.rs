//! The list of allowed system calls, as a program for the kernel's filter machine.
//!
//! Numbers are looked up by binary search. What is not listed fails with EPERM; `clone3` and `openat2`
//! fail with ENOSYS, so that libraries use the calls whose arguments a filter can see; calls of another
//! architecture end the process.
#![allow(unsafe_code, reason = "installing a filter is not in the standard library")]

use super::check;
use libc::{c_long, sock_filter};
use std::io;
use std::ptr;

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xC000_00B7;

const AT_NUMBER: u32 = 0;
const AT_ARCHITECTURE: u32 = 4;
const AT_ARGUMENTS: u32 = 16;

const LOAD: u16 = 0x20;
const RETURN: u16 = 0x06;
const GOTO: u16 = 0x05;
const IF_EQUAL: u16 = 0x15;
const IF_AT_LEAST: u16 = 0x35;
const IF_ANY_BIT: u16 = 0x45;
const AND: u16 = 0x54;

const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
const REFUSE: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;
const UNKNOWN: u32 = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;

/// Files, within what is mounted.
#[rustfmt::skip]
const FILES: &[c_long] = &[
    libc::SYS_read, libc::SYS_write, libc::SYS_readv, libc::SYS_writev, libc::SYS_pread64, libc::SYS_pwrite64,
    libc::SYS_preadv, libc::SYS_pwritev, libc::SYS_preadv2, libc::SYS_pwritev2, libc::SYS_close,
    libc::SYS_close_range, libc::SYS_openat, libc::SYS_fstat, libc::SYS_newfstatat, libc::SYS_statx,
    libc::SYS_statfs, libc::SYS_fstatfs, libc::SYS_faccessat, libc::SYS_faccessat2, libc::SYS_readlinkat,
    libc::SYS_getdents64, libc::SYS_getcwd, libc::SYS_chdir, libc::SYS_fchdir, libc::SYS_mkdirat,
    libc::SYS_unlinkat, libc::SYS_renameat, libc::SYS_renameat2, libc::SYS_linkat, libc::SYS_symlinkat,
    libc::SYS_fchmod, libc::SYS_fchmodat, libc::SYS_utimensat, libc::SYS_ftruncate, libc::SYS_truncate,
    libc::SYS_fallocate, libc::SYS_fsync, libc::SYS_fdatasync, libc::SYS_sync_file_range, libc::SYS_flock,
    libc::SYS_fcntl, libc::SYS_lseek, libc::SYS_dup, libc::SYS_dup3, libc::SYS_pipe2, libc::SYS_ppoll,
    libc::SYS_pselect6, libc::SYS_epoll_create1, libc::SYS_epoll_ctl, libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2, libc::SYS_eventfd2, libc::SYS_copy_file_range, libc::SYS_sendfile,
    libc::SYS_fadvise64, libc::SYS_readahead, libc::SYS_umask, libc::SYS_getxattr, libc::SYS_lgetxattr,
    libc::SYS_fgetxattr, libc::SYS_listxattr, libc::SYS_llistxattr, libc::SYS_flistxattr,
];

/// Memory, threads, processes of its own pid namespace, time, signals.
#[rustfmt::skip]
const PROCESS: &[c_long] = &[
    libc::SYS_mmap, libc::SYS_munmap, libc::SYS_mprotect, libc::SYS_mremap, libc::SYS_madvise, libc::SYS_brk,
    libc::SYS_msync, libc::SYS_mincore, libc::SYS_rt_sigaction, libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn, libc::SYS_rt_sigpending, libc::SYS_rt_sigtimedwait, libc::SYS_rt_sigsuspend,
    libc::SYS_rt_sigqueueinfo, libc::SYS_rt_tgsigqueueinfo, libc::SYS_sigaltstack, libc::SYS_kill,
    libc::SYS_tkill, libc::SYS_tgkill, libc::SYS_getpid, libc::SYS_getppid, libc::SYS_gettid,
    libc::SYS_getpgid, libc::SYS_getsid, libc::SYS_setpgid, libc::SYS_setsid, libc::SYS_getuid,
    libc::SYS_geteuid, libc::SYS_getgid, libc::SYS_getegid, libc::SYS_getresuid, libc::SYS_getresgid,
    libc::SYS_getgroups, libc::SYS_capget, libc::SYS_clock_gettime, libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep, libc::SYS_nanosleep, libc::SYS_gettimeofday, libc::SYS_times,
    libc::SYS_getrusage, libc::SYS_getitimer, libc::SYS_setitimer, libc::SYS_timer_create,
    libc::SYS_timer_settime, libc::SYS_timer_gettime, libc::SYS_timer_getoverrun, libc::SYS_timer_delete,
    libc::SYS_timerfd_create, libc::SYS_timerfd_settime, libc::SYS_timerfd_gettime, libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity, libc::SYS_sched_getparam, libc::SYS_sched_getscheduler,
    libc::SYS_sched_get_priority_max, libc::SYS_sched_get_priority_min, libc::SYS_getpriority,
    libc::SYS_futex, libc::SYS_set_robust_list, libc::SYS_get_robust_list, libc::SYS_rseq,
    libc::SYS_set_tid_address, libc::SYS_membarrier, libc::SYS_restart_syscall, libc::SYS_getrlimit,
    libc::SYS_uname, libc::SYS_sysinfo, libc::SYS_getrandom, libc::SYS_getcpu, libc::SYS_exit,
    libc::SYS_exit_group, libc::SYS_wait4, libc::SYS_waitid, libc::SYS_execve,
];

/// Use of sockets that are open already; `socket`, `bind`, `connect`, `accept` are absent on purpose.
#[rustfmt::skip]
const SOCKETS: &[c_long] = &[
    libc::SYS_sendto, libc::SYS_recvfrom, libc::SYS_sendmsg, libc::SYS_recvmsg, libc::SYS_shutdown,
    libc::SYS_getsockname, libc::SYS_getpeername, libc::SYS_getsockopt, libc::SYS_setsockopt,
];

/// Older forms that only this architecture has.
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
const OLDER: &[c_long] = &[
    libc::SYS_open, libc::SYS_creat, libc::SYS_stat, libc::SYS_lstat, libc::SYS_access, libc::SYS_readlink,
    libc::SYS_getdents, libc::SYS_mkdir, libc::SYS_rmdir, libc::SYS_unlink, libc::SYS_rename, libc::SYS_link,
    libc::SYS_symlink, libc::SYS_chmod, libc::SYS_utime, libc::SYS_utimes, libc::SYS_futimesat, libc::SYS_dup2,
    libc::SYS_pipe, libc::SYS_poll, libc::SYS_select, libc::SYS_epoll_create, libc::SYS_epoll_wait,
    libc::SYS_eventfd, libc::SYS_getpgrp, libc::SYS_time, libc::SYS_alarm, libc::SYS_pause, libc::SYS_fork,
    libc::SYS_vfork, libc::SYS_arch_prctl,
];
#[cfg(target_arch = "aarch64")]
const OLDER: &[c_long] = &[];

fn step(code: u16, jt: u8, jf: u8, k: u32) -> sock_filter {
    sock_filter { code, jt, jf, k }
}

fn answer(action: u32) -> Vec<sock_filter> {
    vec![step(RETURN, 0, 0, action)]
}

fn argument(index: u32) -> sock_filter {
    step(LOAD, 0, 0, AT_ARGUMENTS + 8 * index)
}

/// Allows when the argument's low half is one of these.
fn one_of(index: u32, values: &[u32]) -> Vec<sock_filter> {
    let mut program = vec![argument(index)];
    for value in values {
        program.extend([step(IF_EQUAL, 0, 1, *value), step(RETURN, 0, 0, ALLOW)]);
    }
    program.extend(answer(REFUSE));
    program
}

/// `clone` without any new namespace.
fn plain_clone() -> Vec<sock_filter> {
    const NEW_TIME: u32 = 0x80;
    let namespaces = libc::CLONE_NEWNS
        | libc::CLONE_NEWCGROUP
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUSER
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWNET;
    let mut program = vec![argument(0), step(IF_ANY_BIT, 0, 1, namespaces as u32 | NEW_TIME)];
    program.extend(answer(REFUSE));
    program.extend(answer(ALLOW));
    program
}

/// `socketpair` of local streams: they cannot be given an address.
fn local_pair() -> Vec<sock_filter> {
    const KIND: u32 = 0xF;
    let mut program = vec![argument(0), step(IF_EQUAL, 1, 0, libc::AF_UNIX as u32)];
    program.extend(answer(REFUSE));
    program.extend([argument(1), step(AND, 0, 0, KIND), step(IF_EQUAL, 1, 0, libc::SOCK_STREAM as u32)]);
    program.extend(answer(REFUSE));
    program.extend(answer(ALLOW));
    program
}

/// `prlimit64` that only reads: the pointer to new limits is null.
fn reading_limits() -> Vec<sock_filter> {
    let mut program = vec![argument(2), step(IF_EQUAL, 1, 0, 0)];
    program.extend(answer(REFUSE));
    program.extend([step(LOAD, 0, 0, AT_ARGUMENTS + 8 * 2 + 4), step(IF_EQUAL, 1, 0, 0)]);
    program.extend(answer(REFUSE));
    program.extend(answer(ALLOW));
    program
}

/// What to do for each listed number, in ascending order.
fn table() -> Vec<(u32, Vec<sock_filter>)> {
    const SET_VMA: u32 = 0x5356_4d41;
    let plain = FILES.iter().chain(PROCESS).chain(SOCKETS).chain(OLDER);
    let mut table: Vec<_> = plain.map(|number| (*number as u32, answer(ALLOW))).collect();
    let terminal = [libc::FIONREAD, libc::FIOCLEX, libc::FIONCLEX, libc::FIONBIO, libc::TCGETS].map(|one| one as u32);
    let own = [libc::PR_SET_NAME as u32, libc::PR_GET_NAME as u32, SET_VMA];
    table.extend([
        (libc::SYS_clone as u32, plain_clone()),
        (libc::SYS_clone3 as u32, answer(UNKNOWN)),
        (libc::SYS_openat2 as u32, answer(UNKNOWN)),
        (libc::SYS_ioctl as u32, one_of(1, &terminal)),
        (libc::SYS_prctl as u32, one_of(0, &own)),
        (libc::SYS_prlimit64 as u32, reading_limits()),
        (libc::SYS_socketpair as u32, local_pair()),
    ]);
    table.sort_by_key(|(number, _)| *number);
    table.dedup_by_key(|(number, _)| *number);
    table
}

/// A leaf of the search: from this number on, until the next leaf, do this.
type Leaf = (u32, Vec<sock_filter>);

fn leaves() -> Vec<Leaf> {
    let mut leaves: Vec<Leaf> = vec![(0, answer(REFUSE))];
    for (number, program) in table() {
        if leaves.last().is_some_and(|last| last.0 == number) {
            leaves.pop();
        }
        leaves.push((number, program));
        leaves.push((number + 1, answer(REFUSE)));
    }
    leaves.dedup_by(|next, kept| {
        let same = |one: &sock_filter, other: &sock_filter| (one.code, one.k) == (other.code, other.k);
        next.1.len() == 1 && kept.1.len() == 1 && same(&next.1[0], &kept.1[0])
    });
    leaves
}

fn search(leaves: &[Leaf]) -> Vec<sock_filter> {
    let [one] = leaves else {
        let (low, high) = leaves.split_at(leaves.len() / 2);
        let upper = search(high);
        let mut program = vec![step(IF_AT_LEAST, 1, 0, high[0].0), step(GOTO, 0, 0, upper.len() as u32)];
        program.extend(upper);
        program.extend(search(low));
        return program;
    };
    one.1.clone()
}

/// The whole program.
pub(crate) fn program() -> Vec<sock_filter> {
    let mut program = vec![step(LOAD, 0, 0, AT_ARCHITECTURE), step(IF_EQUAL, 1, 0, ARCHITECTURE)];
    program.extend(answer(libc::SECCOMP_RET_KILL_PROCESS));
    program.push(step(LOAD, 0, 0, AT_NUMBER));
    program.extend(search(&leaves()));
    program
}

/// Binds the calling thread and its descendants to the program. `no_new_privs` must be set.
pub(crate) fn install(program: &mut [sock_filter]) -> io::Result<()> {
    const SET_MODE_FILTER: libc::c_ulong = 1;
    let len = u16::try_from(program.len()).map_err(|_| io::Error::from_raw_os_error(libc::E2BIG))?;
    let whole = libc::sock_fprog { len, filter: program.as_mut_ptr() };
    // SAFETY: pointer and length describe the program, which the kernel copies.
    check(unsafe { libc::syscall(libc::SYS_seccomp, SET_MODE_FILTER, 0_u32, ptr::from_ref(&whole)) })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the program as the kernel would.
    fn judge(number: u32, arguments: [u64; 3]) -> u32 {
        let program = program();
        let (mut at, mut register) = (0, 0_u32);
        loop {
            let step = program[at];
            at += 1;
            let met = match step.code {
                LOAD => {
                    register = match step.k {
                        AT_NUMBER => number,
                        AT_ARCHITECTURE => ARCHITECTURE,
                        k => (arguments[((k - AT_ARGUMENTS) / 8) as usize] >> (8 * ((k - AT_ARGUMENTS) % 8))) as u32,
                    };
                    continue;
                }
                AND => {
                    register &= step.k;
                    continue;
                }
                RETURN => return step.k,
                GOTO => {
                    at += step.k as usize;
                    continue;
                }
                IF_EQUAL => register == step.k,
                IF_AT_LEAST => register >= step.k,
                IF_ANY_BIT => register & step.k != 0,
                other => panic!("unknown step {other}"),
            };
            at += usize::from(if met { step.jt } else { step.jf });
        }
    }

    #[test]
    fn exactly_the_listed_calls_pass() {
        let listed: Vec<u32> = FILES.iter().chain(PROCESS).chain(SOCKETS).chain(OLDER).map(|n| *n as u32).collect();
        let argued = [libc::SYS_clone, libc::SYS_clone3, libc::SYS_openat2, libc::SYS_ioctl, libc::SYS_prctl];
        let argued: Vec<u32> =
            argued.into_iter().chain([libc::SYS_prlimit64, libc::SYS_socketpair]).map(|n| n as u32).collect();
        for number in (0..1024).filter(|number| !argued.contains(number)) {
            let wanted = if listed.contains(&number) { ALLOW } else { REFUSE };
            assert_eq!(judge(number, [0; 3]), wanted, "call {number}");
            assert_eq!(judge(number | 0x4000_0000, [0; 3]), REFUSE, "x32 call {number}");
        }
    }

    #[test]
    fn arguments_decide_where_they_must() {
        let judge = |number: c_long, arguments| judge(number as u32, arguments);
        let user = libc::CLONE_NEWUSER as u64;
        assert_eq!(judge(libc::SYS_clone, [user, 0, 0]), REFUSE);
        assert_eq!(judge(libc::SYS_clone, [libc::CLONE_VM as u64, 0, 0]), ALLOW);
        assert_eq!(judge(libc::SYS_clone3, [0; 3]), UNKNOWN);
        assert_eq!(judge(libc::SYS_socketpair, [libc::AF_UNIX as u64, libc::SOCK_STREAM as u64, 0]), ALLOW);
        assert_eq!(judge(libc::SYS_socketpair, [libc::AF_UNIX as u64, libc::SOCK_DGRAM as u64, 0]), REFUSE);
        assert_eq!(judge(libc::SYS_socketpair, [libc::AF_INET as u64, libc::SOCK_STREAM as u64, 0]), REFUSE);
        assert_eq!(judge(libc::SYS_prctl, [libc::PR_SET_PDEATHSIG as u64, 0, 0]), REFUSE);
        assert_eq!(judge(libc::SYS_ioctl, [0, libc::TIOCSTI, 0]), REFUSE);
        assert_eq!(judge(libc::SYS_prlimit64, [0, 0, 0]), ALLOW);
        assert_eq!(judge(libc::SYS_prlimit64, [0, 0, 0x7f00_0000_0000]), REFUSE);
    }
}
