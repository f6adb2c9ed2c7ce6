//! Processes: one start for many waiters, a clean environment, nothing left behind.

use super::support::{Stage, eventually, is_running, spec, text};
use serde_json::{Value, json};
use std::process::{Command, Stdio};

#[tokio::test]
async fn many_waiters_share_one_start() {
    let stage = Stage::new(&["slow-start"]);
    futures::future::join_all((0..20).map(|_| stage.works("slow-start"))).await;
    assert_eq!(stage.starts("slow-start"), 1);
}

#[tokio::test]
async fn giving_up_the_wait_does_not_stop_the_start() {
    let stage = Stage::new(&["slow-start"]);
    let limit = std::time::Duration::from_millis(50);
    assert!(tokio::time::timeout(limit, stage.works("slow-start")).await.is_err());
    stage.works("slow-start").await;
    assert_eq!(stage.starts("slow-start"), 1);
}

#[tokio::test]
async fn servers_see_a_basic_environment_and_what_is_configured() {
    let stage = Stage::with(&["legacy"], |spec| {
        if let outboard_mcp::client::TransportSpec::Stdio { env, .. } = &mut spec.transport {
            env.insert("TOKEN".into(), outboard_types::Redacted::new("secret".into()));
        }
        assert!(!format!("{spec:?}").contains("secret"));
    });
    let env = text(stage.call("legacy", "env", json!({})).await.unwrap());
    let env: Value = serde_json::from_str(&env).unwrap();
    assert_eq!(env["TOKEN"], "secret");
    assert!(env["PATH"].is_string());
    assert!(env["CARGO_MANIFEST_DIR"].is_null(), "our own variables stay with us");
}

#[tokio::test]
async fn shutdown_ends_daemons_and_the_stubborn() {
    let stage = Stage::new(&["legacy", "stubborn"]);
    let daemon: u32 = text(stage.call("legacy", "daemon", json!({})).await.unwrap()).parse().unwrap();
    stage.works("stubborn").await;
    let pids = [daemon, stage.state("legacy").pid.unwrap(), stage.state("stubborn").pid.unwrap()];
    assert!(pids.iter().all(|&pid| is_running(pid)));
    stage.upstreams.shutdown().await;
    for pid in pids {
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "{pid} is left, at least as a zombie");
    }
    let error = stage.error("legacy", "echo", json!({})).await;
    assert_eq!(error.code.as_str(), "upstream_unavailable");
}

#[tokio::test]
async fn dropping_the_upstreams_ends_their_processes() {
    let Stage { folder: _folder, upstreams } = {
        let stage = Stage::new(&["legacy"]);
        stage.works("legacy").await;
        stage
    };
    let pid = upstreams.states()[0].pid.unwrap();
    drop(upstreams);
    eventually("the end of the process", || !is_running(pid)).await;
}

const HOST: &str = "OUTBOARD_TEST_HOST_LOG";

/// Acts as the host of the test below when the variable is set; does nothing otherwise.
#[tokio::test]
async fn host_to_be_killed() {
    let Ok(log) = std::env::var(HOST) else { return };
    let stage = Stage::of(vec![spec("stubborn", log.into())], tempfile::tempdir().unwrap());
    stage.works("stubborn").await;
    std::future::pending().await
}

#[tokio::test]
async fn servers_die_with_a_host_that_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut host = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "client::processes::host_to_be_killed"])
        .env(HOST, &log)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let read = || std::fs::read_to_string(&log).unwrap_or_default();
    eventually("the call", || read().contains("tools/call")).await;
    let start: Value = serde_json::from_str(read().lines().next().unwrap()).unwrap();
    let pid = u32::try_from(start["start"].as_u64().unwrap()).unwrap();
    assert!(is_running(pid));
    host.kill().unwrap();
    host.wait().unwrap();
    eventually("the end of the server", || !is_running(pid)).await;
}
