//! Many workers later: no descriptor, process, mount or control group is left.

use crate::support::{python, sandbox};
use outboard_sandbox::{ExitReason, Sandbox};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// More workers than fit side by side; each is started, asked nothing and killed.
const WORKERS: usize = 300;
/// How many at a time.
const AT_ONCE: usize = 4;

/// What a worker could leave behind, seen from the spawner, which makes everything that a worker has.
#[derive(Debug)]
struct Residue {
    descriptors: usize,
    children: usize,
    mounts: usize,
    groups: usize,
}

impl Residue {
    fn of(spawner: u32) -> Self {
        let children = fs::read_to_string(format!("/proc/{spawner}/task/{spawner}/children")).unwrap();
        Self {
            descriptors: fs::read_dir(format!("/proc/{spawner}/fd")).unwrap().count(),
            children: children.split_whitespace().count(),
            mounts: fs::read_to_string(format!("/proc/{spawner}/mounts")).unwrap().lines().count(),
            groups: groups(Path::new("/sys/fs/cgroup"), spawner, false),
        }
    }

    /// Whether nothing was added. The earlier count may hold a worker whose end was told a moment before it was
    /// reaped to the last descriptor, so less is fine.
    fn is_within(&self, before: &Self) -> bool {
        // The template stays.
        self.children <= 1
            && self.descriptors <= before.descriptors
            && self.mounts <= before.mounts
            && self.groups <= before.groups
    }
}

/// Control groups that bear this spawner's number, and those within them; others have spawners of their own.
fn groups(below: &Path, spawner: u32, within: bool) -> usize {
    let entries = fs::read_dir(below).into_iter().flatten().filter_map(Result::ok);
    let real = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    real.map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let own = within || ["-", "."].iter().any(|sign| name.starts_with(&format!("outboard{sign}{spawner}-")));
        usize::from(own) + groups(&entry.path(), spawner, own)
    })
    .sum()
}

async fn start_and_kill(sandbox: &Sandbox) {
    let (_sender, _receiver, control) = sandbox.worker(python()).await.unwrap().split();
    control.kill();
    assert_eq!(control.wait().await.reason, ExitReason::Killed);
}

/// The test in a process of its own: other tests of this binary have descriptors and children too.
#[test]
fn hundreds_of_workers_leave_nothing() {
    const ALONE: &str = "OUTBOARD_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return tokio::runtime::Runtime::new().unwrap().block_on(hundreds());
    }
    let name = "residue::hundreds_of_workers_leave_nothing";
    let this = std::env::current_exe().unwrap();
    let done = Command::new(this).args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(String::from_utf8_lossy(&done.stdout).contains("1 passed"), "the test ran by itself");
}

async fn hundreds() {
    let sandbox = sandbox().await;
    // The first ones let the run time open what it keeps.
    for _ in 0..AT_ONCE {
        start_and_kill(&sandbox).await;
    }
    let children = fs::read_dir("/proc/self/task").unwrap();
    let children = children.filter_map(|task| fs::read_to_string(task.ok()?.path().join("children")).ok());
    let spawner: Vec<u32> =
        children.flat_map(|text| text.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>()).collect();
    let [spawner] = spawner[..] else { panic!("one spawner: {spawner:?}") };
    let own = || fs::read_dir("/proc/self/fd").unwrap().count();
    let (before, descriptors) = (Residue::of(spawner), own());
    let grouped = sandbox.ready().await.unwrap().to_string().contains("cgroup");
    assert_eq!(before.groups > 0, grouped, "the groups of this spawner are found: {before:?}");
    for _ in 0..WORKERS / AT_ONCE {
        tokio::join!(
            start_and_kill(&sandbox),
            start_and_kill(&sandbox),
            start_and_kill(&sandbox),
            start_and_kill(&sandbox)
        );
    }
    let end = Instant::now() + Duration::from_secs(20);
    while (!Residue::of(spawner).is_within(&before) || own() > descriptors) && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let after = Residue::of(spawner);
    assert!(after.is_within(&before), "{after:?} after, {before:?} before");
    assert!(own() <= descriptors, "{} descriptors, {descriptors} before", own());
}
