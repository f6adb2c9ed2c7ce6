//! What the operator decides about workers.

use crate::engines::Engine;
use crate::layers::Tier;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::time::Duration;

/// How to start workers.
#[derive(Debug, Clone)]
pub struct Options {
    /// The engines that run programs; a language's default is its first one.
    pub engines: Vec<Engine>,
    /// How many idle workers are kept for each engine.
    pub pool: PoolSize,
    /// The limits of each worker.
    pub limits: Limits,
    /// The weakest isolation that is good enough; less is an error.
    pub minimum: Tier,
    /// The command that runs [`crate::spawner_main`].
    pub spawner: Vec<OsString>,
}

/// How many idle workers are kept for each engine: demand and free memory decide between the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PoolSize {
    /// Kept also when nobody has asked for long.
    pub min: usize,
    /// Never exceeded. With 0 there is no pool: every worker is started when it is asked for.
    pub max: usize,
}

/// What one worker may use up.
///
/// Memory is that of all its processes together. Where control groups can be made, the kernel holds it to the byte,
/// with swap and what lies in `/tmp` (64 MiB). Elsewhere anonymous memory is sampled; a burst between two samples is
/// bounded per process by an address space of twice the limit and 256 MiB, and `/tmp` does not count.
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
    /// Size of any one file; never more than `disk_bytes`.
    pub file_bytes: u64,
    /// What the writable folders of a grant may hold together; counted before the start, while it runs, and at its end.
    pub disk_bytes: u64,
    /// Files and folders in the writable folders of a grant.
    pub disk_files: u64,
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
            disk_bytes: 1 << 30,
            disk_files: 100_000,
        }
    }
}
