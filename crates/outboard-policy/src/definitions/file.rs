//! The text of `outboard.lock`: sorted, one line a tool, so that a version control diff reads well.

use super::lock::{Edit, LockProblem, Pins};
use serde::Deserialize;
use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The format that is written, and the only one that is read.
const VERSION: u32 = 1;
/// Longer files are refused.
const MAX_BYTES: u64 = 64 << 20;
/// How often, at 20 ms each, a busy file is tried.
const TRIES: u32 = 250;

const HEAD: &str = "# Tool definitions that were accepted. Commit this file; `outboard` writes it.\n\
                    # A tool whose definition no longer has its digest is blocked until it is accepted again.\n";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    #[serde(default)]
    servers: Pins,
}

/// What the file holds; nothing if it is not there.
pub(super) fn read(path: &Path) -> Result<Pins, LockProblem> {
    let todo = "check that it is a file that you may read";
    let size = match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Pins::new()),
        Err(error) => return Err(problem(path, error, todo)),
        Ok(metadata) => metadata.len(),
    };
    if size > MAX_BYTES {
        return Err(problem(path, "it has more than 64 MiB", "restore it from version control"));
    }
    let text = fs::read_to_string(path).map_err(|error| problem(path, error, todo))?;
    let todo = "resolve merge conflicts in it or restore it from version control";
    let document: Document = toml::from_str(&text).map_err(|error| problem(path, error, todo))?;
    if document.version != VERSION {
        let what = format!("its version is {}, this program reads {VERSION}", document.version);
        return Err(problem(path, what, "update Outboard"));
    }
    Ok(document.servers)
}

/// Reads, edits and replaces the file while holding its folder's advisory lock; the folder, because the
/// file itself is replaced.
pub(super) fn merge(path: &Path, edits: &[Edit]) -> Result<Pins, LockProblem> {
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let _guard = guard(path)?;
    let mut pins = read(path)?;
    if edits.is_empty() {
        return Ok(pins);
    }
    edits.iter().for_each(|edit| edit.apply(&mut pins));
    replace(path, &render(&pins))?;
    Ok(pins)
}

/// Writes a file beside the target and renames it, so that readers see the old or the new one whole.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), LockProblem> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    });
    written.map_err(|error| {
        // What is left of it would only confuse.
        let _ = fs::remove_file(&beside);
        problem(path, error, "check that its folder may be written and the disk is not full")
    })
}

fn guard(path: &Path) -> Result<File, LockProblem> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let file = File::open(&folder).map_err(|error| problem(&folder, error, "create the folder first"))?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
            Err(TryLockError::Error(error)) => {
                return Err(problem(path, error, "use a file system that supports advisory locks"));
            }
        }
    }
    Err(problem(path, "another program has been writing it for 5 s", "end that program and try again"))
}

fn render(pins: &Pins) -> String {
    let mut text = format!("{HEAD}version = {VERSION}\n");
    for (server, pins) in pins {
        let server = quoted(server.as_str());
        if let Some(package) = &pins.package {
            text += &format!("\n[servers.{server}]\npackage = {}\n", quoted(package));
        }
        text += &format!("\n[servers.{server}.tools]\n");
        for (tool, accepted) in &pins.tools {
            let (first, last) = (quoted(&accepted.first_seen), quoted(&accepted.accepted));
            let digest = accepted.sha256;
            text += &format!(
                "{} = {{ sha256 = \"{digest}\", first_seen = {first}, accepted = {last} }}\n",
                quoted(tool.as_str())
            );
        }
    }
    text
}

/// A TOML basic string; JSON's escapes are TOML's too, except that TOML escapes DEL.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

pub(super) fn problem(path: &Path, problem: impl ToString, todo: &'static str) -> LockProblem {
    LockProblem { path: path.to_owned(), problem: problem.to_string().trim().to_owned(), todo }
}
