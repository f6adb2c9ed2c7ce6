//! A jail without one of its parts, or with a step that fails: how tests prove that every part is needed.
//!
//! Only the feature `ablation` gives these questions another answer than the one of a whole jail, and a build with
//! optimisations refuses that feature. Without it, everything here is a constant that the compiler removes.
//! Never here: a way for settings, arguments or the environment to weaken a jail.

use crate::layers::Layer;
use std::io;

#[cfg(all(feature = "ablation", not(debug_assertions)))]
compile_error!("the feature `ablation` takes jails apart: it is for tests and must not be in a release build");

/// One part of a jail that tests can leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The host's root is detached.
    DetachedRoot,
    /// The root, and folders granted to be read, are mounted read-only.
    ReadOnly,
    /// The network namespace.
    Network,
    /// The pid namespace.
    Processes,
    /// The ipc namespace.
    Ipc,
    /// The kernel's limits per process.
    Rlimits,
    /// The emptied capability sets.
    Capabilities,
    /// `no_new_privs`.
    NoNewPrivileges,
    /// Landlock's rules.
    Landlock,
    /// The list of allowed system calls.
    Seccomp,
    /// Closing what was inherited.
    Descriptors,
    /// The environment that is built from nothing.
    Environment,
    /// The death signal.
    Lifetime,
    /// The death signal is set after the last change of credentials, rather than before.
    LateLifetime,
}

/// Every part with the name that tests call it by.
#[rustfmt::skip]
pub const PARTS: [(Part, &str); 14] = [
    (Part::DetachedRoot, "detached-root"), (Part::ReadOnly, "read-only"), (Part::Network, "network"),
    (Part::Processes, "processes"), (Part::Ipc, "ipc"), (Part::Rlimits, "rlimits"),
    (Part::Capabilities, "capabilities"), (Part::NoNewPrivileges, "no_new_privs"), (Part::Landlock, "landlock"),
    (Part::Seccomp, "seccomp"), (Part::Descriptors, "descriptors"), (Part::Environment, "environment"),
    (Part::Lifetime, "lifetime"), (Part::LateLifetime, "late-lifetime"),
];

/// The namespaces of a worker without those that are left out.
pub(crate) fn namespaces(all: libc::c_int) -> libc::c_int {
    let parts =
        [(Part::Network, libc::CLONE_NEWNET), (Part::Processes, libc::CLONE_NEWPID), (Part::Ipc, libc::CLONE_NEWIPC)];
    parts.into_iter().filter(|(part, _)| !keeps(*part)).fold(all, |left, (_, flag)| left & !flag)
}

#[cfg(not(feature = "ablation"))]
mod answers {
    use super::{Layer, Part, io};

    /// Whether the jail has a part: always.
    pub(crate) const fn keeps(_part: Part) -> bool {
        true
    }

    /// What a step came to: always what it came to.
    pub(crate) fn tried<T>(done: io::Result<T>, _layer: Layer, _step: &str) -> io::Result<T> {
        done
    }

    /// Tells a fresh clone from the spawner: of no interest.
    pub(crate) const fn in_worker() {}

    /// Whether a call of an order is to fail: never.
    pub(crate) const fn is_spoiled(_call: usize) -> bool {
        false
    }
}

#[cfg(feature = "ablation")]
mod answers {
    use super::{Layer, PARTS, Part, io};
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    static LEFT_OUT: OnceLock<Vec<Part>> = OnceLock::new();
    static FAULT: OnceLock<Fault> = OnceLock::new();
    static SPOILED: OnceLock<usize> = OnceLock::new();
    static IN_WORKER: AtomicBool = AtomicBool::new(false);
    static STEPS: AtomicU32 = AtomicU32::new(0);

    /// A step that fails though the kernel did it.
    #[derive(Debug, Clone, Copy)]
    pub struct Fault {
        /// Whether it is a step of a worker before its program, or one of the spawner.
        pub in_worker: bool,
        /// Its place among the steps of either, from 1.
        pub number: u32,
        /// The error that it ends with.
        pub errno: i32,
    }

