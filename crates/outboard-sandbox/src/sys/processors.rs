//! Which processors a thread may run on.
#![allow(unsafe_code, reason = "affinity is not in the standard library")]

use super::check_int;
use std::{io, mem};

/// Most processors of a machine that the kernel's set of a fixed size tells apart.
const MOST: usize = libc::CPU_SETSIZE as usize;

/// How many processors the machine has in use; 1 where that is not known.
pub(crate) fn online() -> usize {
    // SAFETY: a plain call.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) }).unwrap_or(1).max(1)
}

/// The processors that a thread may run on, in order; 0 is the calling one.
pub(crate) fn allowed(thread: i32) -> io::Result<Vec<usize>> {
    // SAFETY: all-zero is an empty set.
    let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
    // SAFETY: the set is as long as said.
    check_int(unsafe { libc::sched_getaffinity(thread, mem::size_of_val(&set), &raw mut set) })?;
    // SAFETY: each number is below the size of the set.
    Ok((0..MOST).filter(|number| unsafe { libc::CPU_ISSET(*number, &set) }).collect())
}

/// Lets a thread, and what it starts from now on, run on these alone.
pub(crate) fn allow(thread: i32, processors: &[usize]) -> io::Result<()> {
    // SAFETY: all-zero is an empty set.
    let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
    // SAFETY: each number is below the size of the set.
    processors.iter().filter(|number| **number < MOST).for_each(|number| unsafe { libc::CPU_SET(*number, &mut set) });
    // SAFETY: the set is as long as said.
    check_int(unsafe { libc::sched_setaffinity(thread, mem::size_of_val(&set), &raw const set) })?;
    Ok(())
}
