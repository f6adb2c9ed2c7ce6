//! What happens when servers fail: retry, breaker, places, deadlines. The clock is paused.

use crate::support::{Bench, error, open};
use outboard_gateway::{CircuitOptions, CircuitState, Circuits, Options, RetryOptions};
use outboard_types::{ErrorCode, Outcome, ServerName};
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;

const NONE: Duration = Duration::ZERO;
const SECOND: Duration = Duration::from_secs(1);

fn fails(code: ErrorCode) -> (Duration, Outcome) {
    (NONE, Err(error(code)))
}

fn crm() -> ServerName {
    ServerName::new("crm").unwrap()
}

fn circuits(failures: u32) -> Circuits {
    Circuits::new(CircuitOptions { failures, cooldown: 10 * SECOND, longest: 60 * SECOND })
}

#[tokio::test(start_paused = true)]
async fn only_what_cannot_do_its_work_twice_is_sent_again() {
    use ErrorCode::{Timeout, ToolFailed, UpstreamLost, UpstreamProtocol, UpstreamUnavailable};
    for (tool, code, attempts) in [
        ("crm.read", UpstreamLost, 3),
        ("crm.read", UpstreamProtocol, 3),
        ("crm.set", Timeout, 3),
        ("crm.create", UpstreamLost, 1),
        ("crm.create", Timeout, 1),
        ("crm.create", UpstreamUnavailable, 1),
        ("crm.delete", UpstreamLost, 1),
        ("crm.read", ToolFailed, 1),
    ] {
        let bench = Bench::new(open()).plays([fails(code), fails(code), fails(code), fails(code)]);
        let failure = bench.call(tool, json!({})).await.unwrap_err();
        assert_eq!((failure.code, bench.reached()), (code, attempts), "{tool}");
        assert_eq!(failure.message.contains("after 3 attempts"), attempts == 3);
    }
}

