//! `outboard doctor --fix`: what is missing and the line that brings it; runs what is only about files of the
//! user's own, after asking.

use super::parts::{Part, parts};
use super::system::Manager;
use crate::cli;
use crate::failure::Failure;
use crate::output;
use outboard_config::Settings;
use outboard_types::ErrorCode;

pub(super) fn run(settings: &Settings, args: &cli::Doctor) -> Result<(), Failure> {
    let manager = Manager::here();
    let found = parts(settings, manager);
    if !args.json {
        found.iter().for_each(show);
    }
    let here: Vec<&Part> = found.iter().filter(|part| part.mend.is_some()).collect();
    if !here.is_empty() && (args.yes || agreed(&here)?) {
        for part in here {
            mend(part)?;
        }
    }
    if args.json {
        output::json(&parts(settings, manager));
    }
    Ok(())
}

fn show(part: &Part) {
    output::data(&format!("{:<7} {:<20} {}", part.status, part.id, part.purpose));
    if let Some(fix) = &part.fix {
        let needs = if part.mend.is_some() { "can be run here".to_owned() } else { format!("needs {}", part.needs) };
        output::data(&format!("{:<28} fix: {fix}   ({needs})", ""));
    }
}

fn agreed(parts: &[&Part]) -> Result<bool, Failure> {
    let lines: Vec<&str> = parts.iter().filter_map(|part| part.fix.as_deref()).collect();
    let answer = super::super::asking::yes(&format!("run these? {}", lines.join("; ")))?;
    if answer.is_none() {
        output::talk(&format!("--yes runs: {}", lines.join("; ")));
    }
    Ok(answer.unwrap_or(false))
}

fn mend(part: &Part) -> Result<(), Failure> {
    let line = part.fix.as_deref().unwrap_or_default();
    let done = part.mend.as_ref().map_or(Ok(()), |mend| mend.run());
    done.map_err(|error| {
        Failure::new(ErrorCode::Internal, format!("{line}: {error}")).hint("run it by hand, as the owner of the file")
    })?;
    output::talk(&format!("done: {line}"));
    Ok(())
}
