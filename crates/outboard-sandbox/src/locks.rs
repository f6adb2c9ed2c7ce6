//! Record locks that a worker holds: kernel memory which neither a control group nor a look at its processes counts.
//!
//! A record lock belongs to who has the file open, be that a folder, a device or a socket, and goes with any of its
//! descriptors. Record locks of open files, which a mapping would keep, are refused by the filter; flock(2) is one lock for
//! each open file.

use crate::descriptors::Descriptor;
use std::fs;

/// How many there are, counted up to about `most`. One counts once for each descriptor and thread that it shows under.
pub(crate) fn count(open: &[Descriptor], most: u64) -> u64 {
    let mut sum = 0;
    for one in open {
        let info = fs::read_to_string(&one.info).unwrap_or_default();
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
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_lock_of_this_process_is_found() {
        let file = tempfile::tempfile().unwrap();
        let inode = file.metadata().unwrap().ino();
        // Other tests of this process have locks of their own.
        let this_file = || -> Vec<_> {
            let all = descriptors::of(std::process::id() as i32);
            all.into_iter().filter(|one| one.about.ino() == inode).collect()
        };
        assert_eq!(count(&this_file(), u64::MAX), 0);
        file.lock().unwrap();
        assert!(count(&this_file(), u64::MAX) > 0);
        assert_eq!(count(&this_file(), 0), 1, "no more is counted than needed");
    }
}