#[tokio::test(start_paused = true)]
async fn proof_that_nothing_was_done_lets_any_tool_be_sent_again() {
    let refused = || (NONE, Err(error(ErrorCode::UpstreamUnavailable).retryable()));
    let bench = Bench::new(open()).plays([refused(), refused()]);
    assert!(bench.call("crm.create", json!({})).await.is_ok());
    assert_eq!(bench.reached(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_asks_for_a_pause_gets_it() {
    let busy = error(ErrorCode::UpstreamUnavailable).retryable().hint("429: retry after 7 s");
    let bench = Bench::new(open()).plays([(NONE, Err(busy))]);
    let began = Instant::now();
    bench.call("crm.create", json!({})).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 7);
}

#[tokio::test(start_paused = true)]
async fn no_pause_outlives_the_deadline_or_reason() {
    for (hint, limit) in [("retry after 30 s", 20 * SECOND), ("retry after 3600 s", 86_400 * SECOND)] {
        let busy = error(ErrorCode::UpstreamUnavailable).retryable().hint(hint);
        let bench = Bench::new(Options { call_timeout: limit, ..open() }).plays([(NONE, Err(busy))]);
        let began = Instant::now();
        let failure = bench.call("crm.read", json!({})).await.unwrap_err();
        assert_eq!((failure.code, began.elapsed()), (ErrorCode::UpstreamUnavailable, NONE), "it fails at once");
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_attempts_pauses_and_queues_together() {
    let options = Options { timeout: 4 * SECOND, call_timeout: 10 * SECOND, places: 1, ..open() };
    let bench = Bench::new(options).slow(60 * SECOND);
    let began = Instant::now();
    let both = tokio::join!(bench.call("crm.read", json!({})), bench.call("crm.read", json!({})));
    for outcome in [both.0, both.1] {
        assert_eq!(outcome.unwrap_err().code, ErrorCode::Timeout);
    }
    assert_eq!(began.elapsed(), 10 * SECOND);
    assert_eq!(bench.upstream.dropped.load(Ordering::SeqCst), bench.reached(), "every attempt was let go");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_given_more_time_has_it() {
    let timeouts = [(crm(), 1_800 * SECOND)].into();
    let bench = Bench::new(Options { timeouts, ..open() }).slow(1_700 * SECOND);
    bench.call("crm.create", json!({})).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_circuit_opens_lets_one_probe_through_and_closes_again() {
    let circuits = circuits(3);
    let retry = RetryOptions { attempts: 1, ..RetryOptions::default() };
    let bench = Bench::new(Options { circuits: circuits.clone(), retry, ..open() });
    let lost = || fails(ErrorCode::UpstreamLost);
    let bench = bench.plays([lost(), lost(), lost(), lost(), (SECOND, Ok(Default::default()))]);
    for _ in 0..3 {
        bench.call("crm.create", json!({})).await.unwrap_err();
    }
    assert_eq!(circuits.state(&crm()), CircuitState::Open { retry_in: 10 * SECOND });
    let refused = bench.call("crm.create", json!({})).await.unwrap_err();
    assert_eq!((refused.code, bench.reached()), (ErrorCode::CircuitOpen, 3));
    assert!(refused.retryable && refused.hint.unwrap().contains("retry after 11 s"));
    assert!(bench.call("drive.get_document", json!({"documentId": "a"})).await.is_err(), "the script's next failure");

    tokio::time::sleep(10 * SECOND).await;
    let both = tokio::join!(bench.call("crm.create", json!({})), bench.call("crm.create", json!({})));
    assert!(both.0.is_ok(), "the probe");
    assert_eq!(both.1.unwrap_err().code, ErrorCode::CircuitOpen, "no second probe at once");
    assert_eq!(circuits.state(&crm()), CircuitState::Closed);
    let view = circuits.view();
    assert_eq!((view.len(), view[0].opened, view[0].last), (2, 1, Some(ErrorCode::UpstreamLost)));
}

#[tokio::test(start_paused = true)]
async fn failed_probes_double_the_pause_and_a_dropped_one_makes_room() {
    let circuits = circuits(1);
    let retry = RetryOptions { attempts: 1, ..RetryOptions::default() };
    let bench = Bench::new(Options { circuits: circuits.clone(), retry, ..open() });
    let bench = bench.plays((0..8).map(|_| fails(ErrorCode::UpstreamProtocol)));
    let mut pauses = Vec::new();
    for _ in 0..5 {
        bench.call("crm.create", json!({})).await.unwrap_err();
        let CircuitState::Open { retry_in } = circuits.state(&crm()) else { panic!("it is not open") };
        pauses.push(retry_in.as_secs());
        tokio::time::sleep(retry_in).await;
    }
    assert_eq!(pauses, [10, 20, 40, 60, 60]);
    bench.upstream.script.lock().unwrap().clear();
    *bench.upstream.delay.lock().unwrap() = 5 * SECOND;
    let probe = bench.spawn("crm.create", json!({}));
    tokio::time::sleep(SECOND).await;
    assert_eq!(circuits.state(&crm()), CircuitState::Probing);
    probe.abort();
    assert!(probe.await.is_err());
    assert!(bench.call("crm.create", json!({})).await.is_ok(), "the next one is the probe");
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_fails_is_no_sick_server_and_success_forgives() {
    let circuits = circuits(2);
    let plays = [ErrorCode::ToolFailed, ErrorCode::ToolFailed, ErrorCode::ToolFailed, ErrorCode::UpstreamLost];
    let bench = Bench::new(Options { circuits: circuits.clone(), ..open() }).plays(plays.map(fails));
    for _ in 0..4 {
        bench.call("crm.create", json!({})).await.unwrap_err();
    }
    bench.call("crm.create", json!({})).await.unwrap();
    bench.upstream.script.lock().unwrap().push_back(fails(ErrorCode::UpstreamLost));
    bench.call("crm.create", json!({})).await.unwrap_err();
    assert_eq!(circuits.state(&crm()), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn one_slow_server_cannot_hold_the_others() {
    let bench = Bench::new(Options { places: 4, ..open() }).slow(30 * SECOND);
    let slow: Vec<_> = (0..40).map(|_| bench.spawn("crm.read", json!({}))).collect();
    tokio::time::sleep(SECOND).await;
    assert_eq!(bench.upstream.now.load(Ordering::SeqCst), 4);
    *bench.upstream.delay.lock().unwrap() = NONE;
    let began = Instant::now();
    bench.call("drive.get_document", json!({"documentId": "a"})).await.unwrap();
    assert_eq!(began.elapsed(), NONE);
    for call in slow {
        assert!(call.await.unwrap().is_ok());
    }
    assert_eq!(bench.upstream.most.load(Ordering::SeqCst), 5);
}

#[tokio::test(start_paused = true)]
async fn calls_that_queued_for_a_broken_server_do_not_try_it_one_by_one() {
    let options = Options { timeout: 10 * SECOND, places: 4, circuits: circuits(4), ..open() };
    let bench = Bench::new(options).slow(3_600 * SECOND);
    let began = Instant::now();
    let calls: Vec<_> = (0..100).map(|_| bench.spawn("crm.create", json!({}))).collect();
    let mut open = 0;
    for call in calls {
        open += usize::from(call.await.unwrap().unwrap_err().code == ErrorCode::CircuitOpen);
    }
    assert_eq!((open, bench.reached(), began.elapsed()), (96, 4, 10 * SECOND));
}
