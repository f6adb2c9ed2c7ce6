//! The pool, and what is left when something ends: nothing.

use crate::support::{options, python, run, sandbox};
use outboard_sandbox::{ExitReason, Grant, Options, Sandbox, SandboxError};
use outboard_types::Language;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Processes that descend from this one, by `/proc`.
fn descendants(of: u32) -> Vec<u32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{of}/task")) else { return Vec::new() };
    let texts = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("children")).ok());
    let children: Vec<u32> = texts.flat_map(|text| pids(&text)).collect();
    children.iter().copied().chain(children.iter().flat_map(|child| descendants(*child))).collect()
}

fn pids(text: &str) -> Vec<u32> {
    text.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

fn alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

async fn within(time: Duration, what: impl Fn() -> bool) -> bool {
    let end = Instant::now() + time;
    while Instant::now() < end {
        if what() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    what()
}

#[tokio::test]
async fn idle_workers_are_used_once_and_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(Options { pool_size: 2, ..options() }).await.unwrap();
    let grant = || python().writable(folder.path(), "/workspace");
    sandbox.warm(&grant()).unwrap();
    assert!(within(Duration::from_secs(10), || sandbox.idle(&grant()) == 2).await);
    assert_eq!(sandbox.idle(&python()), 0, "another grant has its own workers");
    let start = Instant::now();
    let worker = sandbox.worker(grant()).await.unwrap();
    let hit = start.elapsed();
    assert!(hit < Duration::from_millis(20), "{hit:?}");
    drop(worker);
    for _ in 0..5 {
        assert_eq!(run(&sandbox, grant(), "result = 'seen' in globals()\nseen = 1").await.unwrap(), false);
    }
    assert!(within(Duration::from_secs(10), || sandbox.idle(&grant()) == 2).await);
}

#[tokio::test]
async fn a_replaced_folder_is_another_grant() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w");
    fs::create_dir(&path).unwrap();
    let sandbox = Sandbox::start(Options { pool_size: 1, ..options() }).await.unwrap();
    let grant = || python().writable(&path, "/workspace");
    sandbox.warm(&grant()).unwrap();
    assert!(within(Duration::from_secs(10), || sandbox.idle(&grant()) == 1).await);
    fs::rename(&path, folder.path().join("old")).unwrap();
    fs::create_dir(&path).unwrap();
    fs::write(path.join("new"), "").unwrap();
    assert_eq!(sandbox.idle(&grant()), 0);
    let seen = run(&sandbox, grant(), "import os\nresult = os.listdir('/workspace')").await.unwrap();
    assert_eq!(seen, serde_json::json!(["new"]));
}

#[tokio::test]
async fn two_hundred_workers_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox().await;
    let grant = || python().writable(folder.path(), "/workspace");
    run(&sandbox, grant(), "result = 1").await.unwrap();
    let spawner = spawner_of(&sandbox).await;
    let count = |path: String| fs::read_dir(path).map_or(0, Iterator::count);
    let mounts = || fs::read_to_string(format!("/proc/{spawner}/mountinfo")).unwrap_or_default().lines().count();
    let state = || (count(format!("/proc/{spawner}/fd")), mounts(), descendants(spawner).len());
    assert!(within(Duration::from_secs(2), || descendants(spawner).is_empty()).await);
    let before = state();
    for _ in 0..200 {
        run(&sandbox, grant(), "result = 1").await.unwrap();
    }
    assert!(within(Duration::from_secs(2), || descendants(spawner).is_empty()).await);
    assert_eq!(state(), before, "descriptors, mounts, processes of the spawner");
}

