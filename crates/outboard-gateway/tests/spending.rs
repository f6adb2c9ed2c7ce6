//! Money and programs that run wild.

use crate::support::{Bench, asking, error, no, open, question, yes};
use outboard_gateway::approvals::{ApprovalScope, DeskEvent};
use outboard_gateway::{
    Budget, BudgetPer, ForgottenSpending, Money, OnExceed, Options, Price, RunawayOptions, Spending, SpendingOptions,
    Usual,
};
use outboard_types::{ErrorCode, Principal, ToolId, ToolResult};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

fn money(units: f64) -> Money {
    Money::from_units(units).unwrap()
}

fn budget(per: BudgetPer, limit: f64, on_exceed: OnExceed) -> SpendingOptions {
    let price = Price { tools: vec!["crm.*".into()], per_call: money(1.0), per_1k_tokens: Money::default() };
    let budget = Budget { setting: "budgets[0] (outboard.toml:9)".into(), per, limit: money(limit), on_exceed };
    SpendingOptions { prices: vec![price], budgets: vec![budget], ..SpendingOptions::default() }
}

#[tokio::test]
async fn a_call_over_the_budget_is_refused_and_free_tools_go_on() {
    let spending = budget(BudgetPer::Execution, 2.5, OnExceed::Deny);
    let bench = Bench::new(Options { spending, ..open() });
    bench.call("crm.read", json!({})).await.unwrap();
    bench.call("crm.read", json!({})).await.unwrap();
    let error = bench.call("crm.read", json!({})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::BudgetExceeded);
    assert!(error.message.contains("budget of 2.50 per execution is used up: 2.00 are spent"), "{}", error.message);
    assert!(error.hint.unwrap().contains("budgets[0] (outboard.toml:9)"));
    bench.call("drive.old", json!({})).await.unwrap();
    assert!(bench.call_in(&bench.another_run(2), "crm.read", json!({})).await.is_ok(), "each execution has its own");
}

