//! Calls that are allowed for some arguments only, as pieces of a filter.
//!
//! Arguments that are pointers cannot be looked through: only numbers decide.

use libc::sock_filter;

pub(super) const AT_NUMBER: u32 = 0;
pub(super) const AT_ARCHITECTURE: u32 = 4;
pub(super) const AT_ARGUMENTS: u32 = 16;

pub(super) const LOAD: u16 = 0x20;
pub(super) const RETURN: u16 = 0x06;
pub(super) const GOTO: u16 = 0x05;
pub(super) const IF_EQUAL: u16 = 0x15;
pub(super) const IF_AT_LEAST: u16 = 0x35;
pub(super) const IF_ANY_BIT: u16 = 0x45;
pub(super) const AND: u16 = 0x54;

pub(super) const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
pub(super) const REFUSE: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;
pub(super) const UNKNOWN: u32 = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;

pub(super) fn step(code: u16, jt: u8, jf: u8, k: u32) -> sock_filter {
    sock_filter { code, jt, jf, k }
}

pub(super) fn answer(action: u32) -> Vec<sock_filter> {
    vec![step(RETURN, 0, 0, action)]
}

fn argument(index: u32) -> sock_filter {
    step(LOAD, 0, 0, AT_ARGUMENTS + 8 * index)
}

/// Allows when the argument's low half is one of these.
pub(super) fn one_of(index: u32, values: &[u32]) -> Vec<sock_filter> {
    let mut program = vec![argument(index)];
    for value in values {
        program.extend([step(IF_EQUAL, 0, 1, *value), step(RETURN, 0, 0, ALLOW)]);
    }
    program.extend(answer(REFUSE));
    program
}

/// `clone` without any new namespace, and of children of the caller's own: never of its parent's, whose
/// bookkeeping would not know them.
pub(super) fn plain_clone() -> Vec<sock_filter> {
    const NEW_TIME: u32 = 0x80;
    let namespaces = libc::CLONE_NEWNS
        | libc::CLONE_NEWCGROUP
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUSER
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWNET;
    let refused = (namespaces | libc::CLONE_PARENT) as u32 | NEW_TIME;
    let mut program = vec![argument(0), step(IF_ANY_BIT, 0, 1, refused)];
    program.extend(answer(REFUSE));
    program.extend(answer(ALLOW));
    program
}

/// `socketpair` of local streams: they cannot be given an address.
pub(super) fn local_pair() -> Vec<sock_filter> {
    const KIND: u32 = 0xF;
    let mut program = vec![argument(0), step(IF_EQUAL, 1, 0, libc::AF_UNIX as u32)];
    program.extend(answer(REFUSE));
    program.extend([argument(1), step(AND, 0, 0, KIND), step(IF_EQUAL, 1, 0, libc::SOCK_STREAM as u32)]);
    program.extend(answer(REFUSE));
    program.extend(answer(ALLOW));
    program
}

/// `socket` of TCP: no datagrams, no raw packets, nothing local.
pub(super) fn internet_stream() -> Vec<sock_filter> {
    const KIND: u32 = 0xF;
    let mut program = vec![argument(0), step(IF_EQUAL, 2, 0, libc::AF_INET as u32)];
    program.extend([step(IF_EQUAL, 1, 0, libc::AF_INET6 as u32)]);
    program.extend(answer(REFUSE));
    program.extend([argument(1), step(AND, 0, 0, KIND), step(IF_EQUAL, 1, 0, libc::SOCK_STREAM as u32)]);
    program.extend(answer(REFUSE));
    program.push(argument(2));
    program.extend([step(IF_EQUAL, 2, 0, 0), step(IF_EQUAL, 1, 0, libc::IPPROTO_TCP as u32)]);
    program.extend(answer(REFUSE));
    program.extend(answer(ALLOW));
    program
}

/// `prlimit64` that only reads: the pointer to new limits is null.
pub(super) fn reading_limits() -> Vec<sock_filter> {
    let mut program = vec![argument(2), step(IF_EQUAL, 1, 0, 0)];
    program.extend(answer(REFUSE));
    program.extend([step(LOAD, 0, 0, AT_ARGUMENTS + 8 * 2 + 4), step(IF_EQUAL, 1, 0, 0)]);
    program.extend(answer(REFUSE));
    program.extend(answer(ALLOW));
    program
}

/// The same for new mappings, which moreover are of files or of one process. Shared memory without a file stays when
/// no process has it in its address space any more, where neither a limit of one nor the host's watch sees it.
pub(super) fn watched_memory() -> Vec<sock_filter> {
    const BOTH: u32 = (libc::MAP_SHARED | libc::MAP_ANONYMOUS) as u32;
    let mut program = vec![argument(3), step(AND, 0, 0, BOTH), step(IF_EQUAL, 0, 1, BOTH)];
    program.extend(answer(REFUSE));
    program.extend(never_both());
    program
}

/// Memory that is not to be written and executed at once: code that a bug has written does not run.
pub(super) fn never_both() -> Vec<sock_filter> {
    const BOTH: u32 = (libc::PROT_WRITE | libc::PROT_EXEC) as u32;
    let mut program = vec![argument(2), step(AND, 0, 0, BOTH), step(IF_EQUAL, 0, 1, BOTH)];
    program.extend(answer(REFUSE));
    program.extend(answer(ALLOW));
    program
}
