//! The list of allowed system calls, as a program for the kernel's filter machine.
//!
//! Numbers are looked up by binary search. What is not listed fails with EPERM; `clone3` and `openat2`
//! fail with ENOSYS, so that libraries use the calls whose arguments a filter can see, and so do access lists and what is
//! newer than this list, so that libraries fall back; calls of another architecture end the process.
#![allow(unsafe_code, reason = "installing a filter is not in the standard library")]

mod arguments;
mod calls;

use super::check;
use super::network::NETWORK;
use crate::message::Profile;
use arguments::*;
use libc::sock_filter;
use std::io;
use std::ptr;

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xC000_00B7;

/// The first number that is newer than this list; the last known one is `mseal`.
const FIRST_NEWER: u32 = 463;
/// Marks calls of the x32 form, which nothing here uses.
const X32: u32 = 0x4000_0000;

/// What to do for each listed number, in ascending order.
fn table(profile: Profile, network: bool) -> Vec<(u32, Vec<sock_filter>)> {
    const SET_VMA: u32 = 0x5356_4d41;
    let mut table: Vec<_> = calls::plain(profile).map(|(number, _)| (number as u32, answer(ALLOW))).collect();
    let terminal = [libc::FIONREAD, libc::FIOCLEX, libc::FIONCLEX, libc::FIONBIO, libc::TCGETS].map(|one| one as u32);
    let own = [libc::PR_SET_NAME as u32, libc::PR_GET_NAME as u32, SET_VMA];
    let (mapping, memory) = match profile {
        Profile::Jit => (no_reserve(), answer(ALLOW)),
        Profile::Base | Profile::Shell => (watched_memory(), never_both()),
    };
    table.extend([
        (libc::SYS_mmap as u32, mapping),
        (libc::SYS_mprotect as u32, memory),
        (libc::SYS_clone as u32, plain_clone()),
        (libc::SYS_clone3 as u32, answer(UNKNOWN)),
        (libc::SYS_openat2 as u32, answer(UNKNOWN)),
        // Access lists: `sed -i` and `install` complain of a refusal, but not of a kernel without them.
        (libc::SYS_setxattr as u32, answer(UNKNOWN)),
        (libc::SYS_lsetxattr as u32, answer(UNKNOWN)),
        (libc::SYS_fsetxattr as u32, answer(UNKNOWN)),
        (libc::SYS_ioctl as u32, one_of(1, &terminal)),
        (libc::SYS_prctl as u32, one_of(0, &own)),
        (libc::SYS_prlimit64 as u32, reading_limits()),
        (libc::SYS_socketpair as u32, local_pair()),
        (libc::SYS_setsockopt as u32, usual_options(network)),
        (libc::SYS_sendto as u32, no_urgent_bytes(3)),
        (libc::SYS_recvfrom as u32, no_urgent_bytes(3)),
        (libc::SYS_sendmsg as u32, no_urgent_bytes(2)),
        (libc::SYS_recvmsg as u32, no_urgent_bytes(2)),
        (libc::SYS_futex as u32, plain_futex()),
        (libc::SYS_madvise as u32, own_hints()),
        (libc::SYS_fcntl as u32, own_flags()),
    ]);
    table.extend(calls::MODES.iter().map(|(number, place, _)| (*number as u32, plain_mode(*place))));
    if network {
        table.push((libc::SYS_socket as u32, internet_stream()));
        table.extend(NETWORK.iter().map(|(number, _)| (*number as u32, answer(ALLOW))));
    }
    table.sort_by_key(|(number, _)| *number);
    table.dedup_by_key(|(number, _)| *number);
    table
}

