//! Which system calls a program may make, each with its reason.
//!
//! Groups are composed into profiles by [`plain`]. What is missing here is refused: above all `socket`, `bind`,
//! `ptrace`, `mount`, `bpf`, `io_uring_setup`, `unshare`, `setns`, `keyctl`, `userfaultfd`, `perf_event_open`.

use crate::message::Profile;
use libc::c_long;

/// A call and why a program needs it.
pub(super) type Call = (c_long, &'static str);

/// The calls of a profile whose arguments do not matter.
pub(super) fn plain(profile: Profile) -> impl Iterator<Item = Call> {
    let extra = if profile == Profile::Jit { JIT } else { &[] };
    let groups = [FILES, MEMORY, PROCESS, SIGNALS, TIME, SOCKETS, OLDER, extra];
    groups.into_iter().flatten().copied()
}

/// Files, within what is mounted; `fcntl` is decided by its arguments.
const FILES: &[Call] = &[
    (libc::SYS_read, "from an open file or the channel"),
    (libc::SYS_write, "to an open file or the channel"),
    (libc::SYS_readv, "read into several buffers"),
    (libc::SYS_writev, "write from several buffers"),
    (libc::SYS_pread64, "read at a place, as SQLite and zip readers do"),
    (libc::SYS_pwrite64, "write at a place"),
    (libc::SYS_preadv, "several buffers at a place"),
    (libc::SYS_pwritev, "several buffers at a place"),
    (libc::SYS_preadv2, "the same with flags"),
    (libc::SYS_pwritev2, "the same with flags"),
    (libc::SYS_close, "every program closes"),
    (libc::SYS_close_range, "subprocess modules close all at once"),
    (libc::SYS_fstat, "what an open file is"),
    (libc::SYS_newfstatat, "what a named file is"),
    (libc::SYS_statx, "the newer form, which Rust uses"),
    (libc::SYS_statfs, "free space"),
    (libc::SYS_fstatfs, "free space, by descriptor"),
    (libc::SYS_faccessat, "whether a file may be read"),
    (libc::SYS_faccessat2, "the same with flags"),
    (libc::SYS_readlinkat, "link targets"),
    (libc::SYS_getdents64, "listing a folder"),
    (libc::SYS_getcwd, "where it is"),
    (libc::SYS_chdir, "within the root"),
    (libc::SYS_fchdir, "the same by descriptor"),
    (libc::SYS_mkdirat, "folders in writable places"),
    (libc::SYS_unlinkat, "removing in writable places"),
    (libc::SYS_renameat, "moving within a mount"),
    (libc::SYS_renameat2, "moving without replacing"),
    (libc::SYS_linkat, "hard links within a mount"),
    (libc::SYS_symlinkat, "links; the host never follows them"),
    (libc::SYS_utimensat, "times of files, for archives and builds"),
    (libc::SYS_ftruncate, "setting a size"),
    (libc::SYS_truncate, "the same by name"),
    (libc::SYS_fallocate, "reserving space"),
    (libc::SYS_fsync, "databases wait for the disk"),
    (libc::SYS_fdatasync, "the same without metadata"),
    (libc::SYS_sync_file_range, "the same for a part"),
    (libc::SYS_flock, "locks between its own processes"),
    (libc::SYS_lseek, "moving in a file"),
    (libc::SYS_dup, "copying a descriptor"),
    (libc::SYS_dup3, "copying to a number"),
    (libc::SYS_pipe2, "pipes between its own processes"),
    (libc::SYS_ppoll, "waiting for descriptors"),
    (libc::SYS_pselect6, "the same, older"),
    (libc::SYS_epoll_create1, "event loops"),
    (libc::SYS_epoll_ctl, "event loops"),
    (libc::SYS_epoll_pwait, "event loops"),
    (libc::SYS_epoll_pwait2, "event loops with fine time"),
    (libc::SYS_eventfd2, "waking an event loop"),
    (libc::SYS_copy_file_range, "copying without buffers"),
    (libc::SYS_sendfile, "the same, older"),
    (libc::SYS_fadvise64, "a hint"),
    (libc::SYS_readahead, "a hint"),
    (libc::SYS_umask, "mode of new files, its own"),
    (libc::SYS_getxattr, "copying tools look for attributes"),
    (libc::SYS_lgetxattr, "the same for links"),
    (libc::SYS_fgetxattr, "the same by descriptor"),
    (libc::SYS_listxattr, "names of attributes"),
    (libc::SYS_llistxattr, "the same for links"),
    (libc::SYS_flistxattr, "the same by descriptor"),
];

/// Memory; `mmap`, `mprotect` and `madvise` are decided by their arguments.
const MEMORY: &[Call] = &[
    (libc::SYS_munmap, "giving memory back"),
    (libc::SYS_mremap, "growing memory"),
    (libc::SYS_brk, "the oldest heap"),
    (libc::SYS_msync, "mapped files"),
    (libc::SYS_mincore, "whether pages are there"),
    (libc::SYS_membarrier, "cheap barriers of allocators and run times"),
];

/// Threads and processes of its own pid namespace; `clone` and `futex` are decided by
/// their arguments.
const PROCESS: &[Call] = &[
    (libc::SYS_kill, "within its own pid namespace"),
    (libc::SYS_tkill, "to a thread of its own"),
    (libc::SYS_tgkill, "to a thread of its own, as abort does"),
    (libc::SYS_getpid, "its number"),
    (libc::SYS_getppid, "its parent's"),
    (libc::SYS_gettid, "its thread's"),
    (libc::SYS_getpgid, "its group"),
    (libc::SYS_getsid, "its session"),
    (libc::SYS_setpgid, "groups of children; the session stays"),
    (libc::SYS_setsid, "children without a terminal"),
    (libc::SYS_getuid, "who it is"),
    (libc::SYS_geteuid, "who it is"),
    (libc::SYS_getgid, "who it is"),
    (libc::SYS_getegid, "who it is"),
    (libc::SYS_getresuid, "who it is"),
    (libc::SYS_getresgid, "who it is"),
    (libc::SYS_getgroups, "who it is"),
    (libc::SYS_capget, "it has none"),
    (libc::SYS_sched_yield, "letting others run"),
    (libc::SYS_sched_getaffinity, "how many processors"),
    (libc::SYS_sched_getparam, "priority, read only"),
    (libc::SYS_sched_getscheduler, "the same"),
    (libc::SYS_sched_get_priority_max, "what priorities there are"),
    (libc::SYS_sched_get_priority_min, "what priorities there are"),
    (libc::SYS_getpriority, "its niceness, read only"),
    (libc::SYS_set_robust_list, "threads of the C library"),
    (libc::SYS_get_robust_list, "threads of the C library"),
    (libc::SYS_rseq, "threads of the C library"),
    (libc::SYS_set_tid_address, "threads of the C library"),
    (libc::SYS_getrlimit, "its limits, read only"),
    (libc::SYS_getrusage, "what it has used"),
    (libc::SYS_uname, "the kernel's name"),
    (libc::SYS_sysinfo, "memory and load"),
    (libc::SYS_getrandom, "random bytes"),
    (libc::SYS_getcpu, "which processor"),
    (libc::SYS_exit, "a thread ends"),
    (libc::SYS_exit_group, "a process ends"),
    (libc::SYS_wait4, "children end"),
    (libc::SYS_waitid, "children end"),
    (libc::SYS_execve, "programs in the root; no_new_privs holds"),
];

/// Signals, which the pid namespace and Landlock keep inside.
const SIGNALS: &[Call] = &[
    (libc::SYS_rt_sigaction, "handlers"),
    (libc::SYS_rt_sigprocmask, "masks"),
    (libc::SYS_rt_sigreturn, "the end of every handler"),
    (libc::SYS_rt_sigpending, "what waits"),
    (libc::SYS_rt_sigtimedwait, "waiting for one"),
    (libc::SYS_rt_sigsuspend, "waiting for any"),
    (libc::SYS_rt_sigqueueinfo, "with a value, to its own"),
    (libc::SYS_rt_tgsigqueueinfo, "the same to a thread"),
    (libc::SYS_sigaltstack, "handlers of stack overflows"),
    (libc::SYS_restart_syscall, "the kernel goes on after a stop"),
];

/// Clocks, read; timers of its own.
const TIME: &[Call] = &[
    (libc::SYS_clock_gettime, "what time it is"),
    (libc::SYS_clock_getres, "how fine"),
    (libc::SYS_clock_nanosleep, "sleeping"),
    (libc::SYS_nanosleep, "sleeping"),
    (libc::SYS_gettimeofday, "what time it is"),
    (libc::SYS_times, "CPU time used"),
    (libc::SYS_getitimer, "timers by signal"),
    (libc::SYS_setitimer, "timers by signal"),
    (libc::SYS_timer_create, "timers by signal"),
    (libc::SYS_timer_settime, "timers by signal"),
    (libc::SYS_timer_gettime, "timers by signal"),
    (libc::SYS_timer_getoverrun, "timers by signal"),
    (libc::SYS_timer_delete, "timers by signal"),
    (libc::SYS_timerfd_create, "timers of event loops"),
    (libc::SYS_timerfd_settime, "timers of event loops"),
    (libc::SYS_timerfd_gettime, "timers of event loops"),
];

/// Use of sockets that are open already; sending, receiving and options are decided by their arguments, and `socket`, `bind`, `connect`, `accept` are absent on purpose.
const SOCKETS: &[Call] = &[
    (libc::SYS_shutdown, "ending one direction"),
    (libc::SYS_getsockname, "what a socket is"),
    (libc::SYS_getpeername, "whom it is connected to"),
    (libc::SYS_getsockopt, "options, read"),
];

/// What engines that compile at run time need beside the rest.
const JIT: &[Call] = &[
    (libc::SYS_memfd_create, "code mapped twice: once to write, once to run"),
    (libc::SYS_pkey_alloc, "guards the code of V8"),
    (libc::SYS_pkey_free, "guards the code of V8"),
    (libc::SYS_pkey_mprotect, "guards the code of V8"),
];

/// Calls that give a file its mode, the place of the mode among their arguments, and why they are there. Never set-uid or
/// set-gid: the mounts of a jail ignore those, but a granted folder is the host's as well, where other users could run
/// with them what a program left.
pub(super) const MODES: &[(libc::c_long, u32, &str)] = &[
    (libc::SYS_openat, 3, "within what is mounted; Landlock and the mounts decide"),
    (libc::SYS_fchmod, 1, "mode bits"),
    (libc::SYS_fchmodat, 2, "the same by name"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, 2, "openat"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_creat, 1, "openat"),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_chmod, 1, "fchmodat"),
];

