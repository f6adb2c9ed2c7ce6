//! What certainly fails is refused before anything is called; what may work runs.

use crate::support::{Place, Session};
use serde_json::{Value, json};

const WRONG: [(&str, &str, &str); 2] = [
    ("typescript", "// case: ", include_str!("preflight/wrong.ts.txt")),
    ("python", "# case: ", include_str!("preflight/wrong.py.txt")),
];
const RIGHT: [(&str, &str, &str); 2] = [
    ("typescript", "// case: ", include_str!("preflight/right.ts.txt")),
    ("python", "# case: ", include_str!("preflight/right.py.txt")),
];
const HONEST: [(&str, &str, &str); 2] = [
    ("typescript", "// case: ", include_str!("../../outboard-attack/programs/typescript.txt")),
    ("python", "# case: ", include_str!("../../outboard-attack/programs/python.txt")),
];
const SLIPS: [(&str, &str, &str); 2] = [
    ("typescript", "// case: ", include_str!("preflight/slips.ts.txt")),
    ("python", "# case: ", include_str!("preflight/slips.py.txt")),
];

/// The head and the text of each case of a file.
pub(crate) fn cases(file: &'static str, mark: &str) -> Vec<(&'static str, &'static str)> {
    let starts: Vec<usize> = file.match_indices(mark).map(|(at, _)| at).collect();
    let ends = starts.iter().skip(1).copied().chain([file.len()]);
    let cases = starts.iter().zip(ends).map(|(start, end)| file[start + mark.len()..end].split_once('\n').unwrap());
    cases.collect()
}

fn served(place: &Place) -> Session {
    place.serve()
}

pub(crate) fn place() -> Place {
    Place::with(&["google-drive", "salesforce", "slack", "crm", "logs"])
}

pub(crate) fn run(session: &mut Session, language: &str, code: &str) -> String {
    session.tool("run_code", json!({"code": code, "language": language})).0
}

#[test]
fn wrong_programs_are_refused_with_the_line_and_the_fix() {
    let (place, mut wrong) = (place(), Vec::new());
    let mut session = served(&place);
    for (language, mark, file) in WRONG {
        let cases = cases(file, mark);
        assert!(cases.len() >= 60, "{language}: {}", cases.len());
        for (head, code) in cases {
            let [name, line, fix] = head.split(" | ").collect::<Vec<_>>()[..] else { panic!("{head}") };
            let text = run(&mut session, language, code);
            let refused = text.contains("error preflight_failed") && !text.contains("\ncalls");
            if !refused || !text.contains(&format!("line {line},")) || !text.contains(fix) {
                wrong.push(format!("{language}: {name}: {text}"));
            }
        }
    }
    session.end();
    assert!(wrong.is_empty(), "{} programs:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn right_programs_of_every_shape_run() {
    let place = place();
    right_programs_run(&place);
}

/// Runs all of them, each of which has to succeed.
pub(crate) fn right_programs_run(place: &Place) {
    let mut refused = Vec::new();
    let mut session = served(place);
    for ((language, mark, file), least) in RIGHT.into_iter().chain(HONEST).zip([130, 110, 120, 120]) {
        let cases = cases(file, mark);
        assert!(cases.len() >= least, "{language}: {}", cases.len());
        for (name, code) in cases {
            let text = run(&mut session, language, code);
            if !text.starts_with("succeeded") {
                refused.push(format!("{language}: {name}: {text}"));
            }
        }
    }
    session.end();
    assert!(refused.is_empty(), "{} programs:\n{}", refused.len(), refused.join("\n\n"));
}

#[test]
fn slips_that_have_one_meaning_are_repaired_or_explained() {
    let (place, mut wrong) = (place(), Vec::new());
    let mut session = served(&place);
    for (language, mark, file) in SLIPS {
        for (head, code) in cases(file, mark) {
            let (name, told) = head.split_once(" | ").unwrap();
            // Fences would end the case file's own lines, so they are written with another sign.
            let text = run(&mut session, language, &code.replace("'''", "```"));
            if !text.contains(told) {
                wrong.push(format!("{language}: {name}: {text}"));
            }
        }
    }
    session.end();
    assert!(wrong.is_empty(), "{} programs:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn repairs_and_doubts_are_notes_of_the_report() {
    let place = place();
    for (language, code, told) in [
        (
            "typescript",
            "const a = await crm.GetCustomer({ id: 'cust_0001' }); if (a.nope) await crm.nope(); return 1",
            "crm",
        ),
        (
            "typescript",
            "import { getPage } from '@servers/logs';\nreturn (await getPage({ page: 1 })).page",
            "/servers/logs",
        ),
        (
            "python",
            "from mcp.logs import get_page\nx = get_page(page=1)\nif not x:\n    logs.nope()\n1",
            "servers.logs",
        ),
    ] {
        let report = place.program(language, code);
        assert_eq!(report["status"], "succeeded", "{report}");
        let notes = report["inspection"]["notes"].to_string();
        assert!(notes.contains(told) && notes != "[]", "{report}");
    }
    let report = place.program(
        "typescript",
        "await slack.sendMessage({ channel: '#sales', text: 'a' });\nawait crm.getCustomer({});",
    );
    assert_eq!(
        (&report["status"], &report["error"]["code"]),
        (&json!("failed"), &json!("preflight_failed")),
        "{report}"
    );
    assert_eq!((&report["error"]["line"], &report["calls"]), (&json!(2), &json!([])), "{report}");
    assert!(
        report["error"]["message"].as_str().unwrap().contains("crm.getCustomer(input: { id: string })"),
        "{report}"
    );
    let _: &Value = &report["inspection"];
}
