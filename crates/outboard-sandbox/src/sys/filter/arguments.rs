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
    without_bits(0, (namespaces | libc::CLONE_PARENT) as u32 | NEW_TIME)
}

/// Refuses where the argument has one of these bits.
pub(super) fn without_bits(index: u32, bits: u32) -> Vec<sock_filter> {
    let mut program = vec![argument(index), step(IF_ANY_BIT, 0, 1, bits)];
    program.extend(answer(REFUSE));
    program.extend(answer(ALLOW));
    program
}

/// A mode without set-uid and set-gid.
pub(super) fn plain_mode(index: u32) -> Vec<sock_filter> {
    without_bits(index, libc::S_ISUID | libc::S_ISGID)
}

/// Answers so when the argument's bits below the mask are one of these; allows the rest.
pub(super) fn none_of(index: u32, mask: u32, values: &[u32], action: u32) -> Vec<sock_filter> {
    let mut program = vec![argument(index), step(AND, 0, 0, mask)];
    for value in values {
        program.extend([step(IF_EQUAL, 0, 1, *value), step(RETURN, 0, 0, action)]);
    }
    program.extend(answer(ALLOW));
    program
}

/// Sending and receiving without urgent bytes, whose bookkeeping in local sockets nothing needs and attacks know.
pub(super) fn no_urgent_bytes(flags: u32) -> Vec<sock_filter> {
    without_bits(flags, libc::MSG_OOB as u32)
}

/// Locks without those that lend their holder a priority: libraries that ask for one do without where the kernel does.
pub(super) fn plain_futex() -> Vec<sock_filter> {
    const COMMAND: u32 = 0x7F;
    const LOCK_2: u32 = 13;
    let lending = [
        libc::FUTEX_LOCK_PI,
        libc::FUTEX_UNLOCK_PI,
        libc::FUTEX_TRYLOCK_PI,
        libc::FUTEX_WAIT_REQUEUE_PI,
        libc::FUTEX_CMP_REQUEUE_PI,
    ];
    let lending: Vec<u32> = lending.into_iter().map(|one| one as u32).chain([LOCK_2]).collect();
    none_of(1, COMMAND, &lending, UNKNOWN)
}

/// Hints about memory, but not that the kernel is to share what is equal with other processes: that tells them apart.
pub(super) fn own_hints() -> Vec<sock_filter> {
    none_of(2, u32::MAX, &[libc::MADV_MERGEABLE as u32], REFUSE)
}

/// Flags, duplicates and record locks of a file, but no lease, as whoever opens a file with one waits for its holder, no
/// signals of what happens to it, which go to any process that is named, and no locks that belong to an open file: a
/// mapping keeps those where no descriptor tells of them, and nothing counts the kernel's memory for them.
pub(super) fn own_flags() -> Vec<sock_filter> {
    const F_SETSIG: u32 = 10;
    const F_SETOWN_EX: u32 = 15;
    let others =
        [libc::F_SETLEASE, libc::F_NOTIFY, libc::F_SETOWN, libc::F_OFD_GETLK, libc::F_OFD_SETLK, libc::F_OFD_SETLKW];
    let others = others.map(|command| command as u32);
    none_of(1, u32::MAX, &[&others[..], &[F_SETSIG, F_SETOWN_EX]].concat(), REFUSE)
}

/// The usual options of sockets; filters of packets, other protocols on top and the like are none of them.
pub(super) fn usual_options(network: bool) -> Vec<sock_filter> {
    const LONG_TIMES: [u32; 2] = [66, 67];
    const SOCKET: &[i32] = &[
        libc::SO_REUSEADDR,
        libc::SO_SNDBUF,
        libc::SO_RCVBUF,
        libc::SO_KEEPALIVE,
        libc::SO_LINGER,
        libc::SO_RCVLOWAT,
        libc::SO_RCVTIMEO,
        libc::SO_SNDTIMEO,
    ];
    const TCP: &[i32] = &[
        libc::TCP_NODELAY,
        libc::TCP_MAXSEG,
        libc::TCP_CORK,
        libc::TCP_KEEPIDLE,
        libc::TCP_KEEPINTVL,
        libc::TCP_KEEPCNT,
        libc::TCP_SYNCNT,
        libc::TCP_LINGER2,
        libc::TCP_QUICKACK,
        libc::TCP_USER_TIMEOUT,
    ];
    let numbers = |names: &[i32]| names.iter().map(|name| *name as u32).collect::<Vec<_>>();
    let mut levels = vec![(libc::SOL_SOCKET, [numbers(SOCKET), LONG_TIMES.to_vec()].concat())];
    if network {
        levels.extend([(libc::IPPROTO_TCP, numbers(TCP)), (libc::IPPROTO_IPV6, numbers(&[libc::IPV6_V6ONLY]))]);
    }
    let mut program = vec![argument(1)];
    for (level, names) in levels {
        let names = one_of(2, &names);
        program.push(step(IF_EQUAL, 0, names.len() as u8, level as u32));
        program.extend(names);
    }
    program.extend(answer(REFUSE));
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
    let mut program =
        vec![argument(3), step(IF_ANY_BIT, 2, 0, HUGE), step(AND, 0, 0, BOTH), step(IF_EQUAL, 0, 1, BOTH)];
    program.extend(answer(REFUSE));
    program.extend(never_both());
    program
}

/// Pages of the host's reserve of huge ones, which no limit of memory counts.
const HUGE: u32 = libc::MAP_HUGETLB as u32;

/// New mappings of any kind but from that reserve.
pub(super) fn no_reserve() -> Vec<sock_filter> {
    without_bits(3, HUGE)
}

/// Memory that is not to be written and executed at once: code that a bug has written does not run.
pub(super) fn never_both() -> Vec<sock_filter> {
    const BOTH: u32 = (libc::PROT_WRITE | libc::PROT_EXEC) as u32;
    let mut program = vec![argument(2), step(AND, 0, 0, BOTH), step(IF_EQUAL, 0, 1, BOTH)];
    program.extend(answer(REFUSE));
    program.extend(answer(ALLOW));
    program
}
