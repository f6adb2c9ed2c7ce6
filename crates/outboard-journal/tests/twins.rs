//! The journal in memory and the one in a file do the same.

use crate::samples::{call, ending, execution, id};
use outboard_journal::{Journal, JournalError, Status};

fn both() -> (tempfile::TempDir, [Journal; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let file = outboard_journal::open(&folder.path().join("new/folder/journal.db")).unwrap();
    (folder, [file, outboard_journal::memory().unwrap()])
}

fn script(journal: &Journal) {
    for number in 0..20 {
        journal.begin(execution(number));
        (1..=number % 4).for_each(|at| journal.call(call(number, at)));
        if !number.is_multiple_of(5) {
            journal.end(&id(number), ending(number));
        }
    }
    journal.flush().unwrap();
}

#[test]
fn the_same_records_read_back_from_both() {
    let (_folder, journals) = both();
    for journal in &journals {
        script(journal);
        let rows = journal.executions(100).unwrap();
        assert_eq!(rows.len(), 20);
        for (row, number) in rows.iter().zip((0..20).rev()) {
            assert_eq!(row.record, execution(number), "newest first, and whole");
            let ended = (!number.is_multiple_of(5)).then(|| ending(number));
            assert_eq!(row.status, ended.as_ref().map_or(Status::Running, |ending| ending.status));
            assert_eq!(row.ending, ended);
            assert_eq!(journal.execution(&id(number)).unwrap().as_ref(), Some(row));
            let calls: Vec<_> = (1..=number % 4).map(|at| call(number, at)).collect();
            assert_eq!(journal.calls(&id(number)).unwrap(), calls);
        }
    }
    assert_eq!(journals[0].executions(7).unwrap(), journals[1].executions(7).unwrap());
    assert_eq!(journals[0].executions(7).unwrap().len(), 7);
}

#[test]
fn what_is_not_there_is_none() {
    let (_folder, journals) = both();
    for journal in &journals {
        assert_eq!(journal.execution(&id(1)).unwrap(), None);
        assert!(journal.calls(&id(1)).unwrap().is_empty());
        assert!(journal.executions(0).unwrap().is_empty());
        journal.flush().unwrap();
    }
}

#[test]
fn a_refused_record_is_told_and_takes_no_other_with_it() {
    let (_folder, journals) = both();
    for journal in &journals {
        journal.begin(execution(1));
        journal.begin(execution(1));
        journal.end(&id(99), ending(99));
        journal.begin(execution(2));
        let error = journal.flush().unwrap_err();
        assert!(
            matches!(&error, JournalError::Lost { records: 2, reason } if reason.contains(id(1).as_str())),
            "{error}"
        );
        assert_eq!(journal.health().unwrap_err(), error, "a gap is not forgotten");
        assert_eq!(journal.executions(10).unwrap().len(), 2);
    }
}

#[test]
fn two_journals_in_memory_are_two() {
    let (one, other) = (outboard_journal::memory().unwrap(), outboard_journal::memory().unwrap());
    one.begin(execution(1));
    one.flush().unwrap();
    assert!(other.executions(10).unwrap().is_empty());
}
