//! Whatever is done to the audit log behind our back shows.

use crate::samples::entry;
use outboard_journal::{AuditFilter, Journal, Retention, Tampering, memory, open};
use outboard_types::Digest;
use rusqlite::Connection;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

fn written(rows: u64) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = open(&path).unwrap();
    (1..=rows).for_each(|number| journal.audit(entry(number)));
    journal.flush().unwrap();
    drop(journal);
    (folder, path)
}

fn bypass(path: &Path, change: &str) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("DROP TRIGGER audit_keeps_rows; DROP TRIGGER audit_keeps_text").unwrap();
    connection.execute_batch(change).unwrap();
}

fn fault(journal: &Journal) -> Option<(u64, Tampering)> {
    journal.verify_audit().unwrap().fault.map(|fault| (fault.seq, fault.kind))
}

#[test]
fn each_kind_of_change_is_found_at_its_row() {
    let swap = "UPDATE audit SET seq = -1 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5;
        UPDATE audit SET seq = 5 WHERE seq = -1";
    let columns = "at_ms, principal, execution, call, code_digest, server, tool, kind, arguments_digest, decision,
        rule, approval, outcome, duration_us, prev, hash";
    let copy = format!("INSERT INTO audit SELECT 11, {columns} FROM audit WHERE seq = 10");
    let cases = [
        ("DELETE FROM audit WHERE seq = 1", 1, Tampering::Missing),
        ("DELETE FROM audit WHERE seq IN (5, 6)", 5, Tampering::Missing),
        ("DELETE FROM audit WHERE seq > 8", 9, Tampering::Truncated),
        ("DELETE FROM audit", 1, Tampering::Truncated),
        (swap, 4, Tampering::Edited),
        (copy.as_str(), 11, Tampering::Edited),
        ("UPDATE audit SET hash = 'x' WHERE seq = 2", 2, Tampering::Edited),
        ("UPDATE audit SET prev = (SELECT hash FROM audit WHERE seq = 9) WHERE seq = 2", 2, Tampering::Edited),
    ];
    for (change, seq, kind) in cases {
        let (_folder, path) = written(10);
        bypass(&path, change);
        assert_eq!(fault(&open(&path).unwrap()), Some((seq, kind)), "{change}");
    }
}

#[test]
fn an_edit_of_any_column_is_found() {
    let (_folder, path) = written(3);
    let texts = ["principal", "execution", "server", "tool", "kind", "decision", "rule", "approval", "outcome"];
    let texts = texts.map(|column| format!("{column} = coalesce({column}, '') || 'x'"));
    let numbers = ["at_ms", "call", "duration_us"].map(|column| format!("{column} = {column} + 1"));
    let digests = ["code_digest", "arguments_digest"].map(|column| format!("{column} = '{}'", Digest::of("x")));
    let nulls = ["call", "tool", "outcome"].map(|column| format!("{column} = NULL"));
    for change in texts.into_iter().chain(numbers).chain(digests).chain(nulls) {
        let copy = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(path.parent().unwrap()).unwrap().flatten() {
            std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
        }
        let path = copy.path().join("journal.db");
        bypass(&path, &format!("UPDATE audit SET {change} WHERE seq = 2"));
        assert_eq!(fault(&open(&path).unwrap()), Some((2, Tampering::Edited)), "{change}");
    }
}

#[test]
fn a_chain_made_anew_does_not_fit_the_signed_head() {
    let (folder, path) = written(5);
    let (_other, forged) = written(4);
    let journal = open(&forged).unwrap();
    journal.audit(entry(99));
    drop(journal);
    std::fs::copy(&forged, &path).unwrap();
    assert_eq!(fault(&open(&path).unwrap()), Some((5, Tampering::Rewritten)));
    std::fs::copy(forged.with_file_name("audit.head"), folder.path().join("audit.head")).unwrap();
    assert_eq!(fault(&open(&path).unwrap()), Some((5, Tampering::Unsigned)), "signed by another key");
    std::fs::remove_file(folder.path().join("audit.head")).unwrap();
    let journal = open(&path).unwrap();
    journal.audit(entry(6));
    journal.flush().unwrap();
    assert_eq!(fault(&journal).map(|fault| fault.1), Some(Tampering::Unsigned), "a removed head is not made anew");
}

#[test]
fn an_untouched_log_is_sound_and_cannot_be_changed_by_sql() {
    let (folder, path) = written(10);
    let journal = open(&path).unwrap();
    let found = journal.verify_audit().unwrap();
    assert_eq!((found.is_sound(), found.rows, found.sealed_to), (true, 10, Some(10)));
    let public = std::fs::read_to_string(folder.path().join("audit.pub")).unwrap();
    assert!(journal.verify_audit_with(&public).unwrap().is_sound());
    assert!(!journal.verify_audit_with(&"00".repeat(32)).unwrap().is_sound());
    let mode = std::fs::metadata(folder.path().join("audit.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let connection = Connection::open(&path).unwrap();
    assert!(connection.execute("UPDATE audit SET decision = 'deny'", []).is_err());
    assert!(connection.execute("DELETE FROM audit", []).is_err());
    assert!(memory().unwrap().verify_audit().unwrap().is_sound());
    let filter =
        AuditFilter { tool: Some("tool_1".into()), after_seq: Some(3), limit: Some(2), ..AuditFilter::default() };
    let rows: Vec<_> = journal.audit_rows(&filter).unwrap().iter().map(|row| row.seq).collect();
    assert_eq!(rows, [5, 7]);
}

#[test]
fn several_writers_make_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    std::thread::scope(|scope| {
        for opener in 0..4 {
            let path = &path;
            scope.spawn(move || {
                let journal = open(path).unwrap();
                for number in 0..50 {
                    journal.audit(entry(opener * 50 + number));
                    if number % 10 == 0 {
                        journal.flush().unwrap();
                    }
                }
            });
        }
    });
    let found = open(&path).unwrap().verify_audit().unwrap();
    assert_eq!((found.fault, found.rows, found.sealed_to), (None, 200, Some(200)));
}

#[test]
fn removed_rows_leave_a_checkpoint_that_cannot_be_forged() {
    let (_folder, path) = written(10);
    let journal = open(&path).unwrap();
    let age = Some(Duration::from_millis(994));
    let removed = journal.retain(&Retention { now_ms: 2_000, audit_max_age: age, ..Retention::default() }).unwrap();
    assert_eq!(removed.audit_rows, 5);
    journal.audit(entry(11));
    journal.flush().unwrap();
    let found = journal.verify_audit().unwrap();
    assert_eq!((found.fault, found.pruned_to, found.last_seq), (None, 5, 11));
    let connection = Connection::open(&path).unwrap();
    assert!(connection.execute("DELETE FROM audit", []).is_err(), "the guard is back");
    bypass(
        &path,
        "DELETE FROM audit WHERE seq = 6; UPDATE audit_checkpoints SET seq = 6, hash =
        (SELECT prev FROM audit WHERE seq = 7)",
    );
    assert_eq!(fault(&journal), Some((6, Tampering::Unsigned)));
}
