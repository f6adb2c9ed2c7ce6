//! The door over a journal in a file: questions and spending outlive the process. The clock is real.

use crate::support::{Bench, asking_at, open, raw, yes};
use outboard_gateway::approvals::{ApprovalDesk, ApprovalScope, ApprovalStatus, DeskOptions, StoreAnswer};
use outboard_gateway::{Budget, BudgetPer, Money, OnExceed, Options, Price, Spending, SpendingOptions, Usual};
use outboard_journal::Journal;
use outboard_types::{ErrorCode, Principal, ToolId};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

fn journal(folder: &Path) -> Journal {
    outboard_journal::open(&folder.join("journal.db")).unwrap()
}

fn desk(journal: &Journal) -> ApprovalDesk {
    ApprovalDesk::new(Arc::new(journal.clone()), DeskOptions::default())
}

#[tokio::test]
async fn a_question_outlives_a_restart_and_its_answer_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let asked = {
        let journal = journal(folder.path());
        let desk = desk(&journal);
        let bench = Bench::new(asking_at(&desk));
        let call = bench.spawn("crm.delete", json!({"id": 1}));
        let asked = loop {
            match desk.pending().unwrap().pop() {
                Some(asked) => break asked.record,
                None => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        bench.run.suspend();
        call.abort();
        let _ = call.await;
        asked
    };
    let journal = journal(folder.path());
    let desk = desk(&journal);
    assert_eq!(desk.pending().unwrap()[0].record, asked);
    let resumed = Bench::new(asking_at(&desk));
    let (gateway, run) = (resumed.gateway.clone(), resumed.run.clone());
    let call = tokio::spawn(async move {
        let tool = ToolId::new("crm", "delete").unwrap();
        gateway.call_numbered(&run, asked.call, tool, raw(&json!({"id": 1}))).await
    });
    desk.answer(&asked.id, yes(ApprovalScope::Once)).await.unwrap();
    call.await.unwrap().unwrap();
    assert_eq!((resumed.reached(), desk.pending().unwrap().len()), (1, 0));
}

#[tokio::test]
async fn another_process_answers_through_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (journal(folder.path()), journal(folder.path()));
    let desk = desk(&here);
    let bench = Bench::new(asking_at(&desk));
    let call = bench.spawn("crm.delete", json!({}));
    while there.approvals(&Default::default()).unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let asked = there.approvals(&Default::default()).unwrap().remove(0);
    let answer = StoreAnswer {
        status: ApprovalStatus::Denied,
        scope: None,
        by: "Ada".into(),
        channel: "cli".into(),
        reason: Some("no".into()),
        at_ms: asked.created_ms + 1,
    };
    there.answer_approval(&asked.id, answer).await.unwrap();
    let outcome = tokio::time::timeout(Duration::from_secs(30), call).await.expect("it is noticed").unwrap();
    assert_eq!(outcome.unwrap_err().code, ErrorCode::ApprovalDenied);
    assert_eq!(question_count(&desk), 0);
}

fn question_count(desk: &ApprovalDesk) -> usize {
    desk.pending().unwrap().len()
}

#[tokio::test]
async fn the_day_s_spending_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = |journal: &Journal| {
        let (setting, per) = ("budgets[0]".to_owned(), BudgetPer::Day);
        let price = Price { tools: Vec::new(), per_call: Money(1_000_000), per_1k_tokens: Money(0) };
        let budget = Budget { setting, per, limit: Money(3_000_000), on_exceed: OnExceed::Deny };
        let ledger = Arc::new(journal.clone());
        let spending = SpendingOptions { prices: vec![price], budgets: vec![budget], bytes_per_token: 4, ledger };
        Options { spending, ..open() }
    };
    for expected in [2, 3, 3] {
        let journal = journal(folder.path());
        let bench = Bench::new(options(&journal));
        for _ in 0..2 {
            let _ = bench.call("crm.read", json!({})).await;
        }
        journal.flush().unwrap();
        let spent = journal.spent_today(&Principal::default()).unwrap();
        assert_eq!(spent, Money(expected * 1_000_000));
    }
}

#[tokio::test]
async fn what_is_usual_comes_from_earlier_executions() {
    let bench = Bench::new(open());
    let read = ToolId::new("crm", "read").unwrap();
    assert_eq!(Usual::calls(&bench.journal, &read), None);
    for (execution, calls) in [(2, 3), (3, 5)] {
        let run = bench.another_run(execution);
        for _ in 0..calls {
            bench.call_in(&run, "crm.read", json!({})).await.unwrap();
        }
    }
    bench.journal.flush().unwrap();
    assert_eq!(Usual::calls(&bench.journal, &read), Some(4.0));
}
