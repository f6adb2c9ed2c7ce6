//! Limits by rule: each says which it is and how to raise it. The clock is paused.

use crate::support::{Bench, open};
use outboard_gateway::{Options, Per, QuotaRule, Rate};
use outboard_types::ErrorCode;
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

fn rule(per: Per) -> QuotaRule {
    QuotaRule::new("quotas[0] (outboard.toml:7)", per)
}

fn bench(quotas: Vec<QuotaRule>) -> Bench {
    Bench::new(Options { quotas, ..open() })
}

#[tokio::test(start_paused = true)]
async fn calls_are_counted_per_tool_and_window() {
    let bench = bench(vec![QuotaRule { calls: Some(2), window: Some(60 * SECOND), ..rule(Per::Tool) }]);
    for _ in 0..2 {
        bench.call("crm.read", json!({})).await.unwrap();
    }
    let error = bench.call("crm.read", json!({})).await.unwrap_err();
    assert_eq!((error.code, error.retryable), (ErrorCode::LimitExceeded, true));
    assert!(error.message.contains("2 calls per tool within 60s"), "{}", error.message);
    assert!(error.hint.unwrap().contains("raise quotas[0] (outboard.toml:7).calls"));
    bench.call("crm.set", json!({})).await.unwrap();
    tokio::time::sleep(60 * SECOND).await;
    bench.call("crm.read", json!({})).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_is_counted_together_is_the_rule_s_choice() {
    for (per, same_run, other_run) in [(Per::Execution, false, true), (Per::Session, false, false)] {
        let bench = bench(vec![QuotaRule { calls: Some(1), ..rule(per) }]);
        bench.call("crm.read", json!({})).await.unwrap();
        assert_eq!(bench.call("drive.old", json!({})).await.is_ok(), same_run, "{per:?}");
        let another = bench.another_run(2);
        assert_eq!(bench.call_in(&another, "crm.read", json!({})).await.is_ok(), other_run, "{per:?}");
    }
    let bench = bench(vec![QuotaRule { calls: Some(1), tools: vec!["crm.*".into()], ..rule(Per::Server) }]);
    bench.call("drive.old", json!({})).await.unwrap();
    bench.call("drive.old", json!({})).await.unwrap();
    bench.call("crm.read", json!({})).await.unwrap();
    assert!(bench.call("crm.set", json!({})).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_rate_makes_calls_take_turns_and_refuses_what_would_wait_too_long() {
    let rate = Rate { per_second: 2.0, burst: 1, patience: 3 * SECOND };
    let bench = bench(vec![QuotaRule { rate: Some(rate), ..rule(Per::Server) }]);
    let began = Instant::now();
    let calls: Vec<_> = (0..10).map(|_| bench.spawn("crm.read", json!({}))).collect();
    let (mut done, mut refused) = (0, 0);
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => done += 1,
            Err(error) => {
                assert_eq!((error.code, error.retryable), (ErrorCode::RateLimited, true));
                refused += 1;
            }
        }
    }
    assert_eq!((done, refused, began.elapsed()), (7, 3, 3 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn places_of_a_rule_bound_what_runs_at_once() {
    let bench = bench(vec![QuotaRule { concurrent: Some(3), ..rule(Per::Principal) }]).slow(SECOND);
    let calls: Vec<_> = (0..30).map(|_| bench.spawn("crm.read", json!({}))).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(bench.upstream.most.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn bytes_of_arguments_and_answers_count() {
    let bench = bench(vec![QuotaRule { bytes: Some(1_000), ..rule(Per::Execution) }]);
    bench.call("crm.read", json!({"text": "x".repeat(600)})).await.unwrap();
    let error = bench.call("crm.read", json!({})).await.unwrap_err();
    assert_eq!((error.code, error.retryable), (ErrorCode::LimitExceeded, false));
    assert!(error.message.contains("1000 bytes per execution"), "{}", error.message);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_one_rule_refuses_does_not_count_for_the_others() {
    let wide = QuotaRule { calls: Some(3), ..rule(Per::Server) };
    let narrow = QuotaRule { calls: Some(1), tools: vec!["crm.set".into()], ..rule(Per::Tool) };
    let bench = bench(vec![wide, narrow]);
    for _ in 0..5 {
        let _ = bench.call("crm.set", json!({})).await;
    }
    bench.call("crm.read", json!({})).await.unwrap();
    bench.call("crm.read", json!({})).await.unwrap();
    assert!(bench.call("crm.read", json!({})).await.is_err(), "three were let through");
}
