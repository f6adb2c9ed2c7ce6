//! The desk seen from the side of those who answer.

use crate::support::{Bench, asking, asking_at, no, question, questions, yes};
use outboard_gateway::approvals::{
    Answered, ApprovalDesk, ApprovalRecord, ApprovalScope, ApprovalStatus, ApprovalStore, DeskEvent, DeskOptions,
    MemoryApprovals, StoreAnswer, StoreFuture, webhook,
};
use outboard_types::{Digest, ErrorCode, ExecutionId};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn the_first_answer_of_two_channels_counts() {
    let (options, desk) = asking();
    let bench = Bench::new(options);
    let call = bench.spawn("crm.delete", json!({}));
    let id = question(&desk).await.record.id;
    let other = desk.clone();
    let (first, second) = tokio::join!(desk.answer(&id, no("no")), other.answer(&id, yes(ApprovalScope::Once)));
    assert!(matches!(first.unwrap(), Answered::First(_)));
    let Answered::Already(record) = second.unwrap() else { panic!("both counted") };
    assert_eq!(record.status, ApprovalStatus::Denied);
    assert_eq!(call.await.unwrap().unwrap_err().code, ErrorCode::ApprovalDenied);
    assert!(matches!(desk.answer("ap_unknown", yes(ApprovalScope::Once)).await, Ok(Answered::Unknown)));
}

#[tokio::test(start_paused = true)]
async fn an_answer_from_another_process_is_noticed() {
    let store = Arc::new(MemoryApprovals::default());
    let here = ApprovalDesk::new(store.clone(), DeskOptions::default());
    let there = ApprovalDesk::new(store, DeskOptions::default());
    let bench = Bench::new(asking_at(&here));
    let call = bench.spawn("crm.delete", json!({}));
    let id = question(&here).await.record.id;
    assert_eq!(there.pending().unwrap().len(), 1);
    let began = tokio::time::Instant::now();
    there.answer(&id, yes(ApprovalScope::Once)).await.unwrap();
    call.await.unwrap().unwrap();
    assert!(began.elapsed() <= Duration::from_millis(500), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn listeners_hear_what_happens() {
    let (options, desk) = asking();
    let bench = Bench::new(options);
    let mut events = desk.subscribe();
    let call = bench.spawn("crm.delete", json!({}));
    let DeskEvent::Opened(question) = events.recv().await.unwrap() else { panic!("not opened") };
    desk.answer(&question.record.id, yes(ApprovalScope::Always)).await.unwrap();
    call.await.unwrap().unwrap();
    let DeskEvent::Closed { status, by, channel, .. } = events.recv().await.unwrap() else { panic!("not closed") };
    assert_eq!((status, by.as_deref(), channel.as_deref()), (ApprovalStatus::Approved, Some("Ada"), Some("test")));
    let DeskEvent::Always { rule, .. } = events.recv().await.unwrap() else { panic!("no rule") };
    assert!(rule.starts_with("[[policy.rules]]\ntools = [\"crm.delete\"]\naction = \"allow\"\n"), "{rule}");
    assert!(bench.call("crm.delete", json!({})).await.is_ok(), "and the session is open");
}

#[tokio::test(start_paused = true)]
async fn only_so_many_calls_may_wait() {
    let desk =
        ApprovalDesk::new(Arc::new(MemoryApprovals::default()), DeskOptions { waiting: 3, ..DeskOptions::default() });
    let bench = Bench::new(asking_at(&desk));
    let calls: Vec<_> = (0..3).map(|id| bench.spawn("crm.delete", json!({ "id": id }))).collect();
    questions(&desk, 3).await;
    let error = bench.call("crm.delete", json!({})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::LimitExceeded);
    assert!(error.hint.unwrap().contains("approvals.waiting"));
    calls.iter().for_each(|call| call.abort());
}

#[tokio::test(start_paused = true)]
async fn private_values_can_be_hidden_from_those_who_answer() {
    let options = DeskOptions {
        mask: Some(Box::new(|_, text| text.replace("a@b.example", "[EMAIL_1]"))),
        ..DeskOptions::default()
    };
    let desk = ApprovalDesk::new(Arc::new(MemoryApprovals::default()), options);
    let bench = Bench::new(asking_at(&desk));
    let call = bench.spawn("crm.delete", json!({"email": "a@b.example"}));
    let record = question(&desk).await.record;
    assert!(record.arguments.contains("[EMAIL_1]"));
    desk.answer(&record.id, yes(ApprovalScope::Once)).await.unwrap();
    call.await.unwrap().unwrap();
    assert!(bench.upstream.reached.lock().unwrap()[0].1.contains("a@b.example"), "the server gets the real value");
}

#[tokio::test(start_paused = true)]
async fn a_webhook_answer_is_about_what_was_shown() {
    let (options, desk) = asking();
    let bench = Bench::new(options);
    let call = bench.spawn("crm.delete", json!({}));
    let question = question(&desk).await;
    let sent: serde_json::Value = serde_json::from_str(&webhook::payload(&question)).unwrap();
    let answer = |digest: &serde_json::Value| {
        let answer = json!({"id": sent["approval"]["id"], "arguments_digest": digest, "approve": true, "by": "Ada"});
        webhook::read(answer.to_string().as_bytes()).unwrap().to(&question.record)
    };
    let other = json!(Digest::of("other").to_string());
    assert_eq!(answer(&other), Err(webhook::WebhookProblem::OtherArguments));
    let answer = answer(&sent["approval"]["arguments_digest"]).unwrap();
    desk.answer(&question.record.id, answer).await.unwrap();
    call.await.unwrap().unwrap();
}

/// A store that somebody has written into: what it gives back is about another call.
struct Forged(MemoryApprovals, fn(&mut ApprovalRecord));

impl ApprovalStore for Forged {
    fn open(&self, record: ApprovalRecord) -> StoreFuture<'_, ()> {
        self.0.open(record)
    }

    fn answer(&self, id: String, answer: StoreAnswer) -> StoreFuture<'_, Answered> {
        self.0.answer(id, answer)
    }

    fn get(&self, id: &str) -> Result<Option<ApprovalRecord>, String> {
        let forge = |mut record: ApprovalRecord| {
            record.status = ApprovalStatus::Approved;
            (self.1)(&mut record);
            record
        };
        Ok(self.0.get(id)?.map(forge))
    }

    fn pending(&self) -> Result<Vec<ApprovalRecord>, String> {
        self.0.pending()
    }

    fn of_call(&self, execution: &ExecutionId, call: u64) -> Result<Vec<ApprovalRecord>, String> {
        self.0.of_call(execution, call)
    }

    fn changes(&self) -> Result<u64, String> {
        Err("unknown".into())
    }
}

