//! Calls that wait for a person, seen from the program's side.

use crate::support::{Bench, By, ask_about_deletes, asking, asking_at, no, question, questions, yes};
use outboard_gateway::approvals::{ApprovalDesk, ApprovalScope, ApprovalStatus, DeskOptions, MemoryApprovals};
use outboard_gateway::{Action, Options, Rulebook};
use outboard_types::ErrorCode;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_yes_lets_exactly_the_shown_call_pass() {
    let (options, desk) = asking();
    let bench = Bench::new(options);
    let call = bench.spawn("crm.delete", json!({"id": "42\u{202e}", "note": "gone"}));
    let question = question(&desk).await;
    let record = &question.record;
    assert_eq!((record.server.as_str(), record.tool.as_str(), question.similar), ("crm", "delete", 0));
    assert!(record.arguments.contains("\"id\": \"42\\u202e\""), "{}", record.arguments);
    let reason = record.reason.as_deref().unwrap();
    assert_eq!(reason, "because · declared destructive; the server says: Deletes a record for ever.");
    assert_eq!((bench.reached(), *bench.run.waiting_approval().borrow()), (0, 1));
    desk.answer(&record.id, yes(ApprovalScope::Once)).await.unwrap();
    call.await.unwrap().unwrap();
    assert_eq!((bench.reached(), *bench.run.waiting_approval().borrow()), (1, 0));
    let again = bench.spawn("crm.delete", json!({"id": "42\u{202e}", "note": "gone"}));
    self::question(&desk).await;
    again.abort();
}

#[tokio::test(start_paused = true)]
async fn a_no_reaches_the_program_with_its_reason() {
    let (options, desk) = asking();
    let bench = Bench::new(options);
    let call = bench.spawn("crm.delete", json!({}));
    desk.answer(&question(&desk).await.record.id, no("it is\u{1b}[31m a customer")).await.unwrap();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!((error.code, bench.reached()), (ErrorCode::ApprovalDenied, 0));
    assert_eq!(error.message, "Ada did not allow crm.delete: it is\\u001b[31m a customer");
}

#[tokio::test(start_paused = true)]
async fn silence_is_a_no() {
    let (options, desk) = asking();
    let bench = Bench::new(options);
    let began = Instant::now();
    let call = bench.spawn("crm.delete", json!({}));
    let id = question(&desk).await.record.id;
    let error = call.await.unwrap().unwrap_err();
    assert_eq!((error.code, bench.reached()), (ErrorCode::ApprovalExpired, 0));
    assert_eq!(began.elapsed().as_secs(), 600);
    assert!(error.message.contains("600s"), "{}", error.message);
    assert_eq!(desk.get(&id).unwrap().unwrap().record.status, ApprovalStatus::Expired);
}

#[tokio::test]
async fn without_a_desk_a_call_that_needs_a_yes_is_refused() {
    let bench = Bench::new(Options::new(Rulebook::new(By("asking", ask_about_deletes))));
    let error = bench.call("crm.delete", json!({})).await.unwrap_err();
    assert_eq!((error.code, bench.reached()), (ErrorCode::ApprovalDenied, 0));
    assert!(error.hint.unwrap().contains("outboard serve"));
}

