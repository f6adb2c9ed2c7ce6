//! The pool, and what is left when something ends: nothing.

use crate::support::{engines, options, python, python_of, refused, run, run_in, sandbox, started};
use outboard_sandbox::{ExitReason, Grant, Options, PoolSize, Sandbox, SandboxError};
use outboard_types::Language;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a spawner keeps for the one engine of these tests.
const TEMPLATES: usize = 1;

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

/// Waits for something; what has not come about after a minute never will.
pub(crate) async fn soon(what: impl Fn() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(60);
    while Instant::now() < end {
        if what() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    what()
}

async fn pooled(size: usize) -> Sandbox {
    started(Options { pool: PoolSize { min: size, max: size }, ..options() }).await
}

pub(crate) async fn fills(sandbox: &Sandbox, grant: &Grant, size: usize) {
    sandbox.warm(grant).unwrap();
    assert!(soon(|| sandbox.idle(grant) == size).await, "{}", sandbox.idle(grant));
}

#[tokio::test]
async fn idle_workers_are_used_once_and_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = pooled(2).await;
    let grant = || python().writable(folder.path(), "/workspace");
    fills(&sandbox, &grant(), 2).await;
    assert_eq!(sandbox.idle(&python()), 0, "other folders are reason to have other workers");
    assert_eq!(sandbox.idle(&grant().network()), 0, "so is a network");
    drop(sandbox.worker(grant()).await.unwrap());
    for _ in 0..5 {
        assert_eq!(run(&sandbox, grant(), "result = 'seen' in globals()\nseen = 1").await.unwrap(), false);
    }
    assert!(soon(|| sandbox.idle(&grant()) == 2).await);
}

#[tokio::test]
async fn an_idle_worker_has_its_folders_and_no_others() {
    let (session, other, servers) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(session.path().join("a.txt"), "old").unwrap();
    fs::write(other.path().join("secret.txt"), "theirs").unwrap();
    fs::write(servers.path().join("index"), "api").unwrap();
    let sandbox = started(Options { pool: PoolSize { min: 1, max: 2 }, ..options() }).await;
    let grant = |folder: &tempfile::TempDir| {
        python().writable(folder.path(), "/workspace").read_only(servers.path(), "/servers")
    };
    fills(&sandbox, &grant(&session), 1).await;
    fills(&sandbox, &grant(&other), 1).await;
    let (one, two) = (sandbox.worker(grant(&session)).await.unwrap(), sandbox.worker(grant(&other)).await.unwrap());
    let code = "
import os
def fails(what):
    try: what(); return False
    except OSError: return True
open('/workspace/a.txt', 'a').write(' and new')
os.mkdir('/workspace/d')
writes = [lambda: open('/servers/index', 'a'), lambda: os.mkdir('/servers/d'), lambda: open('/x', 'w'),
          lambda: open('/skills/x', 'w'), lambda: os.mkdir('/usr/lib/x'), lambda: open('/outboard/worker.py', 'a'),
          lambda: os.rename('/workspace', '/w'), lambda: os.mknod('/workspace/s', 0o140600)]
result = [sorted(os.listdir('/workspace')), os.listdir('/servers'), os.listdir('/skills'),
          [index for index, one in enumerate(writes) if not fails(one)], os.stat('/workspace').st_uid]";
    let value = run_in(one, code).await.unwrap();
    assert_eq!(value, serde_json::json!([["a.txt", "d"], ["index"], [], [], 1000]));
    assert_eq!(fs::read_to_string(session.path().join("a.txt")).unwrap(), "old and new");
    let value = run_in(two, "import os\nresult = os.listdir('/workspace')").await.unwrap();
    assert_eq!(value, serde_json::json!(["secret.txt"]));
}

#[tokio::test]
async fn a_folder_is_looked_at_when_a_worker_is_handed_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w");
    fs::create_dir(&path).unwrap();
    let sandbox = pooled(1).await;
    let grant = || python().writable(&path, "/workspace");
    fills(&sandbox, &grant(), 1).await;
    fs::rename(&path, folder.path().join("old")).unwrap();
    fs::create_dir(&path).unwrap();
    fs::write(path.join("new"), "").unwrap();
    let seen = run(&sandbox, grant(), "import os\nresult = os.listdir('/workspace')").await.unwrap();
    assert_eq!(seen, serde_json::json!(["new"]));
}

