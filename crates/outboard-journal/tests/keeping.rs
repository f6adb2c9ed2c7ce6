//! What is kept over versions, moved to another journal, summed up and forgotten.

use crate::samples::{approval, begin, call, completion, ending, execution, id, intent};
use futures::executor::block_on;
use outboard_journal::{CallsPerRun, Effect, JournalError, OnRestart, Retention, Spend, Status, memory, open};
use outboard_types::Principal;
use rusqlite::Connection;
use std::time::Duration;

#[test]
fn a_file_of_the_first_version_is_brought_up_and_keeps_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../src/schema_1.sql")).unwrap();
    old.execute_batch(&format!(
        "PRAGMA application_id = 0x4f426a6c; PRAGMA user_version = 1;
         INSERT INTO executions (id, started_ms, principal, session, language, code, generation, surface, isolation,
             owner, status) VALUES ('{}', 5, 'local', 'default', 'typescript', 'x', 1, '{}', 'none', '? ? 1 1', 'running');
         INSERT INTO calls VALUES ('{}', 1, 's', 't', '{}', 1, 1, 6, 7000, NULL, 'allow')",
        id(1), "0".repeat(64), id(1), "0".repeat(64)
    ))
    .unwrap();
    drop(old);
    let journal = open(&path).unwrap();
    let row = journal.execution(&id(1)).unwrap().unwrap();
    assert_eq!((row.status, row.durability, row.ending.unwrap().ended_ms), (Status::Failed, None, 13));
    assert_eq!(journal.calls(&id(1)).unwrap().len(), 1);
    begin(&journal, 2, OnRestart::Resume);
    journal.retain(&Retention { now_ms: u64::MAX / 4, max_age: Some(Duration::ZERO), ..Retention::default() }).unwrap();
    assert_eq!(journal.execution(&id(1)).unwrap(), None);
    assert!(journal.execution(&id(2)).unwrap().is_some(), "it is not over");
    let mode: i64 = Connection::open(&path).unwrap().query_row("PRAGMA auto_vacuum", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, 2, "it can shrink in steps from now on");
}

#[test]
fn too_many_bytes_make_the_oldest_go_and_the_file_smaller() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = open(&path).unwrap();
    for number in 1..=300 {
        begin(&journal, number, OnRestart::Fail);
        drop(journal.completion(completion(number, 1, &"x".repeat(20_000))));
        journal.end(&id(number), ending(number));
    }
    journal.flush().unwrap();
    let before = std::fs::metadata(&path).unwrap().len();
    let removed = journal.retain(&Retention { max_bytes: Some(4_000_000), ..Retention::default() }).unwrap();
    assert_eq!(removed.executions, 200, "in batches of 100");
    assert_eq!(journal.execution(&id(200)).unwrap(), None);
    assert!(journal.execution(&id(201)).unwrap().is_some());
    assert!(journal.history(&id(100)).unwrap().events.is_empty());
    assert!(std::fs::metadata(&path).unwrap().len() < before / 2);
}

#[test]
fn an_execution_moves_to_another_journal_masked() {
    let folder = tempfile::tempdir().unwrap();
    let from = open(&folder.path().join("a/journal.db")).unwrap();
    begin(&from, 1, OnRestart::Resume);
    let large = format!("\"secret {}\"", "x".repeat(100_000));
    block_on(from.intent(intent(1, 1, &large, Effect::Effectful))).unwrap();
    block_on(from.completion(completion(1, 1, "\"secret\""))).unwrap();
    block_on(from.open_approval(approval(1))).unwrap();
    from.call(call(1, 1));
    from.flush().unwrap();
    let mut file = Vec::new();
    from.export(&id(1), &|text| text.replace("secret", "*"), &mut file).unwrap();
    assert!(!String::from_utf8_lossy(&file).contains("secret"));
    let to = open(&folder.path().join("b/journal.db")).unwrap();
    assert_eq!(to.import(file.as_slice()).unwrap(), id(1));
    let history = to.history(&id(1)).unwrap();
    assert_eq!(to.load(&history.intents[0].arguments).unwrap(), large.replace("secret", "*"));
    assert_eq!(history.intents[0].key, from.history(&id(1)).unwrap().intents[0].key);
    assert_eq!((to.calls(&id(1)).unwrap(), to.approval("ap_1").unwrap()), (vec![call(1, 1)], Some(approval(1))));
    assert_eq!(to.unfinished().unwrap()[0].status, Status::Suspended);
    assert!(matches!(to.import(file.as_slice()), Err(JournalError::Refused { .. })), "it is there already");
    assert!(matches!(to.import(&file[..file.len() / 2]), Err(JournalError::Exchange { .. })));
    assert!(matches!(from.export(&id(9), &str::to_owned, &mut Vec::new()), Err(JournalError::Exchange { .. })));
}

#[test]
fn spending_and_usual_calls_are_summed() {
    let journal = memory().unwrap();
    let spend = |who: &str, at_ms| Spend {
        principal: Principal(who.into()),
        at_ms,
        server: "crm".to_owned(),
        tool: "update".to_owned(),
        micros: 5,
    };
    [spend("a", 1), spend("a", 10), spend("a", 11), spend("b", 12)].into_iter().for_each(|it| journal.record_spend(it));
    journal.begin(execution(1));
    [(1, 1), (1, 2), (1, 3), (2, 1)].into_iter().for_each(|(execution, number)| journal.call(call(execution, number)));
    journal.flush().unwrap();
    assert_eq!(journal.spent(&Principal("a".into()), 10).unwrap(), 10);
    assert_eq!(journal.spent(&Principal("c".into()), 0).unwrap(), 0);
    assert_eq!(journal.usual_calls("google-drive", "get_document").unwrap(), Some(2.0));
    assert_eq!(journal.usual_calls("google-drive", "other").unwrap(), None);
    let runs = |before| journal.calls_per_run("google-drive", "get_document", before).unwrap();
    let first_ms = call(1, 1).started_ms;
    assert_eq!(runs(u64::MAX), Some(CallsPerRun { runs: 2, mean: 2.0, most: 3, first_ms }));
    assert_eq!(runs(first_ms + 1), Some(CallsPerRun { runs: 2, mean: 1.0, most: 1, first_ms }));
    assert_eq!(runs(first_ms), None);
    let sizes = journal.past_sizes("google-drive", "get_document").unwrap().unwrap();
    assert_eq!((sizes.calls, sizes.arguments, sizes.result), (4, 2.0, 1_000.0));
    assert_eq!(journal.past_sizes("x", "y").unwrap(), None);
}

#[test]
fn a_call_that_is_made_again_has_the_row_of_the_answer_that_counts() {
    let journal = memory().unwrap();
    begin(&journal, 1, OnRestart::Resume);
    let first = call(1, 1);
    let mut again = first.clone();
    again.result_bytes += 7;
    journal.call(first);
    journal.call(again.clone());
    journal.flush().unwrap();
    assert_eq!(journal.calls(&id(1)).unwrap(), [again]);
}
