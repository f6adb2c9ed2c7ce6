//! What a worker's processes have used, as `/proc` tells.

use crate::sys::process::units;
use std::fs;
use std::time::Duration;

/// Most processes that one sample looks at; the limit of processes is far below.
const MOST_PROCESSES: usize = 1024;

/// What was used at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sample {
    /// CPU time of living and of reaped processes.
    pub(crate) cpu: Duration,
    /// Memory of living processes that is theirs alone, not a file's.
    pub(crate) memory: u64,
    /// How many processes were looked at.
    pub(crate) processes: usize,
}

/// Sums up a worker and its descendants. Orphans count too: they become children of the worker, which is
/// the first process of its pid namespace.
pub(crate) fn sample(pid: i32) -> Sample {
    let mut total = Sample::default();
    let mut todo = vec![pid];
    let mut seen = 0;
    while let Some(pid) = todo.pop() {
        seen += 1;
        total.processes = seen;
        total.cpu += cpu(pid);
        total.memory += memory(pid);
        if seen + todo.len() < MOST_PROCESSES {
            todo.extend(children(pid));
        }
    }
    total
}

/// Whether every thread of a worker and its descendants sleeps until something happens.
pub(crate) fn is_asleep(pid: i32) -> bool {
    let mut todo = vec![pid];
    let mut seen = 0;
    while let Some(pid) = todo.pop() {
        seen += 1;
        let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        let texts = threads.filter_map(|thread| fs::read_to_string(thread.path().join("stat")).ok());
        if seen > MOST_PROCESSES || texts.into_iter().any(|stat| !sleeps(&stat)) {
            return false;
        }
        todo.extend(children(pid));
    }
    true
}

/// The state is the first field after the name.
fn sleeps(stat: &str) -> bool {
    stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with(['S', 'Z', 'X']))
}

fn cpu(pid: i32) -> Duration {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let ticks = ticks(&text).unwrap_or(0);
    Duration::from_millis(ticks * 1000 / units().0)
}

/// User, system, and both of reaped children. The name before may hold anything, so count from its end.
fn ticks(stat: &str) -> Option<u64> {
    const USER_AFTER_NAME: usize = 11;
    let fields = stat.rsplit_once(')')?.1.split_whitespace().skip(USER_AFTER_NAME).take(4);
    fields.map(|field| field.parse::<u64>().ok()).sum()
}

fn memory(pid: i32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    let mut pages = text.split_whitespace().skip(1).filter_map(|field| field.parse::<u64>().ok());
    let (resident, shared) = (pages.next().unwrap_or(0), pages.next().unwrap_or(0));
    resident.saturating_sub(shared) * units().1
}

fn children(pid: i32) -> Vec<i32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let of_thread =
        |thread: std::io::Result<fs::DirEntry>| fs::read_to_string(thread.ok()?.path().join("children")).ok();
    let texts: Vec<String> = threads.filter_map(of_thread).collect();
    texts.iter().flat_map(|text| text.split_whitespace()).filter_map(|pid| pid.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_does_not_move_the_fields() {
        let stat = "7 (a) R 1 2 3) S 1 7 7 0 -1 4194560 100 0 0 0 11 22 33 44 20 0 1 0 5";
        assert_eq!(ticks(stat), Some(110));
        assert_eq!(ticks("garbage"), None);
        assert!(sleeps(stat) && !sleeps("7 (x) T 1") && !sleeps("7 (x) R 1") && !sleeps("garbage"));
    }

    #[test]
    fn this_process_has_used_something() {
        assert!(sample(std::process::id() as i32).memory > 0);
    }
}
