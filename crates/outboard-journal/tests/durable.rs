//! Executions that can be replayed: what is recorded, who owns it, and what a crash leaves.

use crate::samples::{begin, completion, durability, ending, execution, id, intent};
use futures::executor::block_on;
use outboard_journal::{
    Begun, Claim, Effect, Event, EventKind, FaultKind, Faults, JournalError, OnRestart, Status, Value, What, open,
    open_with_faults,
};
use outboard_types::{ErrorCode, ToolError};
use rusqlite::Connection;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

const PATH: &str = "OUTBOARD_TEST_DURABLE";

#[test]
fn a_history_reads_back_whole_with_large_values_in_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = open(&path).unwrap();
    begin(&journal, 1, OnRestart::Resume);
    let large = "ü".repeat(100_000);
    block_on(journal.intent(intent(1, 1, "{}", Effect::ReadOnly))).unwrap();
    block_on(journal.intent(intent(1, 2, &large, Effect::Effectful))).unwrap();
    block_on(journal.completion(completion(1, 1, &large))).unwrap();
    let error = ToolError::new(ErrorCode::Timeout, "late").hint("wait");
    let failed = outboard_journal::Completion { outcome: Err(error.clone()), ..completion(1, 2, "") };
    block_on(journal.completion(failed)).unwrap();
    let what = What::Noted { kind: EventKind::Timer, body: "t1".into() };
    block_on(journal.event(Event { execution: id(1), order: 3, at_ms: 9, what })).unwrap();
    let history = journal.history(&id(1)).unwrap();
    assert_eq!(history.intents[0], intent(1, 1, "{}", Effect::ReadOnly));
    assert!(matches!(history.intents[1].arguments, Value::Blob { bytes: 200_000, .. }));
    assert_eq!(journal.load(&history.intents[1].arguments).unwrap(), large);
    let What::Completed { call: 1, outcome: Ok(value) } = &history.events[0].what else { panic!("an answer") };
    assert_eq!(journal.load(value).unwrap(), large);
    assert_eq!(history.events[1].what, What::Completed { call: 2, outcome: Err(error) });
    assert_eq!(journal.events_after(&id(1), 2, 5).unwrap(), history.events[2..]);
    let row = journal.execution(&id(1)).unwrap().unwrap();
    assert_eq!(row.durability, Some(durability(None, OnRestart::Resume)));
    journal.status(&id(1), Status::WaitingApproval);
    journal.flush().unwrap();
    assert_eq!(journal.execution(&id(1)).unwrap().unwrap().status, Status::WaitingApproval);
    std::fs::remove_dir_all(folder.path().join("blobs")).unwrap();
    assert!(matches!(journal.load(&history.intents[1].arguments), Err(JournalError::Blob { .. })));
}

#[test]
fn an_idempotency_key_names_the_execution_that_has_it() {
    let journal = outboard_journal::memory().unwrap();
    let with = durability(Some("key"), OnRestart::Fail);
    let begun = |number| block_on(journal.begin_durable(execution(number), with.clone())).unwrap();
    assert_eq!(begun(1), Begun::Started);
    assert_eq!(begun(2), Begun::Exists(id(1)));
    assert_eq!(journal.execution(&id(2)).unwrap(), None);
}

#[test]
fn what_is_over_or_another_process_has_is_not_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = open(&path).unwrap();
    begin(&journal, 1, OnRestart::Resume);
    begin(&journal, 2, OnRestart::Resume);
    journal.end(&id(2), ending(2));
    journal.flush().unwrap();
    assert!(matches!(
        block_on(journal.intent(intent(2, 1, "{}", Effect::Effectful))),
        Err(JournalError::Refused { .. })
    ));
    Connection::open(&path).unwrap().execute("UPDATE executions SET owner = 'someone else'", []).unwrap();
    let refused = block_on(journal.intent(intent(1, 1, "{}", Effect::Effectful)));
    assert!(matches!(refused, Err(JournalError::Refused { .. })), "{refused:?}");
    assert_eq!(block_on(journal.claim(&id(1))).unwrap(), Claim::Ours);
    block_on(journal.intent(intent(1, 1, "{}", Effect::Effectful))).unwrap();
    assert_eq!(block_on(journal.claim(&id(2))).unwrap(), Claim::Ended);
    assert_eq!(block_on(journal.claim(&id(3))).unwrap(), Claim::Unknown);
}

