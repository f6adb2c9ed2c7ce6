//! What each layer does to a call, seen from outside the chain.

use crate::support::bench;
use outboard_gateway::{Access, AccessRule, Options, RunLimits};
use outboard_types::{ErrorCode, ServerName};
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::Duration;

fn open() -> crate::support::Bench {
    bench(Options::default(), Duration::ZERO, RunLimits::default())
}

#[tokio::test]
async fn a_good_call_reaches_the_upstream_and_is_recorded() {
    let bench = open();
    bench.call("get_document", json!({"documentId": "a"})).await.unwrap();
    bench.journal.flush().unwrap();
    let calls = bench.journal.calls(&bench.run.context().execution).unwrap();
    assert_eq!((bench.reached(), calls.len()), (1, 1));
    assert_eq!((calls[0].number, calls[0].error, calls[0].arguments_bytes), (1, None, 18));
}

#[tokio::test]
async fn refused_arguments_name_the_place_and_the_fix() {
    let bench = open();
    for (arguments, said) in [
        (json!({}), "documentId is required and missing"),
        (
            json!({"documentID": "a", "documentId": "a"}),
            "unknown argument \"documentID\" (did you mean \"documentId\"?)",
        ),
        (json!({"documentId": 7}), "documentId: "),
        (json!({"documentId": "a", "pages": [{"number": "x"}]}), "pages[0].number: "),
        (json!([1]), "takes one object of arguments, not [1]"),
    ] {
        let error = bench.call("get_document", arguments).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArguments);
        assert!(error.message.contains(said), "{}", error.message);
        assert_eq!(error.hint.as_deref(), Some("arguments: { documentId, pages? }"));
    }
    assert_eq!(bench.reached(), 0, "nothing was sent");
}

#[tokio::test]
async fn drafts_differ_and_a_broken_schema_does_not_block() {
    let bench = open();
    assert!(bench.call("old", json!({"pair": ["a", 1]})).await.is_ok());
    assert!(bench.call("old", json!({"pair": ["a", "b"]})).await.is_err(), "draft-07 tuples are checked");
    assert!(bench.call("broken_schema", json!({"a": 1})).await.is_ok());
}

#[tokio::test]
async fn a_denied_tool_is_never_reached_and_the_denial_is_recorded() {
    let mut access = Access::default();
    let rule = AccessRule { allow: Vec::new(), deny: vec!["get_*".into()] };
    access.set(ServerName::new("drive").unwrap(), rule);
    let bench = bench(Options { access, ..Options::default() }, Duration::ZERO, RunLimits::default());
    let error = bench.call("get_document", json!({"documentId": "a"})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Denied);
    assert!(error.message.contains("servers.drive.tools.deny"), "{}", error.message);
    bench.journal.flush().unwrap();
    let calls = bench.journal.calls(&bench.run.context().execution).unwrap();
    assert_eq!((bench.reached(), calls[0].decision.as_str()), (0, "deny"));
}

#[tokio::test]
async fn an_unlisted_tool_is_refused() {
    let bench = open();
    assert_eq!(bench.call("format_disk", json!({})).await.unwrap_err().code, ErrorCode::UnknownTool);
    assert_eq!(bench.reached(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_slow_call_times_out_and_its_upstream_is_let_go() {
    let options = Options { timeout: Some(Duration::from_secs(5)), ..Options::default() };
    let bench = bench(options, Duration::from_secs(60), RunLimits::default());
    let error = bench.call("get_document", json!({"documentId": "a"})).await.unwrap_err();
    assert_eq!((error.code, error.retryable), (ErrorCode::Timeout, false));
    assert_eq!(bench.upstream.dropped.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_lets_go_of_its_calls() {
    let bench = bench(Options::default(), Duration::from_secs(30), RunLimits::default());
    let (call, ()) = tokio::join!(bench.call("get_document", json!({"documentId": "a"})), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        bench.cancel.cancel();
    });
    assert_eq!(call.unwrap_err().code, ErrorCode::Cancelled);
    assert_eq!(bench.upstream.dropped.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn places_bound_what_runs_at_once_and_waiting_costs_no_time_limit() {
    let options = Options { timeout: Some(Duration::from_secs(2)), ..Options::default() };
    let bench = bench(options, Duration::from_secs(1), RunLimits { total: 100, concurrent: 4 });
    let calls = (0..40).map(|_| bench.call("get_document", json!({"documentId": "a"})));
    let outcomes = futures::future::join_all(calls).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(bench.upstream.most.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn the_call_after_the_last_allowed_one_says_which_limit_it_hit() {
    let bench = bench(Options::default(), Duration::ZERO, RunLimits { total: 2, concurrent: 4 });
    for _ in 0..2 {
        bench.call("get_document", json!({"documentId": "a"})).await.unwrap();
    }
    let error = bench.call("get_document", json!({"documentId": "a"})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::LimitExceeded);
    assert!(error.hint.unwrap().contains("sandbox.total_calls"));
    assert_eq!(bench.reached(), 2);
}
