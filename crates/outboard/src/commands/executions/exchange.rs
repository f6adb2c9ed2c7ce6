//! One execution as a file, for a report to somebody else, and back.

use super::known;
use crate::failure::Failure;
use crate::output;
use outboard_journal::Journal;
use serde_json::json;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::process::ExitCode;

pub(super) fn export(journal: &Journal, id: &str, file: &Path) -> Result<ExitCode, Failure> {
    let id = known(journal, id)?.record.id;
    let mut out: Box<dyn Write> = match file == Path::new("-") {
        true => Box::new(std::io::stdout().lock()),
        false => Box::new(BufWriter::new(File::create_new(file).map_err(|error| named(file, &error))?)),
    };
    journal.export(&id, &str::to_owned, &mut out)?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn import(journal: &Journal, file: &Path, json: bool) -> Result<ExitCode, Failure> {
    let from: Box<dyn Read> = match file == Path::new("-") {
        true => Box::new(std::io::stdin().lock()),
        false => Box::new(BufReader::new(File::open(file).map_err(|error| named(file, &error))?)),
    };
    let id = journal.import(from)?;
    match json {
        true => output::json(&json!({ "id": id })),
        false => output::talk(&format!("imported {id}; `outboard replay {id}` runs it over its answers")),
    }
    Ok(ExitCode::SUCCESS)
}

fn named(file: &Path, error: &std::io::Error) -> Failure {
    Failure::usage(format!("{}: {error}", file.display()))
}