#[tokio::test]
async fn starting_waits_for_nothing_and_early_requests_do() {
    let sandbox = Sandbox::start(Options { pool: PoolSize { min: 1, max: 1 }, ..options() }).await.unwrap();
    assert_eq!(sandbox.describe().to_string(), "not proven yet");
    sandbox.warm(&python()).unwrap();
    assert_eq!(run(&sandbox, python(), "result = 1").await.unwrap(), 1);
    assert!(sandbox.describe().to_string().starts_with("tier A"));
    drop(Sandbox::start(options()).await.unwrap());
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
    assert!(soon(|| descendants(spawner).len() <= TEMPLATES).await);
    let before = state();
    for _ in 0..200 {
        run(&sandbox, grant(), "result = 1").await.unwrap();
    }
    assert!(soon(|| descendants(spawner).len() <= TEMPLATES).await);
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
    // Whoever forked the worker may still be there for a moment.
    assert!(soon(|| descendants(spawner).len() == 1 + TEMPLATES).await);
    let workers = descendants(spawner);
    sandbox.shutdown().await;
    assert!(!alive(spawner));
    assert!(soon(|| workers.iter().all(|pid| !alive(*pid))).await);
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
    let exit = tokio::time::timeout(Duration::from_secs(60), control.wait()).await.expect("its end is told");
    assert_eq!(exit.reason, ExitReason::Killed);
    assert!(soon(|| !workers.iter().any(|pid| alive(*pid))).await);
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
    let sandbox = Arc::new(pooled(1).await);
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
    assert!(soon(|| report.exists()).await);
    let left = pids(&fs::read_to_string(&report).unwrap());
    assert!(left.len() >= 3 && left.iter().all(|pid| alive(*pid)), "{left:?}");
    host.kill().unwrap();
    host.wait().unwrap();
    assert!(soon(|| left.iter().all(|pid| !alive(*pid))).await, "{left:?}");
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let error = refused(engines(PathBuf::from("/no/such/worker"), None)).await.to_string();
    assert!(error.contains("/no/such/worker") && error.contains("install outboard-worker"), "{error}");
    let none = Options { spawner: vec!["/no/spawner".into()], ..options() };
    assert!(matches!(refused(none).await, SandboxError::Spawner(_)));
    let none = started(engines("/bin/true".into(), None)).await;
    assert!(matches!(none.worker(python()).await, Err(SandboxError::NoPython)));
    let error = sandbox().await.worker(python().engine("pypy")).await.unwrap_err().to_string();
    assert_eq!(error, "no engine `pypy` is configured for python programs");
    let error = sandbox().await.worker(Grant::new(Language::Bash)).await.unwrap_err().to_string();
    assert_eq!(error, "no engine is configured for bash programs");
}

#[tokio::test]
async fn a_broken_engine_takes_no_other_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("python3");
    fs::write(&broken, "#!/bin/sh\necho no module named encodings >&2\nexit 1\n").unwrap();
    fs::set_permissions(&broken, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for interpreter in [PathBuf::from("/no/python"), broken] {
        let kind = Some(python_of(&interpreter, ""));
        let both = started(engines(env!("CARGO_BIN_EXE_outboard-spawner").into(), kind)).await;
        let error = both.worker(python()).await.unwrap_err().to_string();
        assert!(error.contains(interpreter.to_str().unwrap()) && error.contains("apt-get install python3"), "{error}");
        // It runs: what it says is that it is no worker.
        let error = both.worker(Grant::new(Language::TypeScript)).await.unwrap_err().to_string();
        assert!(error.contains("it ended (Exited(1))"), "{error}");
    }
    let other = started(engines("/no/such/worker".into(), Some(python_of("python3", crate::support::GUEST)))).await;
    assert_eq!(run(&other, python(), "result = 1").await.unwrap(), 1);
}

#[tokio::test]
async fn native_programs_run_with_their_libraries_only() {
    // `true` ends well; a spawner finds that it may not do the spawner's work in a jail.
    for (program, code) in [("/bin/true", 0), (env!("CARGO_BIN_EXE_outboard-spawner"), 1)] {
        let sandbox = started(engines(program.into(), None)).await;
        let error = sandbox.worker(Grant::new(Language::TypeScript)).await.unwrap_err().to_string();
        assert!(error.contains(&format!("it ended (Exited({code}))")), "{error}");
    }
}

#[tokio::test]
async fn a_worker_that_never_gets_ready_is_an_error() {
    for (text, says) in [("", "it ended"), ("import os\nos.write(3, b'\\xff' * 8)", "limit")] {
        let sandbox = started(engines("/bin/true".into(), Some(python_of("python3", text)))).await;
        let error = sandbox.worker(python()).await.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
