//! What is told as unusual, when it happens.

use crate::story::{begin, call, end, id};
use outboard_journal::{CallRecord, Journal, Spend, Status, memory};
use outboard_telemetry::{AlertOptions, Options, Telemetry, TreeOptions};
use outboard_types::{ErrorCode, Principal, now_ms};
use std::sync::Arc;
use std::time::Duration;

/// Runs before anybody watches: five, of two calls each.
async fn earlier(journal: &Journal) {
    for number in 1..=5 {
        run(journal, number, 2, "get_customer", 0).await;
    }
    journal.flush().unwrap();
    // What comes later has a later time.
    tokio::time::sleep(Duration::from_millis(20)).await;
}

/// A run of so many calls, the first of which fail.
async fn run(journal: &Journal, number: u64, calls: u64, tool: &str, failed: u64) {
    let id = id(number);
    begin(journal, &id).await;
    for at in 1..=calls {
        let error = (at <= failed).then_some(ErrorCode::ToolFailed);
        let record = call(&id, at, at * 1_000, at * 1_000 + 10);
        journal.call(CallRecord { tool: tool.into(), error, started_ms: now_ms(), ..record });
    }
    end(journal, &id, 50, Status::Succeeded);
}

fn watching(journal: &Journal, options: AlertOptions) -> Arc<Telemetry> {
    let telemetry = Telemetry::start(Options::default(), TreeOptions::default(), journal).unwrap();
    telemetry.alert(options, journal).unwrap();
    telemetry
}

/// Kinds and texts, oldest first.
async fn told(telemetry: &Telemetry, journal: &Journal) -> Vec<(String, String)> {
    telemetry.close(Duration::from_secs(60)).await;
    let alerts = journal.alerts(0..u64::MAX / 4, 100).unwrap();
    alerts.into_iter().rev().map(|alert| (alert.kind, alert.text)).collect()
}

#[tokio::test]
async fn many_calls_new_tools_and_errors_are_told_once_and_counted() {
    let journal = memory().unwrap();
    earlier(&journal).await;
    let telemetry = watching(&journal, AlertOptions { after: Duration::ZERO, ..AlertOptions::default() });
    run(&journal, 6, 3, "get_customer", 0).await;
    run(&journal, 7, 40, "get_customer", 0).await;
    for number in 8..=9 {
        run(&journal, number, 1, "delete_customer", 0).await;
    }
    run(&journal, 10, 20, "get_customer", 12).await;
    let told = told(&telemetry, &journal).await;
    let kinds: Vec<_> = told.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["calls_per_run", "new_tool", "error_rate"], "{told:?}");
    assert!(told[0].1.starts_with("40 calls in one run, usually "), "{told:?}");
    assert!(told[1].1.contains("crm.delete_customer"), "{told:?}");
    assert!(told[2].1.contains("of the last 20 calls of crm.get_customer"), "{told:?}");
    let text = telemetry.metrics().text();
    assert!(text.contains(r#"outboard_alerts_total{kind="new_tool"} 1"#), "{text}");
}

#[tokio::test]
async fn a_new_journal_has_no_news_and_costs_are_told_over_their_limit() {
    let journal = memory().unwrap();
    let telemetry = watching(&journal, AlertOptions { cost_day: Some(1.5), ..AlertOptions::default() });
    let spend = |micros| Spend {
        principal: Principal::default(),
        at_ms: now_ms(),
        server: "crm".into(),
        tool: "get_customer".into(),
        micros,
    };
    journal.record_spend(spend(1_000_000));
    run(&journal, 1, 1, "get_customer", 0).await;
    run(&journal, 2, 1, "get_invoice", 0).await;
    journal.record_spend(spend(1_000_000));
    run(&journal, 3, 60, "get_customer", 0).await;
    let told = told(&telemetry, &journal).await;
    assert_eq!(told, [("cost".to_owned(), "2.00 was spent today, more than 1.50".to_owned())]);
}

#[tokio::test]
async fn on_a_first_day_nothing_is_unusual_but_what_it_costs() {
    let journal = memory().unwrap();
    earlier(&journal).await;
    let young = AlertOptions { after: Duration::from_secs(1_000 * 365 * 86_400), ..AlertOptions::default() };
    let telemetry = watching(&journal, young);
    run(&journal, 6, 40, "get_customer", 0).await;
    run(&journal, 7, 1, "delete_customer", 0).await;
    run(&journal, 8, 20, "get_customer", 12).await;
    assert_eq!(told(&telemetry, &journal).await, []);
}

#[tokio::test]
async fn a_tool_without_a_past_has_no_unusual_rate() {
    let journal = memory().unwrap();
    earlier(&journal).await;
    let telemetry = watching(&journal, AlertOptions { after: Duration::ZERO, ..AlertOptions::default() });
    run(&journal, 6, 9, "find_customer", 9).await;
    run(&journal, 7, 9, "find_customer", 9).await;
    let kinds: Vec<_> = told(&telemetry, &journal).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["new_tool"]);
}
