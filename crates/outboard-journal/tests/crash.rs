//! A writing process is killed in the middle; what it was told is durable must be there.

use crate::samples::{call, ending, execution, id};
use outboard_journal::{Status, open};
use rusqlite::Connection;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const PATH: &str = "OUTBOARD_TEST_JOURNAL";

/// Writes without end and says on stdout up to which number all is durable.
#[test]
#[ignore = "not a test: the process that the others start and kill"]
fn writer_process() {
    let path = std::env::var(PATH).expect("started by the tests of this file");
    let journal = open(Path::new(&path)).unwrap();
    for number in 0.. {
        journal.begin(execution(number));
        journal.call(call(number, 1));
        if !number.is_multiple_of(10) {
            journal.end(&id(number), ending(number));
        }
        if number % 7 == 6 {
            journal.flush().unwrap();
            writeln!(std::io::stdout(), "durable {number}").unwrap();
        }
    }
}

fn writer(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "crash::writer_process"])
        .env(PATH, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Kills the writer once it has reported some numbers; gives the last one reported.
fn kill_after(mut child: Child, reports: usize) -> u64 {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut durable = || lines.by_ref().find_map(|line| line.ok()?.split("durable ").nth(1)?.parse::<u64>().ok());
    for _ in 1..reports {
        durable().expect("the writer reports");
    }
    let reported = durable().expect("the writer reports");
    child.kill().unwrap();
    let later = std::iter::from_fn(durable).last();
    child.wait().unwrap();
    later.unwrap_or(reported)
}

#[test]
fn killed_while_writing_nothing_durable_is_lost() {
    for reports in [1, 3, 40] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        let durable = kill_after(writer(&path), reports);
        let journal = open(&path).unwrap();
        let check: String = {
            let connection = Connection::open(&path).unwrap();
            connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
        };
        assert_eq!(check, "ok");
        for number in 0..=durable {
            let row = journal.execution(&id(number)).unwrap().expect("reported as durable");
            assert_eq!(row.record, execution(number));
            assert_eq!(journal.calls(&id(number)).unwrap(), [call(number, 1)]);
            let ending_now = row.ending.unwrap();
            if number.is_multiple_of(10) {
                assert_eq!((row.status, ending_now.error_code.as_deref()), (Status::Failed, Some("worker_lost")));
                assert_eq!(ending_now.ended_ms, call(number, 1).started_ms + 2_000, "its last sign of life");
            } else {
                assert_eq!(ending_now, ending(number));
            }
        }
        let open_ones = journal.executions(usize::MAX).unwrap().iter().filter(|row| !row.status.is_final()).count();
        assert_eq!(open_ones, 0);
    }
}

#[test]
fn executions_of_a_process_that_lives_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let mut child = writer(&path);
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("durable "))).expect("the writer reports").unwrap();
    let journal = open(&path).unwrap();
    assert_eq!(journal.execution(&id(0)).unwrap().unwrap().status, Status::Running);
    journal.begin(execution(u64::from(u32::MAX)));
    journal.flush().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let journal = open(&path).unwrap();
    assert_eq!(journal.execution(&id(0)).unwrap().unwrap().status, Status::Failed);
    let own = journal.execution(&id(u64::from(u32::MAX))).unwrap().unwrap();
    assert_eq!(own.status, Status::Running, "the other process's end is not ours");
}