/// The numbers that some profile allows, whatever the arguments, in ascending order.
pub fn allowed_calls() -> Vec<u32> {
    let profiles = [Profile::Base, Profile::Shell, Profile::Jit];
    let listed = profiles.into_iter().flat_map(|profile| table(profile, true));
    let unknown = |program: &[sock_filter]| matches!(program, [only] if only.k == UNKNOWN);
    let mut numbers: Vec<_> = listed.filter(|(_, program)| !unknown(program)).map(|(number, _)| number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// A leaf of the search: from this number on, until the next leaf, do this.
type Leaf = (u32, Vec<sock_filter>);

fn leaves(profile: Profile, network: bool) -> Vec<Leaf> {
    let mut leaves: Vec<Leaf> = vec![(0, answer(REFUSE))];
    for (number, program) in table(profile, network) {
        if leaves.last().is_some_and(|last| last.0 == number) {
            leaves.pop();
        }
        leaves.push((number, program));
        leaves.push((number + 1, answer(REFUSE)));
    }
    leaves.extend([(FIRST_NEWER, answer(UNKNOWN)), (X32, answer(REFUSE))]);
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

/// The whole program of a profile, with a network or without.
pub(crate) fn program(profile: Profile, network: bool) -> Vec<sock_filter> {
    let mut program = vec![step(LOAD, 0, 0, AT_ARCHITECTURE), step(IF_EQUAL, 1, 0, ARCHITECTURE)];
    program.extend(answer(libc::SECCOMP_RET_KILL_PROCESS));
    program.push(step(LOAD, 0, 0, AT_NUMBER));
    program.extend(search(&leaves(profile, network)));
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
    fn judge<const COUNT: usize>(number: u32, arguments: [u64; COUNT]) -> u32 {
        judge_in(Profile::Base, number, arguments)
    }

    fn judge_in<const COUNT: usize>(profile: Profile, number: u32, arguments: [u64; COUNT]) -> u32 {
        let program = program(profile, false);
        let (mut at, mut register) = (0, 0_u32);
        loop {
            let step = program[at];
            at += 1;
            let met = match step.code {
                LOAD => {
                    register = match step.k {
                        AT_NUMBER => number,
                        AT_ARCHITECTURE => ARCHITECTURE,
                        k => {
                            (arguments.get(((k - AT_ARGUMENTS) / 8) as usize).unwrap_or(&0)
                                >> (8 * ((k - AT_ARGUMENTS) % 8))) as u32
                        }
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
        let listed: Vec<u32> = calls::plain(Profile::Base).map(|(number, _)| number as u32).collect();
        let argued = [libc::SYS_clone, libc::SYS_clone3, libc::SYS_openat2, libc::SYS_ioctl, libc::SYS_prctl];
        let memory = [libc::SYS_prlimit64, libc::SYS_socketpair, libc::SYS_mmap, libc::SYS_mprotect];
        let sockets =
            [libc::SYS_setsockopt, libc::SYS_sendto, libc::SYS_recvfrom, libc::SYS_sendmsg, libc::SYS_recvmsg];
        let more = [libc::SYS_futex, libc::SYS_madvise, libc::SYS_fcntl];
        let modes = calls::MODES.iter().map(|(number, ..)| *number);
        let argued = argued.into_iter().chain(memory).chain(sockets).chain(more).chain(modes);
        let argued: Vec<u32> = argued.map(|number| number as u32).collect();
        for number in (0..1024).filter(|number| !argued.contains(number)) {
            let access_list = [libc::SYS_setxattr, libc::SYS_lsetxattr, libc::SYS_fsetxattr].contains(&number.into());
            let absent = if number < FIRST_NEWER && !access_list { REFUSE } else { UNKNOWN };
            let wanted = if listed.contains(&number) { ALLOW } else { absent };
            assert_eq!(judge(number, [0; 3]), wanted, "call {number}");
            assert_eq!(judge(number | 0x4000_0000, [0; 3]), REFUSE, "x32 call {number}");
        }
    }

    #[test]
    fn arguments_decide_where_they_must() {
        let judge = |number: libc::c_long, arguments| judge(number as u32, arguments);
        let parent = libc::CLONE_PARENT as u64;
        assert_eq!(judge(libc::SYS_clone, [parent, 0, 0]), REFUSE);
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

    #[test]
    fn what_no_program_needs_of_a_call_is_refused() {
        let judge = |number: libc::c_long, arguments: [u64; 4]| judge(number as u32, arguments);
        let (socket, tcp) = (libc::SOL_SOCKET as u64, libc::IPPROTO_TCP as u64);
        assert_eq!(judge(libc::SYS_setsockopt, [3, socket, libc::SO_SNDBUF as u64, 0]), ALLOW);
        assert_eq!(judge(libc::SYS_setsockopt, [3, socket, libc::SO_ATTACH_FILTER as u64, 0]), REFUSE);
        assert_eq!(judge(libc::SYS_setsockopt, [3, tcp, libc::TCP_NODELAY as u64, 0]), REFUSE);
        for (number, arguments) in [
            (libc::SYS_sendto, [3, 0, 0, 1]),
            (libc::SYS_recvfrom, [3, 0, 0, 0x41]),
            (libc::SYS_sendmsg, [3, 0, 1, 0]),
            (libc::SYS_recvmsg, [3, 0, 1, 0]),
            (libc::SYS_madvise, [0, 0, libc::MADV_MERGEABLE as u64, 0]),
            (libc::SYS_fcntl, [3, libc::F_SETLEASE as u64, 1, 0]),
            (libc::SYS_fcntl, [3, libc::F_NOTIFY as u64, 1, 0]),
            (libc::SYS_mmap, [0, 0, 0, (libc::MAP_HUGETLB | libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as u64]),
        ] {
            assert_eq!(judge(number, arguments), REFUSE, "{number} {arguments:?}");
            assert_eq!(judge(number, [0, 0, 0, libc::MSG_NOSIGNAL as u64]), ALLOW, "{number}");
        }
        for private in [0, libc::FUTEX_PRIVATE_FLAG as u64] {
            assert_eq!(judge(libc::SYS_futex, [0, libc::FUTEX_WAIT as u64 | private, 0, 0]), ALLOW);
            assert_eq!(judge(libc::SYS_futex, [0, libc::FUTEX_LOCK_PI as u64 | private, 0, 0]), UNKNOWN);
        }
        let huge = [0, 0, 0, libc::MAP_HUGETLB as u64];
        assert_eq!(judge_in(Profile::Jit, libc::SYS_mmap as u32, huge), REFUSE);
    }

    #[test]
    fn no_file_gets_the_rights_of_its_owner() {
        for (number, place, reason) in calls::MODES {
            let with = |mode: u64| {
                let mut arguments = [0; 4];
                arguments[*place as usize] = mode;
                judge(*number as u32, arguments)
            };
            assert!(!reason.is_empty());
            assert_eq!(
                (with(0o1777), with(0o4755), with(0o2755), with(0o6000)),
                (ALLOW, REFUSE, REFUSE, REFUSE),
                "{number}"
            );
        }
    }

    #[test]
    fn a_network_has_options_of_its_own() {
        let options = |network, name: i32| {
            let with = usual_options(network);
            let allowed = with.iter().any(|step| step.code == IF_EQUAL && step.k == name as u32);
            (allowed, with.len())
        };
        assert!(options(true, libc::TCP_CORK).0 && !options(false, libc::TCP_CORK).0);
        assert!(options(true, 0).1 < 255);
    }

    #[test]
    fn only_engines_that_compile_write_what_they_run() {
        let both = (libc::PROT_WRITE | libc::PROT_EXEC) as u64;
        for call in [libc::SYS_mmap, libc::SYS_mprotect].map(|call| call as u32) {
            for (profile, wanted) in [(Profile::Base, REFUSE), (Profile::Shell, REFUSE), (Profile::Jit, ALLOW)] {
                assert_eq!(judge_in(profile, call, [0, 0, both]), wanted);
                assert_eq!(judge_in(profile, call, [0, 0, libc::PROT_EXEC as u64]), ALLOW);
            }
        }
        assert_eq!(judge_in(Profile::Base, libc::SYS_memfd_create as u32, [0; 3]), REFUSE);
        assert_eq!(judge_in(Profile::Jit, libc::SYS_memfd_create as u32, [0; 3]), ALLOW);
    }

    #[test]
    fn memory_that_no_process_need_hold_is_refused() {
        let call = libc::SYS_mmap as u32;
        let (shared, private) = (libc::MAP_SHARED as u64, libc::MAP_PRIVATE as u64);
        let no_file = libc::MAP_ANONYMOUS as u64;
        for (flags, wanted) in [(shared | no_file, REFUSE), (private | no_file, ALLOW), (shared, ALLOW)] {
            assert_eq!(judge_in(Profile::Base, call, [0, 0, 0, flags]), wanted);
            assert_eq!(judge_in(Profile::Shell, call, [0, 0, 0, flags]), wanted);
        }
    }

    #[test]
    fn the_dangerous_calls_are_in_no_profile() {
        let allowed = allowed_calls();
        let dangerous = [libc::SYS_ptrace, libc::SYS_mount, libc::SYS_unshare, libc::SYS_setns, libc::SYS_bpf];
        let more = [libc::SYS_io_uring_setup, libc::SYS_userfaultfd, libc::SYS_keyctl, libc::SYS_bind];
        assert!(dangerous.into_iter().chain(more).all(|call| !allowed.contains(&(call as u32))));
        assert!(allowed.is_sorted() && allowed.contains(&(libc::SYS_read as u32)));
    }

    #[test]
    fn every_call_is_listed_once_with_a_reason() {
        let mut numbers: Vec<_> = calls::plain(Profile::Jit).map(|(number, _)| number).collect();
        let all = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), all);
        assert!(calls::plain(Profile::Jit).all(|(_, reason)| !reason.is_empty()));
    }
}
