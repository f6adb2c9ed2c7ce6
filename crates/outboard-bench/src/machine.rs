//! Where a benchmark ran.

use serde::{Deserialize, Serialize};

/// The machine and the versions that figures are from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor as the system names it.
    pub processor: String,
    /// Processors that this program may use.
    pub cores: usize,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// The system's version.
    pub system: String,
    /// The version of Outboard.
    pub outboard: String,
    /// Whether it was built for speed.
    pub optimised: bool,
}

impl Machine {
    /// This one, as far as it can be told.
    pub fn here() -> Self {
        let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let after = |text: &str, key: &str| {
            let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default().to_owned();
            line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        let memory = after(&text("/proc/meminfo"), "MemTotal");
        Self {
            processor: after(&text("/proc/cpuinfo"), "model name"),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            memory_mib: memory.split(' ').next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1_024,
            system: format!("{} {}", std::env::consts::OS, text("/proc/sys/kernel/osrelease").trim()),
            outboard: env!("CARGO_PKG_VERSION").to_owned(),
            optimised: !cfg!(debug_assertions),
        }
    }
}
