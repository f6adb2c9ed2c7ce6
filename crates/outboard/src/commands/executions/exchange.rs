//! One execution as a file, for a report to somebody else, and back.

use super::{known, orders};
use crate::failure::Failure;
use crate::{compose, output};
use outboard_border::Place;
use outboard_config::Settings;
use outboard_journal::Journal;
use serde_json::json;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::process::ExitCode;

/// Writes a file with tokens in place of private values, or with the values where that is asked for: then the audit
/// log says so first.
pub(super) fn export(
    journal: &Journal,
    settings: &Settings,
    (id, file): (&str, &Path),
    plain: bool,
) -> Result<ExitCode, Failure> {
    let record = known(journal, id)?.record;
    let place = Place { principal: record.principal, session: record.session };
    let border = if plain { None } else { compose::border(settings)? };
    if plain {
        orders::written(journal, orders::entry(&record.id, "export", None, "private values included"))?;
    }
    let mask = |text: &str| {
        border.as_ref().map_or_else(|| text.to_owned(), |border| compose::masked(border, &place, text, "export"))
    };
    let id = record.id;
    let to_stdout = file == Path::new("-");
    let mut out: Box<dyn Write> = match to_stdout {
        true => Box::new(std::io::stdout().lock()),
        false => Box::new(BufWriter::new(File::create_new(file).map_err(|error| named(file, &error))?)),
    };
    journal.export(&id, &mask, &mut out).inspect_err(|_| {
        // Half a file would only be refused where it is to be read.
        if !to_stdout {
            drop(std::fs::remove_file(file));
        }
    })?;
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