/// Records one execution step by step, says each step that is durable, and is killed at the commit it is told.
#[test]
#[ignore = "not a test: the process that the others start and that ends itself"]
fn step_process() {
    let told = std::env::var(PATH).expect("started by the tests of this file");
    let [path, commit, before] = told.split('|').collect::<Vec<_>>().try_into().expect("three parts");
    let kind = if before == "before" { FaultKind::EndBefore } else { FaultKind::EndAfter };
    let faults = Faults::default().at(commit.parse().unwrap(), kind);
    let journal = open_with_faults(Path::new(path), faults).unwrap();
    begin(&journal, 1, OnRestart::Resume);
    for number in 1..=4 {
        block_on(journal.intent(intent(1, number, "{}", Effect::Effectful))).unwrap();
        writeln!(std::io::stdout(), "intent {number};").unwrap();
        block_on(journal.completion(completion(1, number, "1"))).unwrap();
        writeln!(std::io::stdout(), "answer {number};").unwrap();
    }
}

#[test]
fn killed_at_each_commit_what_was_promised_is_there_and_can_be_claimed() {
    for (commit, when) in (1..=9).flat_map(|commit| [(commit, "before"), (commit, "after")]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "durable::step_process"])
            .env(PATH, format!("{}|{commit}|{when}", path.display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = String::new();
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(!child.wait().unwrap().success(), "it ended itself");
        let promised = |word: &str| said.matches(word).count();
        let journal = open(&path).unwrap();
        let unfinished = journal.unfinished().unwrap();
        assert_eq!(unfinished.len(), usize::from(commit > 1 || when == "after"), "{commit} {when}");
        if unfinished.is_empty() {
            continue;
        }
        let history = journal.history(&id(1)).unwrap();
        let committed = if when == "after" { commit } else { commit - 1 } as usize;
        assert_eq!(history.intents.len() + history.events.len(), committed - 1, "{commit} {when}");
        assert!(history.intents.len() >= promised("intent "));
        assert!(history.events.len() >= promised("answer "));
        assert_eq!(block_on(journal.claim(&id(1))).unwrap(), Claim::Ours);
        assert!(journal.unfinished().unwrap().is_empty());
    }
}

#[test]
fn a_process_whose_execution_was_taken_over_writes_nothing_about_it_any_more() {
    let platter = outboard_journal::Platter::new().unwrap();
    let (first, mut its_disk) = platter.open(1).unwrap();
    let begun = written(&mut its_disk, first.begin_durable(execution(1), durability(None, OnRestart::Resume)));
    assert_eq!(begun.unwrap(), Begun::Started);
    let (second, mut disk) = platter.open(2).unwrap();
    assert_eq!(second.unfinished().unwrap().len(), 1, "other processes count as gone");
    assert_eq!(written(&mut disk, second.claim(&id(1))).unwrap(), Claim::Ours);
    let late = (first.intent(intent(1, 1, "{}", Effect::Effectful)), first.completion(completion(1, 1, "\"late\"")));
    its_disk.write(9);
    for refused in [block_on(late.0), block_on(late.1)] {
        assert!(matches!(refused, Err(JournalError::Refused { .. })), "{refused:?}");
    }
    first.end(&id(1), ending(1));
    its_disk.write(9);
    assert!(second.history(&id(1)).unwrap().intents.is_empty());
    assert!(second.execution(&id(1)).unwrap().unwrap().ending.is_none(), "it did not end it either");
}

/// Waits for an answer while its disk writes.
fn written<T: Send>(disk: &mut outboard_journal::Disk, answer: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| {
        let answer = scope.spawn(|| block_on(answer));
        while !answer.is_finished() {
            disk.write(9);
            std::thread::yield_now();
        }
        answer.join().unwrap()
    })
}
