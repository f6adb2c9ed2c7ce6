//! Accepted definitions by digest, so that a later change can be shown: `<sha256>.json`, whose bytes have
//! that digest.

use super::file::{problem, replace};
use super::lock::{LockProblem, canonical};
use outboard_catalog::Tool;
use outboard_types::Digest;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

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

    /// A kept definition; `None` if it is not there. One whose bytes do not have the digest is refused.
    pub fn read(&self, digest: &Digest) -> Result<Option<Value>, LockProblem> {
        let path = self.path(digest);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(problem(&path, error, "check that you may read it")),
            Ok(bytes) => bytes,
        };
        let todo = "delete it; it is written again when the tool is accepted";
        if Digest::of(&bytes) != *digest {
            return Err(problem(&path, "its content was changed", todo));
        }
        serde_json::from_slice(&bytes).map(Some).map_err(|error| problem(&path, error, todo))
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(format!("{digest}.json"))
    }
}
