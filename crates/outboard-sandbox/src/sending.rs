//! Descriptors that one process of a worker sent and none received.
//!
//! Such a descriptor is in no process, and nothing tells what it names, perhaps a file without a name: only that it is
//! there, and the socket that is to receive it (proc_pid_fdinfo(5), `scm_fds`): one of the worker's, perhaps one that is
//! itself on its way, or the host's end of the worker's line, to which no guest has anything to send but frames.

use crate::descriptors::{Descriptor, Own};
use crate::meter;
use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::time::{Duration, Instant};

/// How long a descriptor may be on its way, over how many looks, and what a worker computes meanwhile that could receive it.
const PATIENCE: Duration = Duration::from_secs(3);
const LOOKS: u32 = 5;
const ENOUGH: Duration = Duration::from_millis(500);

/// Whether descriptors stay on their way from process to process. Those of bash commands are on theirs for a moment, which a
/// worker that gets no processor may make a long one: it neither computes nor sleeps.
#[derive(Debug, Default)]
pub(crate) struct Sending {
    since: Option<(Instant, Duration)>,
    looks: u32,
}

impl Sending {
    /// Looks again at a worker and what it has open.
    pub(crate) fn stays(&mut self, worker: i32, open: &[Descriptor]) -> bool {
        self.after(is_any(open), Instant::now(), || (meter::sample(worker).cpu, meter::is_asleep(worker)))
    }

    fn after(&mut self, is_sending: bool, now: Instant, state: impl Fn() -> (Duration, bool)) -> bool {
        if !is_sending {
            *self = Self::default();
            return false;
        }
        self.looks += 1;
        let (since, cpu) = *self.since.get_or_insert_with(|| (now, state().0));
        if now.duration_since(since) < PATIENCE || self.looks < LOOKS {
            return false;
        }
        let (used, is_asleep) = state();
        is_asleep || used.saturating_sub(cpu) >= ENOUGH
    }
}

/// Whether a worker sent its host any.
pub(crate) fn is_to_host(line: Own) -> bool {
    line.now().is_some_and(|line| is_any(&[line]))
}

fn is_any(open: &[Descriptor]) -> bool {
    let mut sockets = open.iter().filter(|one| one.about.file_type().is_socket());
    sockets.any(|socket| fs::read_to_string(&socket.info).is_ok_and(|info| has_descriptors(&info)))
}

fn has_descriptors(info: &str) -> bool {
    let count = info.lines().find_map(|line| line.strip_prefix("scm_fds:"));
    count.is_some_and(|count| count.trim() != "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_that_stays_on_its_way_is_noticed_but_not_where_nobody_could_receive_it() {
        assert!(has_descriptors("pos:\t0\nflags:\t02\nscm_fds: 2\n"));
        assert!(!has_descriptors("pos:\t0\nscm_fds: 0\n") && !has_descriptors("pos:\t0\n"));
        let (start, mut sending) = (Instant::now(), Sending::default());
        let mut look = |is_sending, at, cpu, asleep| {
            sending.after(is_sending, start + Duration::from_millis(at), || (Duration::from_millis(cpu), asleep))
        };
        (0..40).for_each(|at| assert!(!look(true, 100 * at, 10, false), "no processor"));
        assert!(look(true, 4_000, 510, false), "it computed and did not receive");
        assert!(look(true, 4_100, 10, true), "it sleeps and does not receive");
        assert!(!look(false, 4_200, 510, true) && !look(true, 4_300, 510, true), "another one");
        assert!(!look(true, 9_000, 510, true), "seen too few times");
    }
}
