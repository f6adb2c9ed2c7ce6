//! Calls that fail, and what is said about it.

use super::support::{Stage, call, eventually, is_running};
use outboard_types::ErrorCode;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn failures_keep_their_kind() {
    let stage = Stage::new(&["legacy"]);
    let failed = stage.error("legacy", "fail", json!({})).await;
    assert_eq!(
        (failed.code, failed.message.as_str(), failed.tool.as_str()),
        (ErrorCode::ToolFailed, "no such row", "fail")
    );
    let refused = stage.error("legacy", "refuse", json!({"code": -32602})).await;
    assert_eq!((refused.code, refused.hint.is_some()), (ErrorCode::InvalidArguments, true));
    let refused = stage.error("legacy", "refuse", json!({"code": -32000})).await;
    assert_eq!(refused.code, ErrorCode::UpstreamProtocol);
    assert!(refused.message.contains("rather not"), "{}", refused.message);
    assert_eq!(stage.error("nobody", "x", json!({})).await.code, ErrorCode::UnknownServer);
}

#[tokio::test]
async fn noise_wrong_ids_and_string_ids_do_no_harm() {
    let stage = Stage::new(&["noisy", "wrong-id", "text-id"]);
    for mode in ["noisy", "wrong-id", "text-id"] {
        stage.works(mode).await;
        stage.works(mode).await;
    }
    assert_eq!(stage.state("noisy").noise, 5);
}

#[tokio::test]
async fn large_answers_arrive_and_too_large_ones_fail_alone() {
    let stage = Stage::new(&["legacy"]);
    let big = stage.call("legacy", "big", json!({"bytes": 50_000_000})).await.unwrap();
    assert!(big.size() > 50_000_000);
    let error = stage.error("legacy", "big", json!({"bytes": 70_000_000})).await;
    assert_eq!(error.code, ErrorCode::UpstreamProtocol);
    assert!(error.message.contains("64 MiB"), "{}", error.message);
    stage.works("legacy").await;
    assert_eq!(stage.starts("legacy"), 1, "the connection survived");
}

#[tokio::test]
async fn a_crash_in_a_call_is_told_with_the_servers_last_words_and_mended() {
    let stage = Stage::new(&["legacy"]);
    let error = stage.error("legacy", "crash", json!({})).await;
    assert_eq!((error.code, error.retryable), (ErrorCode::UpstreamLost, false));
    assert!(error.message.contains("code 3") && error.message.contains("out of cheese"), "{}", error.message);
    assert_eq!(stage.state("legacy").status.as_str(), "failed");
    stage.works("legacy").await;
    assert_eq!(stage.starts("legacy"), 2);
}

#[tokio::test]
async fn cancelled_and_dropped_calls_are_cancelled_at_the_server() {
    let stage = Stage::new(&["legacy"]);
    stage.works("legacy").await;
    let hanging = call("legacy", "hang", json!({}));
    let cancel = hanging.context.cancel.clone();
    let upstreams = stage.upstreams.clone();
    let task = tokio::spawn(async move { upstreams.call(&hanging).await });
    eventually("the call", || stage.log("legacy").iter().any(|entry| entry["hanging"].is_u64())).await;
    cancel.cancel();
    assert_eq!(task.await.unwrap().unwrap_err().code, ErrorCode::Cancelled);
    let cancelled = || {
        let log = stage.log("legacy");
        log.into_iter().filter(|entry| entry["method"] == "notifications/cancelled").collect::<Vec<_>>()
    };
    eventually("the first cancellation", || cancelled().len() == 1).await;
    let id = stage.log("legacy").iter().find_map(|entry| entry["hanging"].as_u64()).unwrap();
    assert_eq!(cancelled()[0]["params"]["requestId"], id);
    let limited = tokio::time::timeout(Duration::from_millis(100), stage.call("legacy", "hang", json!({}))).await;
    assert!(limited.is_err());
    eventually("the second cancellation", || cancelled().len() == 2).await;
    stage.works("legacy").await;
}

#[tokio::test]
async fn what_cannot_start_says_why_and_pauses_grow() {
    let stage = Stage::new(&["broken"]);
    let error = stage.error("broken", "echo", json!({})).await;
    assert_eq!((error.code, error.retryable), (ErrorCode::UpstreamUnavailable, true));
    assert!(error.message.contains("set TOKEN"), "{}", error.message);
    assert!(stage.state("broken").last_error.unwrap().contains("set TOKEN"));
    let mut attempts = 0;
    while !stage.error("broken", "echo", json!({})).await.message.contains("next attempt in") {
        attempts += 1;
        assert!(attempts < 10);
    }
    assert!(attempts >= 1);
}

#[tokio::test]
async fn a_missing_program_and_a_silent_one_are_told_apart() {
    let missing = Stage::with(&["missing"], |spec| {
        if let outboard_mcp::client::TransportSpec::Stdio { command, .. } = &mut spec.transport {
            *command = "no-such-program".into();
        }
    });
    let error = missing.error("missing", "echo", json!({})).await;
    assert!(error.message.contains("was not found"), "{}", error.message);
    let silent = Stage::with(&["silent"], |spec| spec.start_timeout = Duration::from_millis(300));
    let error = silent.error("silent", "echo", json!({})).await;
    assert!(error.message.contains("did not say hello within 300ms"), "{}", error.message);
}

#[tokio::test]
async fn a_broken_server_does_not_delay_others() {
    let stage = Stage::new(&["silent", "legacy"]);
    let upstreams = stage.upstreams.clone();
    let stuck = tokio::spawn(async move { upstreams.call(&call("silent", "echo", json!({}))).await });
    stage.works("legacy").await;
    assert!(!stuck.is_finished());
    eventually("the start", || stage.starts("silent") == 1).await;
    let pid = u32::try_from(stage.log("silent")[0]["start"].as_u64().unwrap()).unwrap();
    stage.upstreams.shutdown().await;
    assert_eq!(stuck.await.unwrap().unwrap_err().code, ErrorCode::UpstreamUnavailable);
    assert!(!is_running(pid));
}
