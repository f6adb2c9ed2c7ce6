//! The log file and the crash report of the whole program.

use crate::support::{Place, Session};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// The files of a folder, by name.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn a_panic_under_load_leaves_a_report_for_the_owner_that_holds_nothing_private() {
    let place = Place::with(&["logs"]);
    let mut command = place.command(&["serve", "--log", "info"]);
    command.env("OUTBOARD_PANIC", "reload").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut session = Session::over(command.spawn().unwrap());
    let client = json!({"name": "t", "version": "1"});
    session.request("initialize", json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}));
    let code = "const mail = 'anna.miller@example.com';\nfor (;;) {\n  await logs.getPage({ page: 1 + mail.length % 2 });\n  await sleep(50);\n}";
    for _ in 0..3 {
        session.ask("tools/call", json!({"name": "run_code", "arguments": {"code": code}}));
    }
    place.until(&["executions", "--json"], |rows| {
        serde_json::from_str::<Vec<Value>>(rows).unwrap().iter().filter(|row| row["status"] == "running").count() == 3
    });
    let pid = session.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    assert_eq!(session.child.wait().unwrap().code(), Some(101), "it ended by its panic");
    let reports = files(&place.path().join(".outboard/crashes"));
    assert_eq!((reports.len(), mode(&reports[0])), (1, 0o600), "{reports:?}");
    let text = std::fs::read_to_string(&reports[0]).unwrap();
    for part in ["place: ", "crash.rs:", "thread: ", "command: serve", "message: (left out"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let folder = place.path().display().to_string();
    for private in ["anna.miller", "example.com", "getPage", "what may be private", folder.as_str()] {
        assert!(!text.contains(private), "{private}: {text}");
    }
}

#[test]
fn a_log_turns_at_its_size_keeps_so_many_and_is_the_owners_alone() {
    let place = Place::with(&["logs"]);
    let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    place.settings(&format!(
        "{settings}[log]\nfile = \"log/outboard.log\"\nmax_size = \"4KiB\"\nkeep = 2\nlevel = \"debug\"\n"
    ));
    let folder = place.path().join("log");
    let mut turned = 0;
    place.wait_for(|| {
        let oldest = std::fs::read_to_string(folder.join("outboard.log.2")).unwrap_or_default();
        place.program("typescript", "return (await logs.listPages({})).pages;");
        turned +=
            u32::from(!oldest.is_empty() && std::fs::read_to_string(folder.join("outboard.log.2")).unwrap() != oldest);
        turned > 1
    });
    let names: Vec<_> = files(&folder).iter().map(|path| path.file_name().unwrap().to_owned()).collect();
    assert_eq!(names, ["outboard.log", "outboard.log.1", "outboard.log.2"]);
    for path in files(&folder) {
        let text = std::fs::read_to_string(&path).unwrap();
        let longest = text.lines().map(str::len).max().unwrap_or(0);
        assert!(text.len() <= 4_096.max(longest + 1), "{} has {} bytes", path.display(), text.len());
        assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "whole lines: {text}");
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}
