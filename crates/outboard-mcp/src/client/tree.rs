//! Ending whole process trees, daemons that left their group included.
//!
//! Every upstream process carries a random mark in its environment, which its descendants inherit; the
//! ones that are still there in the end are found by it.

use super::sys;
use std::time::Duration;

/// The environment variable that carries the mark.
pub(super) const MARK: &str = "OUTBOARD_UPSTREAM";

/// A new mark.
pub(super) fn new_mark() -> String {
    let mut bytes = [0_u8; 16];
    if getrandom::fill(&mut bytes).is_err() {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        bytes = (now.as_nanos() ^ u128::from(std::process::id()) << 96).to_le_bytes();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Kills what is left of a group and of the processes that carry the mark.
pub(super) async fn end(group: u32, mark: String) {
    sys::signal_group(group, libc::SIGKILL);
    let scan = tokio::task::spawn_blocking(move || end_marked(&mark));
    let _ = scan.await;
    sys::reap_group(group);
}

fn end_marked(mark: &str) {
    let wanted = format!("{MARK}={mark}");
    // A process may fork while it is being looked for: look until nothing is found.
    for _ in 0..20 {
        let found = marked(wanted.as_bytes());
        if found.is_empty() {
            return;
        }
        found.iter().for_each(|&pid| sys::signal(pid, libc::SIGKILL));
        std::thread::sleep(Duration::from_millis(5));
        found.iter().for_each(|&pid| sys::reap(pid));
    }
}

fn marked(wanted: &[u8]) -> Vec<u32> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| *pid != std::process::id())
        .filter(|pid| {
            std::fs::read(format!("/proc/{pid}/environ"))
                .is_ok_and(|environ| environ.split(|&byte| byte == 0).any(|one| one == wanted))
        })
        .collect()
}
