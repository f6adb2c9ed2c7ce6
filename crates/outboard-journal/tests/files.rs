//! Files that are something else, and what is kept between openings.

use crate::samples::{call, ending, execution, id};
use outboard_journal::{JournalError, Status, open};
use rusqlite::Connection;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

#[test]
fn records_outlive_the_handle_even_without_a_flush() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = open(&path).unwrap();
    journal.begin(execution(1));
    journal.call(call(1, 1));
    journal.end(&id(1), ending(1));
    drop(journal);
    let journal = open(&path).unwrap();
    assert_eq!(journal.execution(&id(1)).unwrap().unwrap().ending, Some(ending(1)));
    assert_eq!(journal.calls(&id(1)).unwrap(), [call(1, 1)]);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "programs and inputs are nobody else's business");
}

#[test]
fn another_kind_of_file_is_refused_at_once_and_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let text = "these are notes, not a database\n".repeat(200);
    std::fs::write(&path, &text).unwrap();
    let start = Instant::now();
    let error = open(&path).unwrap_err();
    assert!(matches!(error, JournalError::NotAJournal { .. }), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5), "a locked database is waited for that long");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_database_of_another_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    let error = open(&path).unwrap_err();
    assert!(matches!(error, JournalError::NotAJournal { .. }), "{error}");
}

#[test]
fn a_later_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    drop(open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(open(&path).unwrap_err(), JournalError::Newer { found: 99, .. }));
}

#[test]
fn damage_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = open(&path).unwrap();
    (0..2_000).for_each(|number| journal.begin(execution(number)));
    journal.flush().unwrap();
    drop(journal);
    let mut bytes = std::fs::read(&path).unwrap();
    let (from, to) = (bytes.len() / 8, bytes.len());
    bytes[from..to].fill(0xAA);
    std::fs::write(&path, &bytes).unwrap();
    let told = match open(&path) {
        Err(JournalError::NotAJournal { .. }) => true,
        Err(_) => false,
        Ok(journal) => journal.executions(2_000).is_err(),
    };
    assert!(told);
    bytes.truncate(50);
    std::fs::write(&path, &bytes).unwrap();
    assert!(matches!(open(&path).unwrap_err(), JournalError::NotAJournal { .. }));
}

#[test]
fn a_path_that_cannot_be_is_told() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(open(folder.path()).unwrap_err(), JournalError::Open { .. }), "a folder");
    std::fs::write(folder.path().join("file"), "").unwrap();
    assert!(matches!(open(&folder.path().join("file/journal.db")).unwrap_err(), JournalError::Open { .. }));
}

#[test]
fn a_value_of_tomorrow_is_an_error_of_that_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = open(&path).unwrap();
    journal.begin(execution(1));
    journal.begin(execution(2));
    journal.flush().unwrap();
    let update = "UPDATE executions SET language = 'cobol' WHERE id = ?1";
    Connection::open(&path).unwrap().execute(update, [id(1).as_str()]).unwrap();
    assert!(matches!(journal.execution(&id(1)), Err(JournalError::Unreadable { what: "a language", .. })));
    assert_eq!(journal.execution(&id(2)).unwrap().unwrap().status, Status::Running);
}
