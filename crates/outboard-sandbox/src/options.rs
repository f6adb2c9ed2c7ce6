//! What the operator decides about workers.

use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// How to start workers.
#[derive(Debug, Clone)]
pub struct Options {
    /// The TypeScript worker's program file.
    pub worker: PathBuf,
    /// The Python interpreter, as a path or a name to look up; `None` offers no Python.
    pub python: Option<PathBuf>,
    /// The text of the Python worker.
    pub python_worker: &'static str,
    /// Idle workers kept per language and set of mounts.
    pub pool_size: usize,
    /// The limits of each worker.
    pub limits: Limits,
    /// The command that runs [`crate::spawner_main`].
    pub spawner: Vec<OsString>,
}

/// What one worker may use up.
///
/// Memory is anonymous memory of all its processes together, sampled; a burst between two samples is
/// bounded per process by an address space of twice the limit and 256 MiB. Files in `/tmp` (64 MiB) and
/// in granted folders are not counted as memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// CPU time of all processes of the worker.
    pub cpu: Duration,
    /// Time by the wall clock. Not enforced here: the caller ends the worker with `Control::kill`.
    pub wall: Duration,
    /// Memory of all processes of the worker.
    pub memory_bytes: u64,
    /// Processes and threads.
    pub processes: u32,
    /// Open descriptors of each process.
    pub open_files: u32,
    /// Size of any one file.
    pub file_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu: Duration::from_secs(30),
            wall: Duration::from_secs(600),
            memory_bytes: 512 << 20,
            processes: 64,
            open_files: 256,
            file_bytes: 256 << 20,
        }
    }
}