#[tokio::test(start_paused = true)]
async fn calls_at_the_same_time_do_not_spend_the_same_money() {
    let spending = budget(BudgetPer::Day, 10.0, OnExceed::Deny);
    let ledger = spending.ledger.clone();
    let bench = Bench::new(Options { spending, ..open() }).slow(Duration::from_secs(1));
    let calls: Vec<_> = (0..100).map(|_| bench.spawn("crm.create", json!({}))).collect();
    let mut done = 0;
    for call in calls {
        done += usize::from(call.await.unwrap().is_ok());
    }
    assert_eq!((done, ledger.spent_today(&Principal::default())), (10, Ok(money(10.0))));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_never_left_costs_nothing_and_one_that_was_lost_costs() {
    let ledger = Arc::new(ForgottenSpending::default());
    let spending = SpendingOptions { ledger: ledger.clone(), ..budget(BudgetPer::Day, 10.0, OnExceed::Deny) };
    let plays = [ErrorCode::UpstreamUnavailable, ErrorCode::UpstreamLost, ErrorCode::ToolFailed];
    let plays = plays.map(|code| (Duration::ZERO, Err(error(code))));
    let bench = Bench::new(Options { spending, ..open() }).plays(plays);
    for expected in [0.0, 1.0, 2.0] {
        bench.call("crm.create", json!({})).await.unwrap_err();
        assert_eq!(ledger.spent_today(&Principal::default()), Ok(money(expected)));
    }
    *bench.upstream.delay.lock().unwrap() = Duration::from_secs(5);
    let call = bench.spawn("crm.create", json!({}));
    tokio::time::sleep(Duration::from_secs(1)).await;
    call.abort();
    let _ = call.await;
    assert_eq!(ledger.spent_today(&Principal::default()), Ok(money(3.0)), "nobody knows what the server did");
}

#[tokio::test]
async fn tokens_of_the_answer_are_paid_for_too() {
    let mut spending = budget(BudgetPer::Day, 10.0, OnExceed::Deny);
    spending.prices[0] = Price { tools: Vec::new(), per_call: Money::default(), per_1k_tokens: money(1.0) };
    let ledger = spending.ledger.clone();
    let long = ToolResult::text(&"x".repeat(40_000));
    let bench = Bench::new(Options { spending, ..open() }).plays([(Duration::ZERO, Ok(long))]);
    bench.call("crm.read", json!({})).await.unwrap();
    let spent = ledger.spent_today(&Principal::default()).unwrap();
    assert!(spent >= money(10.0) && spent < money(10.1), "{spent}");
    assert_eq!(bench.call("crm.read", json!({})).await.unwrap_err().code, ErrorCode::BudgetExceeded);
}

struct Broken;

impl Spending for Broken {
    fn spent_today(&self, _: &Principal) -> Result<Money, String> {
        Err("disk".into())
    }

    fn record(&self, _: &Principal, _: &ToolId, _: Money) {}
}

#[tokio::test]
async fn a_ledger_that_cannot_be_read_stops_what_costs() {
    let spending = SpendingOptions { ledger: Arc::new(Broken), ..budget(BudgetPer::Day, 10.0, OnExceed::Ask) };
    let bench = Bench::new(Options { spending, ..open() });
    assert_eq!(bench.call("crm.read", json!({})).await.unwrap_err().code, ErrorCode::BudgetExceeded);
    bench.call("drive.old", json!({})).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_budget_can_ask_and_the_question_names_it() {
    let (options, desk) = asking();
    let spending = budget(BudgetPer::Execution, 1.0, OnExceed::Ask);
    let bench = Bench::new(Options { spending, ..options });
    bench.call("crm.read", json!({})).await.unwrap();
    let call = bench.spawn("crm.read", json!({}));
    let asked = question(&desk).await.record;
    assert_eq!(asked.rule, "budgets[0] (outboard.toml:9)");
    assert!(asked.reason.unwrap().contains("budget of 1.00 per execution"));
    desk.answer(&asked.id, yes(ApprovalScope::Execution)).await.unwrap();
    call.await.unwrap().unwrap();
    bench.call("crm.read", json!({})).await.unwrap();
    let both = bench.spawn("crm.delete", json!({}));
    let asked = question(&desk).await.record;
    assert_eq!(asked.rule, "rules asking and budgets[0] (outboard.toml:9)", "one question for both");
    desk.answer(&asked.id, no("enough")).await.unwrap();
    assert_eq!(both.await.unwrap().unwrap_err().code, ErrorCode::ApprovalDenied);
}

struct UsuallyTwo;

impl Usual for UsuallyTwo {
    fn calls(&self, tool: &ToolId) -> Option<f64> {
        (tool.tool.as_str() == "read").then_some(2.0)
    }
}

#[tokio::test(start_paused = true)]
async fn a_program_that_runs_wild_is_reported_once_and_asked_about() {
    let (options, desk) = asking();
    let usual = Arc::new(UsuallyTwo);
    let runaway = RunawayOptions { calls: 200, factor: 10.0, least: 5, ask: true, usual, ..RunawayOptions::default() };
    let bench = Bench::new(Options { runaway, ..options });
    let mut events = desk.subscribe();
    for _ in 0..20 {
        bench.call("crm.read", json!({})).await.unwrap();
    }
    assert!(events.try_recv().is_err(), "as usual so far");
    let call = bench.spawn("crm.read", json!({}));
    let asked = question(&desk).await.record;
    assert!(
        matches!(events.try_recv().unwrap(), DeskEvent::Alert { message } if message.contains("more than 20 times"))
    );
    let reason = asked.reason.unwrap();
    assert!(reason.contains("more than 20 times, far more often than usual; 20 times in all so far"), "{reason}");
    desk.answer(&asked.id, yes(ApprovalScope::Execution)).await.unwrap();
    call.await.unwrap().unwrap();
    for _ in 0..50 {
        bench.call("crm.read", json!({})).await.unwrap();
    }
    let alerts = std::iter::from_fn(|| events.try_recv().ok()).filter(|event| matches!(event, DeskEvent::Alert { .. }));
    assert_eq!(alerts.count(), 0, "once is enough");
}

/// What a desk tells of while a program makes these calls.
async fn told(runaway: RunawayOptions, calls: impl Iterator<Item = serde_json::Value>) -> Vec<Arc<str>> {
    let (options, desk) = asking();
    let bench = Bench::new(Options { runaway, ..options });
    let mut events = desk.subscribe();
    for arguments in calls {
        bench.call("crm.read", arguments).await.unwrap();
    }
    let alert = |event| if let DeskEvent::Alert { message } = event { Some(message) } else { None };
    std::iter::from_fn(|| events.try_recv().ok()).filter_map(alert).collect()
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_rows_is_no_runaway_and_a_loop_without_progress_is() {
    let row = |number: u64| json!({"id": number.to_string()});
    assert!(told(RunawayOptions::default(), (0..1_000).map(row)).await.is_empty(), "each row once, on a first day");
    for different in [1, 7] {
        let around = (0..1_000).map(|number| row(number % different));
        let alerts = told(RunawayOptions { repeats: 100, ..RunawayOptions::default() }, around).await;
        assert_eq!(alerts.len(), 1, "once is enough: {alerts:?}");
        assert!(alerts[0].contains("more than 100 times with the same arguments"), "{alerts:?}");
    }
    let far = RunawayOptions { usual: Arc::new(UsuallyTwo), ..RunawayOptions::default() };
    assert!(told(far.clone(), (0..50).map(row)).await.is_empty());
    assert_eq!(told(far.clone(), (0..51).map(row)).await.len(), 1, "far above what is usual");
    assert!(told(RunawayOptions { calls: 0, ..far }, (0..300).map(|_| row(1))).await.is_empty(), "turned off");
}