/// Older forms that only this architecture has; the reason names the newer one.
#[cfg(target_arch = "x86_64")]
const OLDER: &[Call] = &[
    (libc::SYS_stat, "newfstatat"),
    (libc::SYS_lstat, "newfstatat"),
    (libc::SYS_access, "faccessat"),
    (libc::SYS_readlink, "readlinkat"),
    (libc::SYS_getdents, "getdents64"),
    (libc::SYS_mkdir, "mkdirat"),
    (libc::SYS_rmdir, "unlinkat"),
    (libc::SYS_unlink, "unlinkat"),
    (libc::SYS_rename, "renameat"),
    (libc::SYS_link, "linkat"),
    (libc::SYS_symlink, "symlinkat"),
    (libc::SYS_utime, "utimensat"),
    (libc::SYS_utimes, "utimensat"),
    (libc::SYS_futimesat, "utimensat"),
    (libc::SYS_dup2, "dup3"),
    (libc::SYS_pipe, "pipe2"),
    (libc::SYS_poll, "ppoll"),
    (libc::SYS_select, "pselect6"),
    (libc::SYS_epoll_create, "epoll_create1"),
    (libc::SYS_epoll_wait, "epoll_pwait"),
    (libc::SYS_eventfd, "eventfd2"),
    (libc::SYS_getpgrp, "getpgid"),
    (libc::SYS_time, "clock_gettime"),
    (libc::SYS_alarm, "setitimer"),
    (libc::SYS_pause, "rt_sigsuspend"),
    (libc::SYS_fork, "clone without new namespaces"),
    (libc::SYS_vfork, "clone without new namespaces"),
    (libc::SYS_arch_prctl, "thread-local storage"),
];

#[cfg(target_arch = "aarch64")]
const OLDER: &[Call] = &[];
