//! Whether a processor is free, and which ones a program that has used much may have.
//!
//! Never here: how processors are shared among those that run on them, which the workers' control groups say.

use crate::meter;
use crate::sys::processors;
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, OnceLock, PoisonError};

/// Passes over the threads of a worker that starts more of them meanwhile.
const PASSES: usize = 4;
/// Looks at whether all of them keep off, as each takes the host some tenths of a millisecond.
const LOOKS: u8 = 3;

/// Whether fewer threads run or wait than there are processors, on the whole machine and the caller among them. Where
/// nothing tells, none is free.
pub(crate) fn one_is_free() -> bool {
    static LOAD: OnceLock<Option<File>> = OnceLock::new();
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    let Some(file) = LOAD.get_or_init(|| File::open("/proc/loadavg").ok()) else { return false };
    let mut text = [0; 96];
    let length = file.read_at(&mut text, 0).unwrap_or(0);
    let running = std::str::from_utf8(&text[..length]).ok().and_then(running);
    running.is_some_and(|running| running < *PROCESSORS.get_or_init(processors::online))
}

/// The fourth field is how many threads run or wait for a processor, of how many.
fn running(loadavg: &str) -> Option<usize> {
    loadavg.split(' ').nth(3)?.split_once('/')?.0.parse().ok()
}

/// A processor that a worker which uses much leaves to whoever comes, until this is dropped. Several such workers leave
/// different ones, so that together they have them all. Where there is only one, none is left.
pub(crate) struct Left {
    processor: Option<usize>,
    kept: Vec<usize>,
    /// How many more times it is looked whether all keep off it.
    looks: u8,
}

/// How many leave each processor.
static LEFT: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());

impl Left {
    /// The processor of this process that the fewest leave.
    pub(crate) fn one() -> Self {
        let mut kept = processors::allowed(0).unwrap_or_default();
        if kept.len() < 2 {
            return Self { processor: None, kept: Vec::new(), looks: 0 };
        }
        let mut left = LEFT.lock().unwrap_or_else(PoisonError::into_inner);
        // Hosts beside each other know nothing of each other, so they do not all begin with the first one.
        let (first, count) = (std::process::id() as usize % kept.len(), kept.len());
        let turn = |at: &usize| (left.get(&kept[*at]).copied().unwrap_or(0), (at + count - first) % count);
        let processor = kept.remove((0..count).min_by_key(turn).unwrap_or(0));
        *left.entry(processor).or_default() += 1;
        Self { processor: Some(processor), kept, looks: LOOKS }
    }

    /// Keeps every thread of a worker off it, and what they start from then on. What was being started at that moment may
    /// escape, so this is to be repeated; after a few times it does nothing.
    pub(crate) fn keep_off(&mut self, worker: i32) {
        let passes = if self.looks > 0 { PASSES } else { 0 };
        self.looks = self.looks.saturating_sub(1);
        for _ in 0..passes {
            let threads = meter::threads(worker);
            let others =
                threads.iter().filter(|thread| processors::allowed(**thread).is_ok_and(|found| found != self.kept));
            let changed = others.filter(|thread| {
                let done = processors::allow(**thread, &self.kept);
                done.inspect_err(|error| tracing::debug!(%error, "a program keeps all processors")).is_ok()
            });
            if changed.count() == 0 {
                return;
            }
        }
    }
}

impl Drop for Left {
    fn drop(&mut self) {
        let mut left = LEFT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = self.processor.and_then(|processor| left.get_mut(&processor)) {
            *count = count.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_those_that_run_is_read() {
        assert_eq!(running("0.39 1.61 2.14 3/123 4567\n"), Some(3));
        assert_eq!(running("0.39 1.61"), None);
        assert_eq!(running("a b c d e"), None);
    }

    #[test]
    fn several_leave_different_processors_and_give_them_back() {
        let all = processors::allowed(0).unwrap();
        if all.len() < 2 {
            assert!(Left::one().processor.is_none());
            return;
        }
        let first = Left::one();
        let second = Left::one();
        assert_ne!(first.processor, second.processor);
        assert_eq!((first.kept.len(), second.kept.len()), (all.len() - 1, all.len() - 1));
        let given_back = first.processor;
        drop(first);
        assert_eq!(Left::one().processor, given_back, "the one that nobody leaves");
    }
}
