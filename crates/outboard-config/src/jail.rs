//! Settings of the jail.

use crate::engines::EngineSettings;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Limits of one program. Defaults are in the reference.
#[derive(Debug, Clone)]
pub struct SandboxSettings {
    /// CPU time.
    pub cpu: Duration,
    /// Wall-clock time.
    pub wall: Duration,
    /// Memory in MiB.
    pub memory_mb: u64,
    /// Processes and threads.
    pub processes: u32,
    /// Calls under way at once.
    pub concurrent_calls: usize,
    /// Calls in all.
    pub total_calls: u64,
    /// Requests of every kind beside calls.
    pub requests: u64,
    /// Size of all requests, in MiB.
    pub request_mb: u64,
    /// Console text kept, in bytes.
    pub stdout_bytes: u64,
    /// Open files of each process.
    pub open_files: u32,
    /// Size of a session's folder, in MiB.
    pub disk_mb: u64,
    /// Files and folders in a session's folder.
    pub disk_files: u64,
    /// Idle workers per language at least.
    pub pool_size: usize,
    /// Idle workers per language at most.
    pub pool_max: usize,
    /// Whether tier B is enough.
    pub tier_b: bool,
    /// The network that programs may reach.
    pub network: NetworkSettings,
    /// Folders that programs see: where, which, and whether they may write.
    pub files: Vec<FileSettings>,
    /// The Python engine.
    pub python: PythonSettings,
    /// Further engines by name.
    pub engines: BTreeMap<String, EngineSettings>,
}

/// The network that programs may reach.
#[derive(Debug, Clone, Default)]
pub struct NetworkSettings {
    /// Host patterns with ports.
    pub allow: Vec<String>,
    /// Private addresses with ports.
    pub allow_private: Vec<String>,
    /// Bytes per second of each program.
    pub bandwidth: Option<u64>,
}

/// One granted folder.
#[derive(Debug, Clone)]
pub struct FileSettings {
    /// Where programs see it.
    pub target: String,
    /// The folder of the host.
    pub source: PathBuf,
    /// Whether programs may write there.
    pub writable: bool,
}

/// The Python engine.
#[derive(Debug, Clone, Default)]
pub struct PythonSettings {
    /// The interpreter.
    pub interpreter: Option<PathBuf>,
    /// Folders of further packages.
    pub packages: Vec<PathBuf>,
    /// Modules imported in advance.
    pub preload: Vec<String>,
}

impl Default for SandboxSettings {
    fn default() -> Self {
        Self {
            cpu: Duration::from_secs(30),
            wall: Duration::from_secs(600),
            memory_mb: 512,
            processes: 64,
            concurrent_calls: 16,
            total_calls: 1_000,
            requests: 100_000,
            request_mb: 1_024,
            stdout_bytes: 1 << 20,
            open_files: 256,
            disk_mb: 1_024,
            disk_files: 100_000,
            pool_size: 2,
            pool_max: 16,
            tier_b: false,
            network: NetworkSettings::default(),
            files: Vec::new(),
            python: PythonSettings::default(),
            engines: BTreeMap::new(),
        }
    }
}

/// Takes a limit of programs.
pub(crate) fn sandbox_number(sandbox: &mut SandboxSettings, key: &str, number: u64) {
    match key {
        "memory_mb" => sandbox.memory_mb = number,
        "processes" => sandbox.processes = number as u32,
        "concurrent_calls" => sandbox.concurrent_calls = number as usize,
        "total_calls" => sandbox.total_calls = number,
        "requests" => sandbox.requests = number,
        "request_mb" => sandbox.request_mb = number,
        "stdout_bytes" => sandbox.stdout_bytes = number,
        "open_files" => sandbox.open_files = number as u32,
        "disk_mb" => sandbox.disk_mb = number,
        "disk_files" => sandbox.disk_files = number,
        "pool_size" => sandbox.pool_size = number as usize,
        "pool_max" => sandbox.pool_max = number as usize,
        _ => {}
    }
}
