//! Settings of the jail.

use crate::engines::EngineSettings;
use crate::table::{Kind, Setting, number, setting};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

pub(crate) const JAIL: &[Setting] = &[
    setting("sandbox.cpu", Kind::Span, "\"30s\"", "CPU time of one program."),
    setting(
        "sandbox.wall",
        Kind::Span,
        "\"10min\"",
        "Wall-clock time of one program, without what it waits for: calls, timers, people.",
    ),
    number("sandbox.memory_mb", "512", (16, 1 << 20), "Memory of one program, in MiB."),
    number(
        "sandbox.processes",
        "64",
        (4, 32_768),
        "Processes and threads of one program; four are what bash takes for a pipe.",
    ),
    number("sandbox.concurrent_calls", "16", (1, 4_096), "Tool calls of one program under way at once."),
    number("sandbox.total_calls", "1000", (1, 10_000_000), "Tool calls of one program in all."),
    number(
        "sandbox.requests",
        "100000",
        (0, 1 << 32),
        "What one program may ask for beside those calls: searches, timers, state, fetches, calls beyond them.",
    ),
    number("sandbox.request_mb", "1024", (1, 1 << 20), "Size of all that one program asks for, in MiB."),
    number("sandbox.answer_mb", "4096", (1, 1 << 20), "Size of all that one program is answered, in MiB."),
    number("sandbox.stdout_bytes", "1048576", (1_024, 1 << 30), "Console text of one program that is kept, in bytes."),
    number(
        "sandbox.open_files",
        "256",
        (128, 1 << 20),
        "Open files of each process of a program; bash needs those up to 100.",
    ),
    number("sandbox.disk_mb", "1024", (1, 1 << 24), "Size of a session's folder, in MiB."),
    number("sandbox.disk_files", "100000", (16, 1 << 30), "Files and folders in a session's folder."),
    number("sandbox.pool_size", "2", (0, 64), "Idle workers kept ready per language at least."),
    number(
        "sandbox.pool_max",
        "16",
        (0, 256),
        "Idle workers kept ready per language at most, when many are asked for.",
    ),
    setting(
        "sandbox.tier",
        Kind::Choice(&["A", "B"]),
        "\"A\"",
        "The least isolation with which programs run; `B` does without namespaces where the machine has none for us.",
    ),
    setting(
        "sandbox.network.allow",
        Kind::List,
        "[]",
        "Hosts that programs may reach, such as `api.example.com:443` or `*.example.com:443`; without a port, 443; empty means none.",
    ),
    setting(
        "sandbox.network.allow_private",
        Kind::List,
        "[]",
        "Private addresses or ranges that programs may reach all the same, such as `10.0.0.5:8080` or `10.0.0.0/8:8080`; without a port, 443.",
    ),
    setting("sandbox.network.bandwidth", Kind::Size, "", "Bytes per second of each program, both ways together."),
    setting(
        "sandbox.files.read",
        Kind::Map,
        "{}",
        "Folders that programs may read: where they see it, and the absolute path of the host, as `\"/data\" = \"/srv/data\"`.",
    ),
    setting(
        "sandbox.files.write",
        Kind::Map,
        "{}",
        "Folders that programs may write as well, in the same form; Git repositories in them stay read-only, and those of programs lose their names.",
    ),
    setting(
        "sandbox.python.interpreter",
        Kind::Path,
        "",
        "The Python interpreter, also one of a virtual environment; `python3` on the path without it.",
    ),
    setting("sandbox.python.packages", Kind::List, "[]", "Folders of further packages, absolute."),
    setting("sandbox.python.preload", Kind::List, "[]", "Modules that are imported before a worker is handed out."),
];

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
    /// Size of all answers, in MiB.
    pub answer_mb: u64,
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
            answer_mb: 4_096,
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
        "answer_mb" => sandbox.answer_mb = number,
        "stdout_bytes" => sandbox.stdout_bytes = number,
        "open_files" => sandbox.open_files = number as u32,
        "disk_mb" => sandbox.disk_mb = number,
        "disk_files" => sandbox.disk_files = number,
        "pool_size" => sandbox.pool_size = number as usize,
        "pool_max" => sandbox.pool_max = number as usize,
        _ => {}
    }
}
