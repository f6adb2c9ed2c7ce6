//! Full and failing disks: nothing acknowledged is lost, and writing goes on when the disk does.

use crate::samples::{begin, call, entry, execution, id, intent};
use futures::executor::block_on;
use outboard_journal::{Effect, FaultKind, Faults, JournalError, OnRestart, open, open_with_faults};
use std::path::Path;
use std::process::Command;

const PATH: &str = "OUTBOARD_TEST_FULL";

#[test]
fn a_failed_commit_is_told_to_who_waits_and_made_up_for_to_the_rest() {
    for kind in [FaultKind::Full, FaultKind::Io] {
        let folder = tempfile::tempdir().unwrap();
        let faults = Faults::default().at(2, kind).at(3, kind);
        let journal = open_with_faults(&folder.path().join("journal.db"), faults).unwrap();
        begin(&journal, 1, OnRestart::Resume);
        let failed = block_on(journal.intent(intent(1, 1, "{}", Effect::Effectful)));
        assert!(matches!(failed, Err(JournalError::Write { .. })), "{failed:?}");
        journal.audit(entry(1));
        journal.begin(execution(2));
        journal.call(call(2, 1));
        let mut flushed = journal.flush();
        for _ in 0..20 {
            flushed = journal.flush();
        }
        assert_eq!(flushed, Ok(()));
        assert!(journal.execution(&id(2)).unwrap().is_some());
        assert_eq!(journal.calls(&id(2)).unwrap(), [call(2, 1)]);
        assert_eq!(journal.verify_audit().unwrap().rows, 1);
        assert!(journal.history(&id(1)).unwrap().intents.is_empty(), "what was told as failed is not there");
        block_on(journal.intent(intent(1, 1, "{}", Effect::Effectful))).unwrap();
    }
}

/// Fills a small disk until the journal says so, makes room, and goes on.
#[test]
#[ignore = "not a test: the process that is given a small disk"]
fn full_disk_process() {
    let folder = std::env::var(PATH).expect("started by the test of this file");
    let folder = Path::new(&folder);
    std::fs::write(folder.join("filler"), vec![0; 1 << 20]).unwrap();
    let path = folder.join("journal.db");
    let journal = open(&path).unwrap();
    begin(&journal, 1, OnRestart::Resume);
    let arguments = "x".repeat(20_000);
    let written = |number| block_on(journal.intent(intent(1, number, &arguments, Effect::Effectful)));
    let full = (1..1_000).find(|number| written(*number).is_err()).expect("the disk is small");
    assert!(full > 1);
    let large = "y".repeat(3 << 20);
    assert!(block_on(journal.intent(intent(1, 2_000, &large, Effect::Effectful))).is_err(), "too large for a file");
    std::fs::remove_file(folder.join("filler")).unwrap();
    written(full).unwrap();
    drop(journal);
    let history = open(&path).unwrap().history(&id(1)).unwrap();
    assert_eq!(history.intents.len() as u64, full, "each that was acknowledged");
}

#[test]
fn a_disk_that_is_really_full() {
    let folder = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=2m tmpfs \"$1\" && exec \"$2\" --ignored --exact troubles::full_disk_process";
    // A mount namespace of its own: ordinary users may mount there, and it is gone with the process.
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .env(PATH, folder.path())
        .output()
        .expect("unshare is there: apt-get install util-linux");
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}
