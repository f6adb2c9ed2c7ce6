//! Many writers, many handles, readers meanwhile.

use crate::samples::{call, ending, execution, id};
use outboard_journal::{Journal, memory, open};

const THREADS: u64 = 64;
const EACH: u64 = 40;

fn hammer(journal: &Journal) {
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                for number in thread * EACH..(thread + 1) * EACH {
                    journal.begin(execution(number));
                    journal.call(call(number, 1));
                    journal.end(&id(number), ending(number));
                    if number % EACH == 7 {
                        journal.flush().unwrap();
                        let row = journal.execution(&id(number)).unwrap().unwrap();
                        assert_eq!(row.ending, Some(ending(number)), "what is flushed can be read");
                    }
                }
            });
        }
    });
    journal.flush().unwrap();
    let rows = journal.executions(usize::MAX).unwrap();
    assert_eq!(rows.len() as u64, THREADS * EACH);
    assert!(rows.iter().all(|row| row.ending.is_some()));
}

#[test]
fn sixty_four_threads_lose_nothing_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    hammer(&open(&folder.path().join("journal.db")).unwrap());
}

#[test]
fn sixty_four_threads_lose_nothing_in_memory() {
    hammer(&memory().unwrap());
}

#[test]
fn several_openings_of_one_file_share_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    std::thread::scope(|scope| {
        for opener in 0..8 {
            let path = &path;
            scope.spawn(move || {
                let journal = open(path).unwrap();
                for number in opener * 50..(opener + 1) * 50 {
                    journal.begin(execution(number));
                    journal.flush().unwrap();
                }
            });
        }
    });
    let rows = open(&path).unwrap().executions(1_000).unwrap();
    assert_eq!(rows.len(), 400);
    assert!(rows.iter().all(|row| row.ending.is_none()), "this process lives, so nothing of it is given up");
}