/// The spawner is the parent of a worker.
async fn spawner_of(sandbox: &Sandbox) -> u32 {
    let worker = sandbox.worker(python()).await.unwrap();
    let text = format!("{worker:?}");
    let pid: u32 = text.split(" pid: ").nth(1).unwrap().split(',').next().unwrap().trim().parse().unwrap();
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(')').unwrap().1.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn shutting_down_ends_every_process() {
    let sandbox = sandbox().await;
    let spawner = spawner_of(&sandbox).await;
    let worker = sandbox.worker(python()).await.unwrap();
    assert_eq!(descendants(spawner).len(), 1);
    let workers = descendants(spawner);
    sandbox.shutdown().await;
    assert!(!alive(spawner));
    assert!(within(Duration::from_secs(1), || workers.iter().all(|pid| !alive(*pid))).await);
    drop(worker);
}

#[tokio::test]
async fn a_killed_spawner_takes_its_workers_and_is_replaced() {
    let sandbox = sandbox().await;
    let spawner = spawner_of(&sandbox).await;
    let (_sender, _receiver, control) = sandbox.worker(python()).await.unwrap().split();
    let workers = descendants(spawner);
    assert!(!workers.is_empty());
    kill(spawner);
    let exit = tokio::time::timeout(Duration::from_secs(5), control.wait()).await.expect("its end is told");
    assert_eq!(exit.reason, ExitReason::Killed);
    assert!(within(Duration::from_secs(2), || !workers.iter().any(|pid| alive(*pid))).await);
    assert_eq!(run(&sandbox, python(), "result = 1").await.unwrap(), 1);
    assert_ne!(spawner_of(&sandbox).await, spawner);
}

#[tokio::test]
async fn spawners_that_keep_dying_are_an_error() {
    let sandbox = sandbox().await;
    for _ in 0..5 {
        kill(spawner_of(&sandbox).await);
        run(&sandbox, python(), "result = 1").await.unwrap();
    }
    kill(spawner_of(&sandbox).await);
    let Err(SandboxError::Spawner(problem)) = sandbox.worker(python()).await else { panic!("a sixth spawner") };
    assert!(problem.contains("5 times in a row"), "{problem}");
}

#[tokio::test]
async fn a_burst_of_two_hundred_is_served() {
    let sandbox = Arc::new(Sandbox::start(Options { pool_size: 1, ..options() }).await.unwrap());
    let mut runs = tokio::task::JoinSet::new();
    for number in 0..200 {
        let sandbox = sandbox.clone();
        runs.spawn(async move { run(&sandbox, python(), &format!("result = {number}")).await });
    }
    let mut results: Vec<_> = runs.join_all().await.into_iter().map(|done| done.unwrap().as_i64().unwrap()).collect();
    results.sort_unstable();
    assert!(results.into_iter().eq(0..200));
}

fn kill(pid: u32) {
    let done = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
    assert!(done.success());
}

/// Not a test by itself: the host of the next one, in a process of its own.
#[tokio::test]
async fn host_to_be_killed() {
    let Ok(report) = std::env::var("SANDBOX_TEST_REPORT") else { return };
    let sandbox = sandbox().await;
    let spawner = spawner_of(&sandbox).await;
    let _workers = [sandbox.worker(python()).await.unwrap(), sandbox.worker(python()).await.unwrap()];
    let pids: Vec<String> = descendants(spawner).iter().chain([&spawner]).map(u32::to_string).collect();
    fs::write(format!("{report}.new"), pids.join(" ")).unwrap();
    fs::rename(format!("{report}.new"), report).unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
}

#[tokio::test]
async fn a_killed_host_leaves_no_process() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("pids");
    let mut host = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lifetime::host_to_be_killed"])
        .env("SANDBOX_TEST_REPORT", &report)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    assert!(within(Duration::from_secs(20), || report.exists()).await);
    let left = pids(&fs::read_to_string(&report).unwrap());
    assert!(left.len() >= 3 && left.iter().all(|pid| alive(*pid)), "{left:?}");
    host.kill().unwrap();
    host.wait().unwrap();
    assert!(within(Duration::from_secs(1), || left.iter().all(|pid| !alive(*pid))).await, "{left:?}");
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let none = Options { worker: PathBuf::from("/no/such/worker"), ..options() };
    let error = Sandbox::start(none).await.unwrap_err().to_string();
    assert!(error.contains("/no/such/worker") && error.contains("install outboard-worker"), "{error}");
    let none = Options { python: Some(PathBuf::from("/no/python")), ..options() };
    assert!(Sandbox::start(none).await.unwrap_err().to_string().contains("/no/python"));
    let none = Options { spawner: vec!["/no/spawner".into()], ..options() };
    assert!(matches!(Sandbox::start(none).await, Err(SandboxError::Spawner(_))));
    let none = Sandbox::start(Options { python: None, ..options() }).await.unwrap();
    assert!(matches!(none.worker(python()).await, Err(SandboxError::NoPython)));
}

#[tokio::test]
async fn native_programs_run_with_their_libraries_only() {
    // `true` ends well; a spawner finds that it may not do the spawner's work in a jail.
    for (program, code) in [("/bin/true", 0), (env!("CARGO_BIN_EXE_outboard-spawner"), 1)] {
        let sandbox = Sandbox::start(Options { worker: program.into(), ..options() }).await.unwrap();
        let error = sandbox.worker(Grant::new(Language::TypeScript)).await.unwrap_err().to_string();
        assert!(error.contains(&format!("it ended (Exited({code}))")), "{error}");
    }
}

#[tokio::test]
async fn a_worker_that_never_gets_ready_is_an_error() {
    for (text, says) in [("", "it ended"), ("import os\nos.write(3, b'\\xff' * 8)", "limit")] {
        let sandbox = Sandbox::start(Options { python_worker: text, ..options() }).await.unwrap();
        let error = sandbox.worker(python()).await.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
