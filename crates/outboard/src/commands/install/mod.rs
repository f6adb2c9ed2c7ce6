//! `outboard install` and `outboard uninstall`: our entry in the files of other clients.

mod clients;
mod undo;

pub(super) use undo::run as undo;

use super::import::{known, told};
use crate::cli::{self, Cli};
use crate::clients::record::{NAME, Record, damaged};
use crate::clients::{ClientFile, Found, Status, harmless, look, take};
use crate::failure::Failure;
use crate::{folders, output};
use outboard_hosts::{Bases, Host, Place, Scope, insert, is_own, own_entry, raw_entries, remove};
use outboard_types::{Digest, ErrorCode};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(super) fn run(cli: &Cli, args: &cli::Install) -> Result<ExitCode, Failure> {
    let bases = folders::bases()?;
    let Some(client) = &args.client else { return clients::show(&bases, args.json) };
    let spot = Spot::find(known(client)?, &bases, args.project)?;
    let record = Record::load(spot.host, &spot.file.path)?;
    let before = spot.restored(record.as_ref())?;
    let found = spot.servers(cli, args, before.as_deref())?;
    let moved = moved(&found, record.as_ref(), args.moving);
    let after = spot.with_ours(before.as_deref().unwrap_or_default(), &moved, &entry(cli, spot.host, args.project)?)?;
    let changes = spot.file.text.as_deref() != Some(after.as_str());
    if changes && !args.dry_run {
        if args.moving {
            take(cli, &found, args.project)?.iter().for_each(told);
        }
        // Written first: a record too many is harmless, an entry without one could not be undone.
        let file = spot.file.path.clone();
        let kept = Record { file, before, after: Digest::of(&after), moved: moved.clone() }.save(spot.host)?;
        spot.file.replace(Some(&after))?;
        output::talk(&format!("what was there before is kept in {}", kept.display()));
    }
    report(args, &spot, &found, &moved, changes);
    Ok(ExitCode::SUCCESS)
}

/// The file that an entry goes into.
pub(super) struct Spot {
    pub(super) host: &'static Host,
    pub(super) place: &'static Place,
    pub(super) file: ClientFile,
    pub(super) keys: Vec<String>,
}

impl Spot {
    pub(super) fn find(host: &'static Host, bases: &Bases, project: bool) -> Result<Self, Failure> {
        let scope = if project { Scope::Project } else { Scope::User };
        let places = || host.places.iter().filter(|place| place.ours && place.scope == scope);
        let there = places().find(|place| place.file(bases).exists());
        // Where the client was started, but has no servers yet, its folder tells where it looks.
        let folder = || places().find(|place| place.file(bases).parent().is_some_and(Path::is_dir));
        let place = there.or_else(folder).or_else(|| places().next()).ok_or_else(|| {
            Failure::usage(format!("{} has no file for a project", host.name)).hint("leave --project out")
        })?;
        let within = project.then_some(bases.project.as_path());
        let file = ClientFile::open(&place.file(bases), within)?;
        Ok(Self { host, place, file, keys: place.keys(bases) })
    }

    /// What the file held before we came.
    pub(super) fn restored(&self, record: Option<&Record>) -> Result<Option<String>, Failure> {
        match record {
            Some(record) => record.restored(self.host.format, &self.keys, self.file.text.as_deref()),
            None => Ok(self.file.text.clone()),
        }
    }

    /// The servers of the file, and what our settings would make of them.
    fn servers(&self, cli: &Cli, args: &cli::Install, text: Option<&str>) -> Result<Vec<Found>, Failure> {
        if !args.moving {
            return Ok(Vec::new());
        }
        // The client starts us, in its own environment: what stood in its file must not come to depend on ours.
        let taking = cli::Taking { keep_values: true, rename: args.rename };
        let places = [(self.host, self.place)].into_iter();
        look(cli, &folders::bases()?, &taking, places, Some(text.unwrap_or_default()))
    }

    fn with_ours(&self, before: &str, moved: &[String], entry: &Value) -> Result<String, Failure> {
        let (format, path) = (self.host.format, &self.file.path);
        let failed = |error| damaged(path, error);
        let entries = raw_entries(format, before, &self.keys).map_err(failed)?;
        if entries.iter().any(|raw| raw.name == NAME && !is_own(&raw.value)) {
            let problem = format!("{}: a server named {NAME:?} is there already, and is another", path.display());
            return Err(Failure::new(ErrorCode::InvalidSettings, problem).hint("rename it first"));
        }
        let rest = remove(format, before, &self.keys, moved).map_err(failed)?;
        insert(format, &rest, &self.keys, NAME, entry).map_err(failed)
    }
}

/// The servers that leave the client's file: those that our settings have, and those that left it before.
fn moved(found: &[Found], record: Option<&Record>, moving: bool) -> Vec<String> {
    if !moving {
        return record.map(|record| record.moved.clone()).unwrap_or_default();
    }
    let ours = found.iter().filter(|found| matches!(found.status, Status::Taken | Status::Present));
    ours.map(|found| found.written.clone()).collect()
}

/// The entry: this very program, or for a project's file, which others use too, the name by which all find it.
fn entry(cli: &Cli, host: &Host, project: bool) -> Result<Value, Failure> {
    let here = std::env::current_exe()?;
    let shared = project && on_path("outboard").is_some_and(|found| same_file(&found, &here));
    let program = if shared { "outboard".to_owned() } else { here.display().to_string() };
    let mut args = Vec::new();
    if let Some(config) = &cli.config {
        args.extend(["--config".to_owned(), std::path::absolute(config)?.display().to_string()]);
    }
    args.push("serve".to_owned());
    Ok(own_entry(host.dialect, &program, &args))
}

/// Where a program of that name is found.
pub(in crate::commands) fn on_path(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn same_file(one: &Path, other: &Path) -> bool {
    std::fs::canonicalize(one).ok().is_some_and(|one| std::fs::canonicalize(other).ok() == Some(one))
}

fn report(args: &cli::Install, spot: &Spot, found: &[Found], moved: &[String], changes: bool) {
    let status = match (changes, args.dry_run) {
        (false, _) => "present",
        (true, true) => "planned",
        (true, false) => "installed",
    };
    let stays: Vec<&Found> =
        found.iter().filter(|found| matches!(found.status, Status::Clash | Status::Refused)).collect();
    if args.json {
        let stays: Vec<Value> = stays.iter().map(|found| found.as_json()).collect();
        return output::json(&json!({
            "id": spot.host.id, "client": spot.host.id, "scope": spot.place.scope.as_str(), "file": spot.file.path,
            "status": status, "entry": NAME, "moved": moved, "stays": stays,
        }));
    }
    output::data(&format!("{status}: {NAME} in {}", spot.file.path.display()));
    if !moved.is_empty() {
        output::talk(&format!("moved behind Outboard: {}", harmless(&moved.join(", "))));
    }
    for found in stays {
        let why = format!("{} stays in the client's file: {}", found.written, found.why.clone().unwrap_or_default());
        output::talk(&harmless(&why));
    }
    match status {
        "installed" => output::talk(&format!("{} reads it anew: {}", spot.host.name, spot.host.restart)),
        "planned" => output::talk("nothing was written; without --dry-run it is"),
        _ => {}
    }
}
