//! Servers of other clients written into our settings.

use super::file::ClientFile;
use super::found::{Found, Status};
use crate::cli::Cli;
use crate::failure::Failure;
use crate::{compose, folders};
use outboard_hosts::{Addition, Scope, add_servers};
use outboard_types::{Digest, ErrorCode};
use std::path::{Path, PathBuf};

/// A settings file of ours, and what goes into it.
pub(crate) struct Target {
    /// The file.
    pub(crate) file: PathBuf,
    /// Servers that were written.
    pub(crate) servers: usize,
    /// The copy of what was there before.
    pub(crate) backup: Option<PathBuf>,
}

/// The settings file that a server of this scope belongs into.
fn file_for(cli: &Cli, scope: Scope, project: bool) -> Result<PathBuf, Failure> {
    let here = || Ok(std::env::current_dir()?.join("outboard.toml"));
    match (&cli.config, scope) {
        (Some(file), _) => Ok(std::path::absolute(file)?),
        (None, Scope::Project) => here(),
        (None, Scope::User) if project => here(),
        (None, Scope::User) => folders::user_settings()
            .ok_or_else(|| Failure::usage("HOME is not set").hint("name a file with --config FILE")),
    }
}

/// Writes what is taken, a file at a time; a file that would not be read afterwards is put back.
pub(crate) fn take(cli: &Cli, found: &[Found], project: bool) -> Result<Vec<Target>, Failure> {
    let mut targets = Vec::new();
    for scope in [Scope::User, Scope::Project] {
        let file = file_for(cli, scope, project)?;
        let taken: Vec<&Found> =
            found.iter().filter(|found| found.status == Status::Taken && found.scope == scope).collect();
        if !taken.is_empty() {
            targets.push(write(cli, &file, &taken)?);
        }
    }
    Ok(targets)
}

fn write(cli: &Cli, file: &Path, taken: &[&Found]) -> Result<Target, Failure> {
    let kept = ClientFile::open(file, None)?;
    let servers = taken.iter().filter_map(|found| Some((found, found.server.as_ref()?)));
    let additions: Vec<_> =
        servers.map(|(found, server)| Addition { name: &found.name, server, comment: found.comment() }).collect();
    let after = add_servers(kept.text(), &additions).map_err(|error| {
        Failure::new(ErrorCode::InvalidSettings, format!("{}: {error}", file.display())).hint("correct the file first")
    })?;
    let backup = kept.text.as_deref().map(|text| backup(file, text)).transpose()?;
    kept.replace(Some(&after))?;
    if let Err(failure) = compose::settings(cli) {
        ClientFile::open(file, None)?.replace(kept.text.as_deref())?;
        return Err(failure.hint("this would have come of it; nothing was changed"));
    }
    Ok(Target { file: file.to_owned(), servers: additions.len(), backup })
}

/// Keeps a copy of a file for people, in our data folder, for the user alone.
fn backup(file: &Path, text: &str) -> Result<PathBuf, Failure> {
    let folder = folders::data().ok_or_else(|| Failure::usage("HOME is not set"))?.join("backups");
    let mark = Digest::of_all([file.as_os_str().as_encoded_bytes(), text.as_bytes()]).short();
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let copy = ClientFile::open(&folder.join(format!("{name}.{mark}")), None)?;
    copy.replace(Some(text))?;
    Ok(copy.path)
}