#[tokio::test(start_paused = true)]
async fn scopes_reach_as_far_as_they_say() {
    for (scope, same_run, other_run) in [
        (ApprovalScope::Once, false, false),
        (ApprovalScope::Execution, true, false),
        (ApprovalScope::Session, true, true),
    ] {
        let (options, desk) = asking();
        let bench = Bench::new(options);
        let call = bench.spawn("crm.delete", json!({"id": 1}));
        desk.answer(&question(&desk).await.record.id, yes(scope)).await.unwrap();
        call.await.unwrap().unwrap();
        for (run, covered) in [(bench.run.clone(), same_run), (bench.another_run(2), other_run)] {
            let call = bench.spawn_in(&run, "crm.delete", json!({"id": 2}));
            if covered {
                call.await.unwrap().unwrap();
            } else {
                question(&desk).await;
                call.abort();
                let _ = call.await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_yes_for_the_execution_frees_the_calls_that_wait_with_it() {
    let (options, desk) = asking();
    let bench = Bench::new(options);
    let calls: Vec<_> = (0..20).map(|id| bench.spawn("crm.delete", json!({ "id": id }))).collect();
    let asked = questions(&desk, 20).await;
    assert_eq!((asked[0].similar, *bench.run.waiting_approval().borrow()), (19, 20));
    desk.answer(&asked[7].record.id, yes(ApprovalScope::Execution)).await.unwrap();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let other = desk.get(&asked[3].record.id).unwrap().unwrap().record;
    assert_eq!((other.status, other.scope), (ApprovalStatus::Approved, Some(ApprovalScope::Once)));
    assert_eq!(other.channel.unwrap(), format!("scope of {}", asked[7].record.id));
}

#[tokio::test(start_paused = true)]
async fn two_hundred_calls_with_ten_asked_in_any_order_give_the_same_results() {
    let text = |outcome: outboard_types::Outcome| outcome.unwrap().content.unwrap().get().to_owned();
    let calls: Vec<(&str, Value)> =
        (0..200).map(|id| (if id % 20 == 7 { "crm.delete" } else { "crm.create" }, json!({ "id": id }))).collect();
    let plain = Bench::new(crate::support::open());
    let mut expected = Vec::new();
    for (tool, arguments) in &calls {
        expected.push(text(plain.call(tool, arguments.clone()).await));
    }
    let (options, desk) = asking();
    let bench = Bench::new(options).slow(SECOND);
    let under_way: Vec<_> = calls.iter().map(|(tool, arguments)| bench.spawn(tool, arguments.clone())).collect();
    let mut asked = questions(&desk, 10).await;
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!(bench.reached(), 190, "the others did not wait");
    while !asked.is_empty() {
        let at = (std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0) % asked.len() as u64) as usize;
        desk.answer(&asked.swap_remove(at).record.id, yes(ApprovalScope::Once)).await.unwrap();
        tokio::time::sleep(SECOND).await;
    }
    let mut results = Vec::new();
    for call in under_way {
        results.push(text(call.await.unwrap()));
    }
    assert_eq!(results, expected);
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_changes_meanwhile_decides_anew() {
    for (name, rule, outcome) in [
        ("open", (|_| Action::Allow) as fn(&outboard_gateway::Request) -> Action, None),
        ("closed", |_| Action::Deny, Some(ErrorCode::Denied)),
    ] {
        let (options, desk) = asking();
        let rulebook = options.rulebook.clone();
        let bench = Bench::new(options);
        let call = bench.spawn("crm.delete", json!({}));
        let first = question(&desk).await.record.id;
        rulebook.replace(By("asking more", ask_about_deletes));
        let second = loop {
            let record = question(&desk).await.record;
            if record.id != first {
                break record.id;
            }
            tokio::task::yield_now().await;
        };
        let late = desk.answer(&first, yes(ApprovalScope::Once)).await.unwrap();
        assert!(matches!(late, outboard_gateway::approvals::Answered::Already(_)), "{late:?}");
        assert_eq!(bench.reached(), 0, "a yes under the old policy is none under the new one");
        rulebook.replace(By(name, rule));
        assert_eq!(call.await.unwrap().err().map(|error| error.code), outcome);
        assert_eq!(bench.reached(), usize::from(outcome.is_none()));
        tokio::task::yield_now().await;
        assert_eq!(desk.get(&second).unwrap().unwrap().record.status, ApprovalStatus::Withdrawn);
    }
}

#[tokio::test(start_paused = true)]
async fn a_grant_ends_with_the_policy_it_was_given_under() {
    let (options, desk) = asking();
    let rulebook = options.rulebook.clone();
    let bench = Bench::new(options);
    let call = bench.spawn("crm.delete", json!({}));
    desk.answer(&question(&desk).await.record.id, yes(ApprovalScope::Session)).await.unwrap();
    call.await.unwrap().unwrap();
    rulebook.replace(By("asking more", ask_about_deletes));
    let call = bench.spawn("crm.delete", json!({}));
    question(&desk).await;
    call.abort();
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_takes_its_questions_back() {
    let (options, desk) = asking();
    let bench = Bench::new(options);
    let call = bench.spawn("crm.delete", json!({}));
    let id = question(&desk).await.record.id;
    bench.cancel.cancel();
    assert_eq!(call.await.unwrap().unwrap_err().code, ErrorCode::Cancelled);
    tokio::task::yield_now().await;
    assert_eq!((desk.waiting(), *bench.run.waiting_approval().borrow()), (0, 0));
    assert_eq!(desk.get(&id).unwrap().unwrap().record.status, ApprovalStatus::Withdrawn);
}

#[tokio::test(start_paused = true)]
async fn a_suspended_run_leaves_its_questions_open_and_a_resumed_one_finds_the_answer() {
    let store = Arc::new(MemoryApprovals::default());
    let before = ApprovalDesk::new(store.clone(), DeskOptions::default());
    let bench = Bench::new(asking_at(&before));
    let calls = [bench.spawn("crm.delete", json!({"id": 1})), bench.spawn("crm.delete", json!({"id": 2}))];
    let asked = questions(&before, 2).await;
    bench.run.suspend();
    for call in calls {
        call.abort();
        let _ = call.await;
    }
    assert_eq!(before.pending().unwrap().len(), 2);

    // Another process: the first question was answered while nothing ran, the second is still open.
    let after = ApprovalDesk::new(store, DeskOptions::default());
    let one = asked.iter().find(|question| question.record.arguments.contains(": 1")).unwrap();
    after.answer(&one.record.id, yes(ApprovalScope::Once)).await.unwrap();
    let resumed = Bench::new(asking_at(&after));
    let call = |number, id: u64| {
        let (gateway, run) = (resumed.gateway.clone(), resumed.run.clone());
        let tool = outboard_types::ToolId::new("crm", "delete").unwrap();
        tokio::spawn(async move {
            gateway.call_numbered(&run, number, tool, crate::support::raw(&json!({ "id": id }))).await
        })
    };
    call(one.record.call, 1).await.unwrap().unwrap();
    let two = asked.iter().find(|question| question.record.id != one.record.id).unwrap();
    let waiting = call(two.record.call, 2);
    assert_eq!(questions(&after, 1).await[0].record.id, two.record.id, "no second question");
    after.answer(&two.record.id, yes(ApprovalScope::Once)).await.unwrap();
    waiting.await.unwrap().unwrap();
    let other = call(one.record.call, 99);
    let asked = question(&after).await.record;
    assert!(asked.arguments.contains("99"), "other arguments are another question");
    other.abort();
}
