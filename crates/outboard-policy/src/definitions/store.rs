//! Accepted definitions by digest, so that a later change can be shown: `<sha256>.json`, whose bytes have
//! that digest; or, where many were accepted at once, a line `<sha256> <definition>` in a pack.

use super::file::{problem, replace};
use super::lock::{LockProblem, canonical};
use outboard_catalog::Tool;
use outboard_types::Digest;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// How packs end.
const PACK: &str = "pack";

/// A folder of definitions.
#[derive(Debug, Clone)]
pub struct Definitions {
    folder: PathBuf,
}

impl Definitions {
    /// Uses a folder; it is made when the first definition is kept.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Keeps a tool's definition.
    pub fn keep(&self, tool: &Tool) -> Result<Digest, LockProblem> {
        let text = canonical(tool);
        let digest = Digest::of(&text);
        fs::create_dir_all(&self.folder)
            .map_err(|error| problem(&self.folder, error, "check that the folder may be made"))?;
        if self.read(&digest).is_ok_and(|kept| kept.is_some()) {
            return Ok(digest);
        }
        replace(&self.path(&digest), &text)?;
        Ok(digest)
    }

    /// Keeps the definitions of tools that were accepted together, in one file: a disk that is asked to hold ten
    /// thousand files for certain, one after the other, takes minutes.
    pub fn keep_all(&self, tools: &[&Tool]) -> Result<(), LockProblem> {
        if let [tool] = tools {
            return self.keep(tool).map(drop);
        }
        let texts = tools.iter().map(|tool| canonical(tool));
        let lines: BTreeMap<String, String> = texts.map(|text| (Digest::of(&text).to_string(), text)).collect();
        let pack: String = lines.iter().map(|(digest, text)| format!("{digest} {text}\n")).collect();
        if pack.is_empty() {
            return Ok(());
        }
        fs::create_dir_all(&self.folder)
            .map_err(|error| problem(&self.folder, error, "check that the folder may be made"))?;
        replace(&self.folder.join(format!("{}.{PACK}", Digest::of(&pack))), &pack)
    }

    /// A kept definition; `None` if it is not there. One whose bytes do not have the digest is refused.
    pub fn read(&self, digest: &Digest) -> Result<Option<Value>, LockProblem> {
        let path = self.path(digest);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => match self.packed(digest) {
                Some(text) => text.into_bytes(),
                None => return Ok(None),
            },
            Err(error) => return Err(problem(&path, error, "check that you may read it")),
            Ok(bytes) => bytes,
        };
        let todo = "delete it; it is written again when the tool is accepted";
        if Digest::of(&bytes) != *digest {
            return Err(problem(&path, "its content was changed", todo));
        }
        serde_json::from_slice(&bytes).map(Some).map_err(|error| problem(&path, error, todo))
    }

    /// The line of a pack. One that cannot be read counts as not there, like what it holds.
    fn packed(&self, digest: &Digest) -> Option<String> {
        let line = format!("{digest} ");
        let files = fs::read_dir(&self.folder).ok()?.flatten().map(|entry| entry.path());
        files.filter(|path| path.extension().is_some_and(|ending| ending == PACK)).find_map(|path| {
            let text = fs::read_to_string(path).ok()?;
            let start = if text.starts_with(&line) { 0 } else { text.find(&format!("\n{line}"))? + 1 };
            text[start + line.len()..].lines().next().map(str::to_owned)
        })
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(format!("{digest}.json"))
    }
}
