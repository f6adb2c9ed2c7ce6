//! The table in `docs/compatibility.md`, row by row: what it says works is run, what it says is missing is missed.

use crate::worker::run;

const PAGE: &str = include_str!("../../../docs/compatibility.md");

/// Feature, state, program and what comes of it, of each row with four cells and a program.
fn rows() -> Vec<[&'static str; 4]> {
    let cells = |line: &'static str| -> Option<[&'static str; 4]> {
        let cells: Vec<_> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
        <[&str; 4]>::try_from(cells).ok().filter(|[_, _, program, _]| program.starts_with('`'))
    };
    PAGE.lines().filter_map(cells).collect()
}

fn code(cell: &str) -> &str {
    cell.trim_matches('`')
}

#[test]
fn every_row_is_true() {
    let rows = rows();
    assert!(rows.len() >= 80, "{} rows", rows.len());
    let mut wrong = Vec::new();
    for [feature, state, program, outcome] in rows {
        let report = run(code(program));
        let expected = code(outcome);
        let right = match state {
            "no" => report
                .error
                .as_ref()
                .is_some_and(|error| format!("{} {:?}", error.message, error.hint).contains(expected)),
            _ => report.value.as_ref().map(ToString::to_string).as_deref() == Some(expected),
        };
        if !right {
            wrong.push(format!(
                "{feature}: {program}\n  the page says {expected}\n  here {:?} {:?}",
                report.value, report.error
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_wrong_row_would_be_found() {
    assert_eq!(code("`a`"), "a");
    assert!(rows().iter().all(|[_, state, ..]| ["yes", "differs", "no"].contains(state)));
    assert!(rows().iter().any(|[_, state, ..]| *state == "no"));
}
