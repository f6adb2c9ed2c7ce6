//! What the host sees of processes: by `/proc`, never by what a program says.

use std::fs;
use std::time::{Duration, Instant};

/// Every process that descends from this one.
pub(crate) fn descendants(of: i32) -> Vec<i32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{of}/task")) else { return Vec::new() };
    let texts = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("children")).ok());
    let children: Vec<i32> =
        texts.flat_map(|text| text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()).collect();
    children.iter().copied().chain(children.iter().flat_map(|child| descendants(*child))).collect()
}

/// Whether a process runs; one that has ended and was not waited for does not.
pub(crate) fn alive(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z ") && !stat.contains(") X "))
}

/// The one child of this process that is a spawner.
pub(crate) fn spawner(of: i32) -> Option<i32> {
    descendants(of).into_iter().find(|pid| {
        let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        words.split(|byte| *byte == 0).nth(1) == Some(crate::jail::SPAWNER.as_bytes())
    })
}

pub(crate) fn me() -> i32 {
    std::process::id().cast_signed()
}

/// What is left behind where things are not cleaned up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leftovers {
    pub(crate) descriptors: usize,
    pub(crate) mounts: usize,
    pub(crate) processes: usize,
    pub(crate) cgroups: usize,
}

impl Leftovers {
    /// Of this process and its spawner together.
    pub(crate) fn now(spawner: Option<i32>) -> Self {
        let entries = |path: String| fs::read_dir(path).map_or(0, Iterator::count);
        let lines = |path: String| fs::read_to_string(path).map_or(0, |text| text.lines().count());
        let both: Vec<i32> = [Some(me()), spawner].into_iter().flatten().collect();
        Self {
            descriptors: both.iter().map(|pid| entries(format!("/proc/{pid}/fd"))).sum(),
            mounts: both.iter().map(|pid| lines(format!("/proc/{pid}/mountinfo"))).sum(),
            processes: descendants(me()).len(),
            cgroups: cgroups(std::path::Path::new("/sys/fs/cgroup"), 0, spawner),
        }
    }
}

fn cgroups(folder: &std::path::Path, depth: usize, spawner: Option<i32>) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let folders =
        entries.filter_map(|entry| entry.ok().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())));
    let ours = |entry: &fs::DirEntry| usize::from(is_ours(&entry.file_name().to_string_lossy(), spawner));
    folders.map(|entry| ours(&entry) + if depth < 6 { cgroups(&entry.path(), depth + 1, spawner) } else { 0 }).sum()
}

/// Whether a control group is one of this spawner; without one, of any but those that run and are not ours.
fn is_ours(name: &str, spawner: Option<i32>) -> bool {
    let Some((_, rest)) = name.split_once("outboard") else { return false };
    let digits = rest.get(1..).and_then(|rest| rest.split('-').next());
    match (digits.and_then(|digits| digits.parse().ok()), spawner) {
        (Some(owner), Some(spawner)) => owner == spawner,
        (Some(owner), None) => !alive(owner) || descendants(me()).contains(&owner),
        (None, spawner) => spawner.is_none(),
    }
}

/// Resident memory that is a process's own, in KiB.
pub(crate) fn resident_kib(pid: i32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Waits for something, looking every few milliseconds.
pub(crate) async fn within(time: Duration, what: impl Fn() -> bool) -> bool {
    let end = Instant::now() + time;
    while Instant::now() < end {
        if what() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    what()
}

/// A part of sorted times, such as 0.99.
pub(crate) fn quantile(times: &mut [Duration], part: f64) -> Duration {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    times.get((last as f64 * part).round() as usize).copied().unwrap_or_default()
}

pub(crate) fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}
