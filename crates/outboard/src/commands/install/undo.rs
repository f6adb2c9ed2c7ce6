//! `outboard uninstall`: a client's file as it was before our entry came into it.

use super::{Spot, known};
use crate::cli::{self, Cli};
use crate::clients::record::{Record, without_ours};
use crate::failure::Failure;
use crate::{folders, output};
use serde_json::json;
use std::process::ExitCode;

pub(in crate::commands) fn run(_cli: &Cli, args: &cli::Uninstall) -> Result<ExitCode, Failure> {
    let spot = Spot::find(known(&args.client)?, &folders::bases()?, args.project)?;
    let record = Record::load(spot.host, &spot.file.path)?;
    let now = spot.file.text.as_deref();
    let exact = record.as_ref().is_some_and(|record| now.is_some_and(|now| record.untouched(now)));
    let after = match (&record, now) {
        (Some(_), _) => spot.restored(record.as_ref())?,
        (None, Some(now)) => Some(without_ours(spot.host.format, &spot.keys, now, &spot.file.path)?),
        (None, None) => None,
    };
    let changes = after.as_deref() != now;
    if !args.dry_run {
        if changes {
            spot.file.replace(after.as_deref())?;
        }
        Record::forget(spot.host, &spot.file.path)?;
    }
    let status = match (changes, args.dry_run, exact) {
        (false, ..) => "absent",
        (true, true, _) => "planned",
        (true, false, true) => "restored",
        (true, false, false) => "merged",
    };
    let moved = record.map(|record| record.moved).unwrap_or_default();
    if args.json {
        output::json(&json!({
            "id": spot.host.id, "client": spot.host.id, "scope": spot.place.scope.as_str(), "file": spot.file.path,
            "status": status, "moved": moved,
        }));
        return Ok(ExitCode::SUCCESS);
    }
    output::data(&format!("{status}: {}", spot.file.path.display()));
    match status {
        "restored" => output::talk("the file is exactly what it was before"),
        "merged" => output::talk("the file was changed in the meantime; only what Outboard had done was undone"),
        "planned" => output::talk("nothing was written; without --dry-run it is"),
        _ => output::talk("there is no entry of Outboard in it"),
    }
    if !moved.is_empty() && changes {
        output::talk(&format!("still in Outboard's settings as well: {}", crate::clients::harmless(&moved.join(", "))));
    }
    Ok(ExitCode::SUCCESS)
}
