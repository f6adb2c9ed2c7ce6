//! Whether a processor is free, and which ones a program that has used much may have.
//!
//! Never here: how processors are shared among those that run on them, which the workers' control groups say.

use crate::meter;
use crate::sys::processors;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Passes over the threads of a worker that starts more of them meanwhile.
const PASSES: usize = 4;

/// Whether fewer threads run or wait than there are processors, the caller among them. Where nothing tells, none is free.
pub(crate) fn one_is_free() -> bool {
    static LOAD: OnceLock<Option<File>> = OnceLock::new();
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    let Some(file) = LOAD.get_or_init(|| File::open("/proc/loadavg").ok()) else { return false };
    let processors = *PROCESSORS.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from));
    let mut text = [0; 96];
    let length = file.read_at(&mut text, 0).unwrap_or(0);
    std::str::from_utf8(&text[..length]).ok().and_then(running).is_some_and(|running| running < processors)
}

/// The fourth field is how many threads run or wait for a processor, of how many.
fn running(loadavg: &str) -> Option<usize> {
    loadavg.split(' ').nth(3)?.split_once('/')?.0.parse().ok()
}

/// Takes one of this process's processors from a worker and all that it started and will start, so that there is one for
/// whoever comes. From one worker to the next it is another processor: several that use much have them all. Where there is
/// only one, or the kernel refuses, nothing changes.
pub(crate) fn leave_one(worker: i32) {
    static TURN: AtomicUsize = AtomicUsize::new(0);
    let Ok(mut kept) = processors::allowed(0) else { return };
    if kept.len() < 2 {
        return;
    }
    kept.remove(TURN.fetch_add(1, Ordering::Relaxed) % kept.len());
    for _ in 0..PASSES {
        let threads = meter::threads(worker);
        let others = threads.iter().filter(|thread| processors::allowed(**thread).is_ok_and(|found| found != kept));
        if others.filter(|thread| processors::allow(**thread, &kept).is_ok()).count() == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn the_number_of_those_that_run_is_read() {
        assert_eq!(running("0.39 1.61 2.14 3/123 4567\n"), Some(3));
        assert_eq!(running("0.39 1.61"), None);
        assert_eq!(running("a b c d e"), None);
    }

    #[test]
    fn a_worker_keeps_off_one_processor_and_so_does_what_it_starts() {
        let all = processors::allowed(0).unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", "sleep 60 & read x; sleep 60 & wait"]).stdin(std::process::Stdio::piped());
        let mut child = shell.spawn().unwrap();
        let pid = child.id() as i32;
        while meter::threads(pid).len() < 2 {
            std::thread::yield_now();
        }
        leave_one(pid);
        drop(child.stdin.take());
        while meter::threads(pid).len() < 3 {
            std::thread::yield_now();
        }
        for thread in meter::threads(pid) {
            let left = processors::allowed(thread).unwrap().len();
            assert_eq!(left, all.len().max(2) - 1, "of {all:?}");
        }
        meter::threads(pid).into_iter().for_each(|pid| drop(Command::new("kill").arg(pid.to_string()).status()));
        child.wait().unwrap();
    }
}