#[tokio::test(start_paused = true)]
async fn a_yes_to_something_else_is_no_yes() {
    let forgeries: [fn(&mut ApprovalRecord); 5] = [
        |record| record.arguments_digest = Digest::of("{}"),
        |record| record.policy_version = Digest::of("other"),
        |record| record.tool = "read".into(),
        |record| record.call += 1,
        |record| record.execution = ExecutionId::from_parts(9, 9),
    ];
    for forge in forgeries {
        let desk = ApprovalDesk::new(Arc::new(Forged(MemoryApprovals::default(), forge)), DeskOptions::default());
        let bench = Bench::new(asking_at(&desk));
        let error = bench.call("crm.delete", json!({"id": 1})).await.unwrap_err();
        assert_eq!((error.code, bench.reached()), (ErrorCode::Internal, 0));
    }
}

/// A store whose disk is full.
struct Full;

impl ApprovalStore for Full {
    fn open(&self, _: ApprovalRecord) -> StoreFuture<'_, ()> {
        Box::pin(std::future::ready(Err("disk full".to_owned())))
    }

    fn answer(&self, _: String, _: StoreAnswer) -> StoreFuture<'_, Answered> {
        Box::pin(std::future::ready(Err("disk full".to_owned())))
    }

    fn get(&self, _: &str) -> Result<Option<ApprovalRecord>, String> {
        Ok(None)
    }

    fn pending(&self) -> Result<Vec<ApprovalRecord>, String> {
        Ok(Vec::new())
    }

    fn of_call(&self, _: &ExecutionId, _: u64) -> Result<Vec<ApprovalRecord>, String> {
        Ok(Vec::new())
    }

    fn changes(&self) -> Result<u64, String> {
        Ok(0)
    }
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_asked_and_not_called() {
    let desk = ApprovalDesk::new(Arc::new(Full), DeskOptions::default());
    let bench = Bench::new(asking_at(&desk));
    let error = bench.call("crm.delete", json!({})).await.unwrap_err();
    assert_eq!((error.code, bench.reached(), desk.waiting()), (ErrorCode::Internal, 0, 0));
    assert!(error.message.contains("disk full"));
}
