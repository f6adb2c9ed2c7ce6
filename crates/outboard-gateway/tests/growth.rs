//! Nothing is kept of calls that are over.

use crate::support::{Bench, asking, yes};
use outboard_gateway::approvals::{ApprovalScope, DeskEvent};
use outboard_gateway::{Options, Per, Price, QuotaRule, SpendingOptions};
use serde_json::json;
use std::sync::Arc;

#[tokio::test]
async fn ten_thousand_calls_leave_nothing_behind() {
    let (options, desk) = asking();
    let quotas = vec![QuotaRule { concurrent: Some(50), calls: Some(1_000_000), ..QuotaRule::new("q", Per::Tool) }];
    let spending = SpendingOptions { prices: vec![Price::default()], ..SpendingOptions::default() };
    let bench = Bench::new(Options { quotas, spending, ..options });
    let (mut events, answering) = (desk.subscribe(), desk.clone());
    let answers = tokio::spawn(async move {
        while let Ok(event) = events.recv().await {
            if let DeskEvent::Opened(question) = event {
                answering.answer(&question.record.id, yes(ApprovalScope::Once)).await.unwrap();
            }
        }
    });
    for number in 0..10_000_u64 {
        let tool = if number % 10 == 0 { "crm.delete" } else { "crm.read" };
        bench.call(tool, json!({ "number": number })).await.unwrap();
    }
    assert_eq!((bench.reached(), desk.waiting()), (10_000, 0));
    assert_eq!(Arc::strong_count(&bench.run), 1, "no request, grant or reservation lives on");
    assert!(desk.pending().unwrap().is_empty());
    answers.abort();
}