    /// Leaves parts out of every jail that this process puts up from now on. The first word counts.
    ///
    /// # Errors
    /// If there is no part of such a name.
    pub fn leave_out(names: &[&str]) -> io::Result<()> {
        let part = |name: &&str| PARTS.iter().find(|(_, known)| known == name).map(|(part, _)| *part);
        let parts = names.iter().map(part).collect::<Option<Vec<_>>>();
        let parts = parts.ok_or_else(|| io::Error::other(format!("no such part among {names:?}")))?;
        LEFT_OUT.set(parts).map_err(|_| io::Error::other("parts are left out already"))
    }

    /// Lets one step of the set-up fail in this process and its clones.
    pub fn fail(fault: Fault) {
        let _ = FAULT.set(fault);
    }

    /// Lets one call of every order to a template fail in the copy: its place among those that must not, from 1.
    pub fn spoil(call: usize) {
        let _ = SPOILED.set(call);
    }

    pub(crate) fn is_spoiled(call: usize) -> bool {
        SPOILED.get().is_some_and(|spoiled| *spoiled == call + 1)
    }

    /// Lets the kernel refuse one system call, by number, to this process and its descendants from now on.
    ///
    /// # Errors
    /// If the kernel does not take the filter.
    pub fn refuse(call: u32, errno: i32) -> io::Result<()> {
        const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
        const IF_EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
        const RETURN: u32 = libc::BPF_RET | libc::BPF_K;
        let step = |code: u32, jf, k: u32| libc::sock_filter { code: code as u16, jt: 0, jf, k };
        let refused = libc::SECCOMP_RET_ERRNO | errno.unsigned_abs();
        let mut program = [
            step(LOAD, 0, 0),
            step(IF_EQUAL, 1, call),
            step(RETURN, 0, refused),
            step(RETURN, 0, libc::SECCOMP_RET_ALLOW),
        ];
        if crate::sys::process::ids().0 != 0 {
            crate::sys::confine::no_new_privileges()?;
        }
        crate::sys::filter::install(&mut program)
    }

    pub(crate) fn keeps(part: Part) -> bool {
        !LEFT_OUT.get().is_some_and(|parts| parts.contains(&part))
    }

    /// What a step came to, unless it is the one that is to fail.
    pub(crate) fn tried<T>(done: io::Result<T>, layer: Layer, step: &str) -> io::Result<T> {
        // Cloning has happened in two processes by now, and each would take the failure for its own.
        let Some(fault) = FAULT.get().filter(|_| !(layer == Layer::Namespaces && step.starts_with("clone3"))) else {
            return done;
        };
        let number = STEPS.fetch_add(1, Ordering::Relaxed) + 1;
        let meant = fault.in_worker == IN_WORKER.load(Ordering::Relaxed) && fault.number == number;
        if meant { Err(io::Error::from_raw_os_error(fault.errno)) } else { done }
    }

    /// Counts the steps of a fresh clone from 1.
    pub(crate) fn in_worker() {
        IN_WORKER.store(true, Ordering::Relaxed);
        STEPS.store(0, Ordering::Relaxed);
    }
}

#[cfg(feature = "ablation")]
pub use answers::{Fault, fail, leave_out, refuse, spoil};
pub(crate) use answers::{in_worker, is_spoiled, keeps, tried};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jail_is_whole_unless_a_test_says_otherwise() {
        assert!(PARTS.iter().all(|(part, _)| keeps(*part)));
        assert_eq!(namespaces(libc::CLONE_NEWNET | libc::CLONE_NEWPID), libc::CLONE_NEWNET | libc::CLONE_NEWPID);
        assert!(tried(Ok(()), Layer::Files, "a step").is_ok());
        let mut names = PARTS.map(|(_, name)| name);
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
