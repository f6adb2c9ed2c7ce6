//! Other servers in the place of those that run.

use super::support::{Stage, call, is_running, name, spec, text};
use outboard_mcp::client::Replaced;
use serde_json::json;
use std::collections::HashSet;
use std::time::Duration;

/// Waits as long as a busy machine may need.
async fn becomes(what: &str, condition: impl Fn() -> bool) {
    let waited = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waited).await.unwrap_or_else(|_| panic!("{what} did not come about"));
}

#[tokio::test]
async fn who_stays_runs_on_and_who_leaves_finishes_its_call() {
    let stage = Stage::new(&["legacy", "noisy"]);
    stage.works("legacy").await;
    stage.works("noisy").await;
    let (stays, leaves) = (stage.state("legacy").pid.unwrap(), stage.state("noisy").pid.unwrap());
    let gate = stage.folder.path().join("gate");
    let (upstreams, under_way) = (stage.upstreams.clone(), call("noisy", "gate", json!({"file": gate})));
    let waiting = tokio::spawn(async move { upstreams.call(&under_way).await });
    becomes("the call", || stage.log("noisy").iter().any(|entry| entry["gate"].is_u64())).await;
    let mut news = stage.upstreams.news();
    let log = |mode: &str| stage.folder.path().join(format!("{mode}.log"));
    let specs = ["legacy", "wrong-id"].map(|mode| spec(mode, log(mode))).to_vec();
    let replaced = stage.upstreams.replace(specs.clone(), &HashSet::from([name("legacy")]));
    let expected = Replaced { added: vec![name("wrong-id")], removed: vec![name("noisy")], ..Replaced::default() };
    assert_eq!(replaced, expected);
    assert_eq!(news.recv().await.unwrap().0, name("wrong-id"), "agents hear of it");
    assert_eq!(stage.error("noisy", "echo", json!({})).await.code.as_str(), "unknown_server");
    stage.works("legacy").await;
    stage.works("wrong-id").await;
    assert_eq!((stage.state("legacy").pid.unwrap(), stage.starts("legacy")), (stays, 1));
    assert!(is_running(leaves), "its call is under way");
    std::fs::write(&gate, "").unwrap();
    assert_eq!(text(waiting.await.unwrap().unwrap()), "opened");
    becomes("its end", || !is_running(leaves)).await;
    let same = specs.iter().map(|spec| spec.name.clone()).collect();
    assert_eq!(stage.upstreams.replace(specs, &same), Replaced::default(), "nothing changes twice");
}

#[tokio::test]
async fn a_server_that_is_reached_in_another_way_is_started_anew() {
    let stage = Stage::new(&["legacy"]);
    stage.works("legacy").await;
    let before = stage.state("legacy").pid.unwrap();
    let mut other = spec("legacy", stage.folder.path().join("legacy.log"));
    other.deny = vec!["hang".into()];
    assert_eq!(stage.upstreams.replace(vec![other], &HashSet::new()).changed, [name("legacy")]);
    stage.works("legacy").await;
    assert_ne!(stage.state("legacy").pid.unwrap(), before);
    becomes("the end of the old one", || !is_running(before)).await;
    stage.upstreams.shutdown().await;
}
