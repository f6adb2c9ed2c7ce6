//! Which line of a program makes a call: while it runs, and afterwards.

use crate::support::Place;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn every_language_says_the_line_of_each_call() {
    let place = Place::with(&["logs"]);
    for (language, code) in [
        (
            "typescript",
            "type Page = number;\nlet page: Page = 1; await logs.getPage({ page });\nfor (page of [2, 3])\n  await logs.getPage({ page });\nreturn 1;",
        ),
        (
            "python",
            "from servers import logs\nlogs.get_page(page=1)\nfor page in (2, 3):\n    logs.get_page(page=page)\n1",
        ),
        (
            "bash",
            "set -eu\ncall logs get_page page=1 > /dev/null\nfor page in 2 3; do\n  logs get_page page=$page > /dev/null\ndone",
        ),
    ] {
        let report = place.program(language, code);
        let shown = place.ok(&["executions", "show", report["id"].as_str().unwrap(), "--json"]);
        let shown: Value = serde_json::from_str(&shown).unwrap();
        let lines: Vec<_> = shown["calls"].as_array().unwrap().iter().map(|call| call["line"].as_u64()).collect();
        assert_eq!(lines, [Some(2), Some(4), Some(4)], "{language}: {shown}");
    }
}

#[test]
fn whoever_follows_sees_where_the_program_is() {
    let place = Place::with(&["logs"]);
    let settings = std::fs::read_to_string(place.path().join("outboard.toml")).unwrap();
    place.settings(&(settings + "[[policy.rules]]\ntools = [\"logs.get_page\"]\naction = \"ask\"\n"));
    place.write("program.ts", "// Counts.\n\u{20}\nreturn (await logs.getPage({ page: 7 })).records.length;");
    let mut command = place.command(&["run", "program.ts"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let open: Value = serde_json::from_str(&place.until(&["approvals", "--json"], |open| open != "[]\n")).unwrap();
    let id = open[0]["execution"].as_str().unwrap();
    let followed = |json: bool| {
        let flags: &[&str] = if json { &["--json"] } else { &[] };
        let mut command = place.command(&[&["trace", id, "--follow"], flags].concat());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap()
    };
    let (mut text, mut json) = (followed(false), followed(true));
    let first = |lines: &mut dyn BufRead| {
        let mut line = String::new();
        // What is over already may be told before.
        while !line.contains("line") {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "it ended without a word of the line");
        }
        line
    };
    let mut told = BufReader::new(text.stdout.take().unwrap());
    assert_eq!(first(&mut told), "at line 3: return (await logs.getPage({ page: 7 })).records.length;\n");
    let mut records = BufReader::new(json.stdout.take().unwrap());
    assert_eq!(first(&mut records), "{\"call\":1,\"line\":3}\n");
    place.ok(&["approvals", "approve", open[0]["id"].as_str().unwrap()]);
    let rest: Vec<String> = told.lines().map(|line| line.unwrap()).collect();
    assert!(rest.iter().any(|line| line.starts_with("logs.get_page ") && line.ends_with(" line 3")), "{rest:?}");
    records.lines().for_each(drop);
    assert!(text.wait().unwrap().success() && json.wait().unwrap().success() && child.wait().unwrap().success());
}
