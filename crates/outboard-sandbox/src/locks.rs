//! Record locks that a worker holds: kernel memory which neither a control group nor a look at its processes counts.
//!
//! A lock belongs to who has the file open, and goes with any of its descriptors; locks of open files, which a mapping would
//! keep, are refused by the filter.

use crate::descriptors::Descriptor;
use std::fs;

/// How many there are, counted up to about `most`. One counts once for each descriptor and thread that it shows under.
pub(crate) fn count(open: &[Descriptor], most: u64) -> u64 {
    let mut sum = 0;
    for file in open.iter().filter(|one| one.about.file_type().is_file()) {
        let info = fs::read_to_string(&file.info).unwrap_or_default();
        sum += info.lines().filter(|line| line.starts_with("lock:")).count() as u64;
        if sum > most {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptors;

    #[test]
    fn a_lock_of_this_process_is_found() {
        let file = tempfile::tempfile().unwrap();
        let own = std::process::id() as i32;
        let before = count(&descriptors::of(own), u64::MAX);
        file.lock().unwrap();
        assert!(count(&descriptors::of(own), u64::MAX) > before);
        assert!(count(&descriptors::of(own), 0) <= before + 1, "no more is counted than needed");
    }
}
