//! Questions are answered once, from whichever process.

use crate::samples::approval;
use futures::executor::block_on;
use outboard_journal::{Answer, Answered, ApprovalFilter, ApprovalScope, ApprovalStatus, memory, open};

fn answer(by: &str, at_ms: u64) -> Answer {
    Answer {
        status: ApprovalStatus::Approved,
        scope: Some(ApprovalScope::Session),
        by: by.to_owned(),
        channel: "console".to_owned(),
        reason: None,
        at_ms,
    }
}

#[test]
fn of_many_answers_the_first_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = open(&path).unwrap();
    block_on(journal.open_approval(approval(1))).unwrap();
    let firsts: usize = std::thread::scope(|scope| {
        let answers: Vec<_> = (0..6)
            .map(|number| {
                let path = &path;
                scope.spawn(move || {
                    let other = open(path).unwrap();
                    block_on(other.answer_approval("ap_1", answer(&format!("person {number}"), 200))).unwrap()
                })
            })
            .collect();
        answers.into_iter().map(|thread| usize::from(matches!(thread.join().unwrap(), Answered::First(_)))).sum()
    });
    assert_eq!(firsts, 1);
    let record = journal.approval("ap_1").unwrap().unwrap();
    assert_eq!((record.status, record.scope), (ApprovalStatus::Approved, Some(ApprovalScope::Session)));
    let again = block_on(journal.answer_approval("ap_1", answer("late", 300))).unwrap();
    assert_eq!(again, Answered::Already(record));
}

#[test]
fn late_unknown_and_empty_answers_are_told_apart() {
    let journal = memory().unwrap();
    block_on(journal.open_approval(approval(1))).unwrap();
    block_on(journal.open_approval(approval(2))).unwrap();
    assert!(block_on(journal.open_approval(approval(2))).is_err(), "one question of an id");
    assert_eq!(block_on(journal.answer_approval("none", answer("a", 1))).unwrap(), Answered::Unknown);
    let pending = Answer { status: ApprovalStatus::Pending, ..answer("a", 1) };
    assert!(block_on(journal.answer_approval("ap_1", pending)).is_err());
    let Answered::Expired(record) = block_on(journal.answer_approval("ap_1", answer("a", 1_000))).unwrap() else {
        panic!("it came too late");
    };
    assert_eq!((record.status, record.answered_by), (ApprovalStatus::Expired, None));
    let pending = ApprovalFilter { status: Some(ApprovalStatus::Pending), ..ApprovalFilter::default() };
    assert_eq!(journal.approvals(&pending).unwrap(), [approval(2)]);
    assert_eq!(journal.approvals(&ApprovalFilter { limit: Some(1), ..ApprovalFilter::default() }).unwrap().len(), 1);
}

#[test]
fn a_change_of_another_opening_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let (here, there) = (open(&path).unwrap(), open(&path).unwrap());
    let before = here.changes().unwrap();
    assert_eq!(here.changes().unwrap(), before);
    block_on(there.open_approval(approval(1))).unwrap();
    assert_ne!(here.changes().unwrap(), before);
}
