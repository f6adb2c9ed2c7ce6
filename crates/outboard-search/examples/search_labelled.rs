//! Measures ranking and speed on labelled sets: `search_labelled [--misses] FOLDER…`.
#![allow(clippy::print_stdout, reason = "a program for people")]

use outboard_search::{LabelledSet, Report, evaluate};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (flags, folders): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|arg| arg == "--misses");
    if folders.is_empty() {
        return Err("usage: search_labelled [--misses] FOLDER…, each with tools.jsonl and queries.jsonl".into());
    }
    for folder in &folders {
        let set = LabelledSet::read(Path::new(folder))?;
        let report = evaluate(&set.tools, &set.queries);
        println!("{folder}: {report}");
        if !flags.is_empty() {
            misses(&set, &report);
        }
    }
    Ok(())
}

/// The requests of which a needed tool was not among the first five, and what stood there instead.
fn misses(set: &LabelledSet, report: &Report) {
    let missed = report.answers.iter().zip(&set.queries).filter(|(answer, _)| answer.recall(5) < 1.0);
    for (answer, query) in missed {
        let found: Vec<&str> = answer.found.iter().take(6).map(|at| set.tools[*at].id.as_str()).collect();
        println!("{:?} {:?} | {}\n    {found:?}", answer.places, query.groups, query.query);
    }
}
