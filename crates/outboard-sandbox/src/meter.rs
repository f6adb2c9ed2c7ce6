//! What a worker's processes have used, as `/proc` tells.

use crate::sys::process::units;
use std::fs;
use std::path::{Path, PathBuf};
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

/// A process, by its number and the time of its start, and what it used by itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alive {
    pub(crate) process: (i32, u64),
    pub(crate) used: Duration,
}

/// Sums up a worker and its descendants.
pub(crate) fn sample(pid: i32) -> Sample {
    look(pid).0
}

/// The same, with each of the processes.
pub(crate) fn look(pid: i32) -> (Sample, Vec<Alive>) {
    let (mut total, mut alive) = (Sample::default(), Vec::new());
    for pid in family(pid) {
        total.processes += 1;
        total.memory += memory(pid);
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        if let Some((own, all, start)) = times(&text) {
            total.cpu += span(all);
            alive.push(Alive { process: (pid, start), used: span(own) });
        }
    }
    (total, alive)
}

/// Whether every thread of a worker and its descendants sleeps until something happens.
pub(crate) fn is_asleep(pid: i32) -> bool {
    let mut looked_at = 0;
    let all = family(pid)
        .inspect(|_| looked_at += 1)
        .flat_map(threads_of)
        .all(|thread| fs::read_to_string(thread.join("stat")).map_or(true, |stat| sleeps(&stat)));
    all && looked_at < MOST_PROCESSES
}

/// The numbers of all threads of a worker and its descendants.
pub(crate) fn threads(pid: i32) -> Vec<i32> {
    let name = |thread: PathBuf| thread.file_name()?.to_str()?.parse().ok();
    family(pid).flat_map(threads_of).filter_map(name).collect()
}

/// A worker and its descendants. Orphans count too: they become children of the worker, which is the first process of its
/// pid namespace.
pub(crate) fn family(pid: i32) -> impl Iterator<Item = i32> {
    let (mut todo, mut seen) = (vec![pid], 0);
    std::iter::from_fn(move || {
        let pid = todo.pop()?;
        seen += 1;
        if seen + todo.len() < MOST_PROCESSES {
            todo.extend(children(pid));
        }
        Some(pid)
    })
}

pub(crate) fn threads_of(pid: i32) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten().map(|thread| thread.path())
}

/// The state is the first field after the name.
fn sleeps(stat: &str) -> bool {
    stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with(['S', 'Z', 'X']))
}

fn span(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 1000 / units().0)
}

/// Ticks of user and system, the same with both of reaped children, and the start. The name before may hold anything, so
/// count from its end.
fn times(stat: &str) -> Option<(u64, u64, u64)> {
    const USER_AFTER_NAME: usize = 11;
    const FROM_CHILDREN_TO_START: usize = 4;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(USER_AFTER_NAME).map(|field| field.parse().ok());
    let mut two = || Some(fields.next()?? + fields.next()??);
    let (own, children): (u64, u64) = (two()?, two()?);
    Some((own, own.saturating_add(children), fields.nth(FROM_CHILDREN_TO_START)??))
}

/// Of any thread that still runs: one that ended tells nothing, and the first may have.
fn memory(pid: i32) -> u64 {
    threads_of(pid).map(|thread| memory_of(&thread)).find(|memory| *memory > 0).unwrap_or(0)
}

fn memory_of(thread: &Path) -> u64 {
    let text = fs::read_to_string(thread.join("statm")).unwrap_or_default();
    let mut pages = text.split_whitespace().skip(1).filter_map(|field| field.parse::<u64>().ok());
    let (resident, shared) = (pages.next().unwrap_or(0), pages.next().unwrap_or(0));
    resident.saturating_sub(shared) * units().1
}

fn children(pid: i32) -> Vec<i32> {
    let texts: Vec<_> = threads_of(pid).filter_map(|thread| fs::read_to_string(thread.join("children")).ok()).collect();
    texts.iter().flat_map(|text| text.split_whitespace()).filter_map(|pid| pid.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_does_not_move_the_fields() {
        let stat = "7 (a) R 1 2 3) S 1 7 7 0 -1 4194560 100 0 0 0 11 22 33 44 20 0 1 0 5";
        assert_eq!(times(stat), Some((33, 110, 5)));
        assert_eq!(times("garbage"), None);
        assert!(sleeps(stat) && !sleeps("7 (x) T 1") && !sleeps("7 (x) R 1") && !sleeps("garbage"));
    }

    #[test]
    fn this_process_has_used_something() {
        assert!(sample(std::process::id() as i32).memory > 0);
    }
}
