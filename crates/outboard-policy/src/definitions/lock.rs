//! Which definitions are accepted. A pin stays when its tool vanishes from the listing, so a tool that
//! comes back as something else is noticed.

use super::file;
use crate::canonical_definition;
use outboard_catalog::Tool;
use outboard_types::{Digest, ServerName, ToolName};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A lock file or a kept definition that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}; {todo}", path.display())]
pub struct LockProblem {
    /// Which file.
    pub path: PathBuf,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub todo: &'static str,
}

/// The accepted definition of one tool.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// SHA-256 of the canonical definition.
    pub sha256: Digest,
    /// When the tool was first accepted, as the caller wrote it.
    pub first_seen: String,
    /// When this definition was accepted.
    pub accepted: String,
}

/// How a tool compares with what is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pin {
    /// Nothing is accepted under its name.
    New,
    /// It is what was accepted.
    Same,
    /// It is not what was accepted.
    Changed {
        /// What was.
        accepted: Accepted,
        /// What is.
        now: Digest,
    },
}

/// What the file holds about one server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServerPins {
    pub(super) package: Option<String>,
    #[serde(default)]
    pub(super) tools: BTreeMap<ToolName, Accepted>,
}

/// All servers, sorted.
pub(super) type Pins = BTreeMap<ServerName, ServerPins>;

/// An edit that is not yet in the file.
#[derive(Debug, Clone)]
pub(super) enum Edit {
    Accept(ServerName, ToolName, Accepted),
    Forget(ServerName, Option<ToolName>),
    Package(ServerName, String),
}

/// The lock file in memory, with edits that `save` merges into whatever the file holds by then.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    pins: Pins,
    edits: Vec<Edit>,
}

impl Lock {
    /// Reads the file; one that is not there is empty.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LockProblem> {
        let path = path.as_ref().to_owned();
        Ok(Self { pins: file::read(&path)?, path, edits: Vec::new() })
    }

    /// The digest under which a definition is pinned: SHA-256 of its canonical text.
    pub fn digest(tool: &Tool) -> Digest {
        Digest::of(canonical(tool))
    }

    /// Compares a tool with what is accepted.
    pub fn check(&self, tool: &Tool) -> Pin {
        let Some(accepted) = self.accepted(&tool.id.server, &tool.id.tool) else { return Pin::New };
        match Self::digest(tool) {
            now if now == accepted.sha256 => Pin::Same,
            now => Pin::Changed { accepted: accepted.clone(), now },
        }
    }

    /// What is accepted under a name.
    pub fn accepted(&self, server: &ServerName, tool: &ToolName) -> Option<&Accepted> {
        self.pins.get(server)?.tools.get(tool)
    }

    /// Accepts a tool as it is now; `today` is kept as written. Returns the digest.
    pub fn accept(&mut self, tool: &Tool, today: &str) -> Digest {
        let (server, name) = (&tool.id.server, &tool.id.tool);
        let sha256 = Self::digest(tool);
        if self.accepted(server, name).is_some_and(|accepted| accepted.sha256 == sha256) {
            return sha256;
        }
        let first_seen = self.accepted(server, name).map_or(today, |before| &before.first_seen).to_owned();
        let accepted = Accepted { sha256, first_seen, accepted: today.to_owned() };
        self.edit(Edit::Accept(server.clone(), name.clone(), accepted));
        sha256
    }

    /// Forgets one tool, or a whole server.
    pub fn forget(&mut self, server: &ServerName, tool: Option<&ToolName>) {
        self.edit(Edit::Forget(server.clone(), tool.cloned()));
    }

    /// Names the package or command line that a server was accepted with.
    pub fn pin_package(&mut self, server: &ServerName, package: &str) {
        if self.package(server) != Some(package) {
            self.edit(Edit::Package(server.clone(), package.to_owned()));
        }
    }

    /// The package or command line that a server was accepted with.
    pub fn package(&self, server: &ServerName) -> Option<&str> {
        self.pins.get(server)?.package.as_deref()
    }

    /// Accepted tools that a listing no longer holds.
    pub fn missing<'a>(&'a self, server: &ServerName, listed: &[Tool]) -> Vec<&'a ToolName> {
        let gone = |name: &&ToolName| !listed.iter().any(|tool| tool.id.tool == **name);
        self.pins.get(server).into_iter().flat_map(|pins| pins.tools.keys()).filter(gone).collect()
    }

    /// Merges the edits into the file: under an advisory lock it is read again, edited and replaced in one
    /// step. Others' edits to other tools stay; of two for one tool the later counts.
    pub fn save(&mut self) -> Result<(), LockProblem> {
        self.pins = file::merge(&self.path, &self.edits)?;
        self.edits.clear();
        Ok(())
    }

    fn edit(&mut self, edit: Edit) {
        edit.apply(&mut self.pins);
        self.edits.push(edit);
    }
}

impl Edit {
    pub(super) fn apply(&self, pins: &mut Pins) {
        match self {
            Edit::Accept(server, tool, accepted) => {
                pins.entry(server.clone()).or_default().tools.insert(tool.clone(), accepted.clone());
            }
            Edit::Forget(server, None) => {
                pins.remove(server);
            }
            Edit::Forget(server, Some(tool)) => {
                pins.get_mut(server).map(|pins| pins.tools.remove(tool));
            }
            Edit::Package(server, package) => {
                pins.entry(server.clone()).or_default().package = Some(package.clone());
            }
        }
    }
}

/// The canonical text of a tool; its definition was valid JSON when it was listed.
pub(super) fn canonical(tool: &Tool) -> String {
    canonical_definition(&serde_json::from_str(tool.raw.get()).unwrap_or_default())
}
