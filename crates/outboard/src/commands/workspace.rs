//! `outboard workspace`: the files of a session, from outside. Programs may be writing there meanwhile, so
//! every path is resolved beneath the session's folder, and links are never followed.

use crate::cli::{self, Cli, WorkspaceAction};
use crate::clients::harmless;
use crate::failure::Failure;
use crate::{compose, output};
use outboard_execution::StateFolder;
use outboard_sandbox::{Beneath, BeneathEntry, Limits};
use outboard_types::{ErrorCode, Principal, SessionName};
use serde_json::json;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(cli: &Cli, args: &cli::Workspace) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let place =
        Place { state: StateFolder::new(&settings.state_dir), principal: Principal(args.principal.as_str().into()) };
    match &args.action {
        WorkspaceAction::Ls { session: None, .. } => place.sessions(args.json),
        WorkspaceAction::Ls { session: Some(session), path } => list(&place.open(session)?, path.as_deref(), args.json),
        WorkspaceAction::Cat { session, path } => cat(&place.open(session)?, path),
        WorkspaceAction::Put { session, path, file } => {
            put(&place.made(session)?, path, file, &compose::worker_limits(&settings))
        }
        WorkspaceAction::Get { session, path, file } => get(&place.open(session)?, path, file),
        WorkspaceAction::Rm { session, path } => remove(&place.open(session)?, path.as_deref()),
        WorkspaceAction::Export { session, folder } => export(&place.open(session)?, folder),
    }?;
    Ok(ExitCode::SUCCESS)
}

struct Place {
    state: StateFolder,
    principal: Principal,
}

impl Place {
    fn sessions(&self, json: bool) -> Result<(), Failure> {
        let names = self.state.sessions(&self.principal)?;
        match json {
            true => output::json(&names.iter().map(|name| json!({ "id": name })).collect::<Vec<_>>()),
            false => names.iter().for_each(|name| output::data(name.as_str())),
        }
        Ok(())
    }

    /// A session that is there.
    fn open(&self, session: &str) -> Result<Beneath, Failure> {
        let name = name(session)?;
        if !self.state.sessions(&self.principal)?.contains(&name) {
            let missing = format!("{} has no session {session:?}", self.principal.0);
            return Err(Failure::new(ErrorCode::InvalidRequest, missing).hint("`outboard workspace ls` lists them"));
        }
        self.made(session)
    }

    fn made(&self, session: &str) -> Result<Beneath, Failure> {
        Ok(Beneath::root(&self.state.workspace(&self.principal, &name(session)?)?)?)
    }
}

fn name(session: &str) -> Result<SessionName, Failure> {
    SessionName::new(session).map_err(|error| Failure::usage(error.to_string()))
}

fn list(workspace: &Beneath, path: Option<&Path>, json: bool) -> Result<(), Failure> {
    let path = path.unwrap_or(Path::new(""));
    let entries = workspace.walk(path).map_err(|error| named(path, &error))?;
    if json {
        let one = |entry: &BeneathEntry| {
            let kind = if entry.is_folder {
                "folder"
            } else if entry.bytes.is_some() {
                "file"
            } else {
                "other"
            };
            json!({"id": entry.path.to_string_lossy(), "kind": kind, "bytes": entry.bytes})
        };
        output::json(&entries.iter().map(one).collect::<Vec<_>>());
        return Ok(());
    }
    for entry in entries {
        let bytes = entry.bytes.map(|bytes| bytes.to_string()).unwrap_or_default();
        let mark = if entry.is_folder { "/" } else { "" };
        output::data(&format!("{bytes:>12} {}{mark}", harmless(&entry.path.to_string_lossy())));
    }
    Ok(())
}

fn cat(workspace: &Beneath, path: &Path) -> Result<(), Failure> {
    let mut file = workspace.read(path).map_err(|error| named(path, &error))?;
    io::copy(&mut file, &mut io::stdout().lock())?;
    Ok(())
}

/// What programs may not write either is not put there: the next program could not even start.
fn put(workspace: &Beneath, path: &Path, file: &Path, limits: &Limits) -> Result<(), Failure> {
    let from: Box<dyn Read> = match file == Path::new("-") {
        true => Box::new(io::stdin().lock()),
        false => Box::new(File::open(file).map_err(|error| named(file, &error))?),
    };
    let mut to = workspace.replace(path).map_err(|error| named(path, &error))?;
    io::copy(&mut from.take(limits.disk_bytes.saturating_add(1)), &mut to)?;
    if let Some(key) = workspace.over(limits)? {
        let told = format!("{} is not there: with it the session would hold more than {key} allows", path.display());
        return Err(Failure::new(ErrorCode::LimitExceeded, told)
            .hint("`outboard workspace rm SESSION PATH` makes room, or raise the limit"));
    }
    to.finish().map_err(|error| named(path, &error))
}

fn get(workspace: &Beneath, path: &Path, file: &Path) -> Result<(), Failure> {
    let mut from = workspace.read(path).map_err(|error| named(path, &error))?;
    let mut to = File::create_new(file).map_err(|error| named(file, &error))?;
    io::copy(&mut from, &mut to)?;
    Ok(to.flush()?)
}

fn remove(workspace: &Beneath, path: Option<&Path>) -> Result<(), Failure> {
    if let Some(path) = path {
        return workspace.remove(path).map_err(|error| named(path, &error));
    }
    workspace.names()?.iter().try_for_each(|path| workspace.remove(path).map_err(|error| named(path, &error)))
}

fn export(workspace: &Beneath, folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir(folder).map_err(|error| named(folder, &error))?;
    let target = Beneath::root(folder)?;
    let files = workspace.walk(Path::new(""))?.into_iter().filter(|entry| entry.bytes.is_some());
    for entry in files {
        let copied =
            workspace.read(&entry.path).and_then(|mut from| io::copy(&mut from, &mut target.create(&entry.path)?));
        copied.map_err(|error| named(&entry.path, &error))?;
    }
    Ok(())
}

fn named(path: &Path, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::CrossesDevices => Failure::usage(format!("{}: it leads out of the session", path.display())),
        _ => Failure::usage(format!("{}: {error}", path.display())),
    }
}
