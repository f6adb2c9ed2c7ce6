//! Failures made on purpose, so that tests can see what becomes of the records. Empty in the program.

#[cfg(any(test, feature = "faults"))]
mod switched_on {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, Mutex, PoisonError};

    /// What happens at a chosen commit.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum FaultKind {
        /// The disk is full.
        Full,
        /// The disk fails.
        Io,
        /// The process ends before the commit.
        EndBefore,
        /// The process ends after the commit, before anybody is told.
        EndAfter,
    }

    /// Which commits of a journal fail, and how; clones share the plan.
    #[derive(Debug, Clone, Default)]
    pub struct Faults(Arc<Plan>);

    #[derive(Debug, Default)]
    struct Plan {
        commits: AtomicU64,
        faults: Mutex<Vec<(u64, FaultKind)>>,
    }

    impl Faults {
        /// Lets the commit of this number, from 1, fail.
        pub fn at(self, commit: u64, kind: FaultKind) -> Self {
            self.0.faults.lock().unwrap_or_else(PoisonError::into_inner).push((commit, kind));
            self
        }

        /// Lets the next commit fail.
        pub(crate) fn next(&self, kind: FaultKind) {
            let next = self.0.commits.load(Ordering::Relaxed) + 1;
            self.0.faults.lock().unwrap_or_else(PoisonError::into_inner).push((next, kind));
        }

        pub(crate) fn before_commit(&self) -> rusqlite::Result<()> {
            self.0.commits.fetch_add(1, Ordering::Relaxed);
            match self.now() {
                Some(FaultKind::Full) => Err(failure(rusqlite::ffi::SQLITE_FULL)),
                Some(FaultKind::Io) => Err(failure(rusqlite::ffi::SQLITE_IOERR_WRITE)),
                Some(FaultKind::EndBefore) => std::process::abort(),
                _ => Ok(()),
            }
        }

        pub(crate) fn after_commit(&self) {
            if self.now() == Some(FaultKind::EndAfter) {
                std::process::abort();
            }
        }

        fn now(&self) -> Option<FaultKind> {
            let commit = self.0.commits.load(Ordering::Relaxed);
            let faults = self.0.faults.lock().unwrap_or_else(PoisonError::into_inner);
            faults.iter().find(|(number, _)| *number == commit).map(|(_, kind)| *kind)
        }
    }

    fn failure(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None)
    }
}

#[cfg(any(test, feature = "faults"))]
pub use switched_on::{FaultKind, Faults};

/// Without the feature nothing fails on purpose.
#[cfg(not(any(test, feature = "faults")))]
#[derive(Default)]
pub(crate) struct Faults(());

#[cfg(not(any(test, feature = "faults")))]
impl Faults {
    #[allow(clippy::unused_self, reason = "the same call as with the feature")]
    pub(crate) fn before_commit(&self) -> rusqlite::Result<()> {
        Ok(())
    }

    pub(crate) fn after_commit(&self) {}
}
