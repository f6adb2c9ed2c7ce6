//! What programs keep for later ones.

use crate::samples::{begin, ending, execution, id};
use futures::executor::block_on;
use outboard_journal::{Journal, OnRestart, StateAnswer, StateChange, StateLimits, StateScope, memory, open};
use outboard_types::{Principal, SessionName};
use rusqlite::Connection;

fn scope(session: &str) -> StateScope {
    StateScope { principal: Principal::default(), session: SessionName::new(session).unwrap() }
}

fn set(key: &str, value: &str, over: Option<u64>) -> StateChange {
    StateChange::Set { key: key.to_owned(), value: value.to_owned(), over }
}

fn change(journal: &Journal, call: u64, change: StateChange) -> StateAnswer {
    let limits = StateLimits { value_bytes: 20, keys: 3, bytes: 36 };
    block_on(journal.change_state((&id(1), call), &scope("default"), change, limits, 7)).unwrap()
}

fn value(journal: &Journal, key: &str) -> Option<String> {
    journal.state(&scope("default"), key).unwrap().map(|entry| entry.value)
}

#[test]
fn the_same_call_changes_once_and_is_answered_the_same() {
    let journal = memory().unwrap();
    begin(&journal, 1, OnRestart::Resume);
    assert_eq!(change(&journal, 1, set("n", "1", Some(0))), StateAnswer::Kept);
    assert_eq!(change(&journal, 2, set("n", "2", Some(0))), StateAnswer::Outdated);
    let version = journal.state(&scope("default"), "n").unwrap().unwrap().version;
    assert_eq!(change(&journal, 3, set("n", "3", Some(version))), StateAnswer::Kept);
    assert_eq!(change(&journal, 1, set("n", "1", Some(0))), StateAnswer::Kept, "as before");
    assert_eq!(value(&journal, "n").as_deref(), Some("3"), "and nothing was changed");
    let delete = || StateChange::Delete { key: "n".to_owned() };
    assert_eq!(change(&journal, 4, delete()), StateAnswer::Deleted(true));
    assert_eq!(change(&journal, 4, delete()), StateAnswer::Deleted(true), "as before");
    assert_eq!(change(&journal, 5, delete()), StateAnswer::Deleted(false));
    assert_eq!(change(&journal, 6, set("n", "9", None)), StateAnswer::Kept);
    let again = journal.state(&scope("default"), "n").unwrap().unwrap().version;
    assert!(again > version + 1, "a version is never given out twice");
}

#[test]
fn limits_have_names_and_sessions_are_apart() {
    let journal = memory().unwrap();
    begin(&journal, 1, OnRestart::Resume);
    assert_eq!(change(&journal, 1, set("a", &"x".repeat(21), None)), StateAnswer::ValueTooLarge);
    for (call, key) in [(2, "a_1"), (3, "a%"), (4, "b")] {
        assert_eq!(change(&journal, call, set(key, "\"12345678\"", None)), StateAnswer::Kept);
    }
    assert_eq!(change(&journal, 5, set("c", "1", None)), StateAnswer::TooManyKeys);
    assert_eq!(change(&journal, 6, set("b", "\"123456789\"", None)), StateAnswer::Full);
    assert_eq!(change(&journal, 7, set("b", "\"87654321\"", None)), StateAnswer::Kept, "what it replaces makes room");
    let keys = |session: &str, prefix: &str| journal.state_keys(&scope(session), prefix).unwrap();
    assert_eq!(keys("default", ""), ["a%", "a_1", "b"]);
    assert_eq!((keys("default", "a%"), keys("default", "A")), (vec!["a%".to_owned()], vec![]));
    assert_eq!(keys("other", ""), Vec::<String>::new());
    assert_eq!(
        (journal.forget_state(&scope("other")).unwrap(), journal.forget_state(&scope("default")).unwrap()),
        (0, 3)
    );
}

#[test]
fn state_of_sessions_that_nobody_uses_is_forgotten() {
    let journal = memory().unwrap();
    begin(&journal, 1, OnRestart::Resume);
    change(&journal, 1, set("old", "1", None));
    assert_eq!(journal.forget_idle_state(u64::MAX / 4).unwrap(), 0, "its execution is not over");
    journal.end(&id(1), ending(2));
    journal.flush().unwrap();
    let used = journal.sessions_since(1_700_000_000_000).unwrap();
    assert_eq!(used, [(Principal::default(), SessionName::default())]);
    assert_eq!((journal.sessions_since(u64::MAX / 4).unwrap(), journal.forget_idle_state(7).unwrap()), (vec![], 0));
    assert_eq!(journal.forget_idle_state(u64::MAX / 4).unwrap(), 1);
}

#[test]
fn only_whose_execution_it_is_may_change_and_the_end_takes_the_answers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = open(&path).unwrap();
    journal.begin(execution(1));
    assert_eq!(change(&journal, 1, set("k", "1", None)), StateAnswer::Kept);
    journal.end(&id(1), ending(2));
    let late = journal.change_state((&id(1), 2), &scope("default"), set("k", "2", None), StateLimits::default(), 9);
    assert!(block_on(late).is_err(), "it is over");
    assert_eq!(value(&journal, "k").as_deref(), Some("1"));
    let count = |table: &str| {
        let text = format!("SELECT count(*) FROM {table}");
        Connection::open(&path).unwrap().query_row(&text, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!((count("state"), count("state_changes")), (1, 0));
}
