//! What is remembered of a server between runs: one file each, named by its configuration.

use super::handshake::Era;
use super::offers::Offers;
use super::spec::UpstreamSpec;
use outboard_types::Digest;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::path::{Path, PathBuf};

/// The form of the file; others are ignored.
const FORMAT: u32 = 2;

/// The memory of one server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Remembered {
    format: u32,
    /// The era found by the probe.
    pub(super) era: Era,
    /// The revision agreed upon.
    pub(super) protocol_version: String,
    /// Its title.
    pub(super) title: Option<String>,
    /// What it tells models.
    pub(super) instructions: Option<String>,
    /// Roughly what its definitions would cost a model.
    pub(super) token_estimate: u64,
    /// Its tools, unfiltered and raw.
    pub(super) tools: Vec<Box<RawValue>>,
    /// What else it lists.
    pub(super) offers: Offers,
    /// What it declares to offer.
    pub(super) capabilities: serde_json::Value,
}

impl Remembered {
    /// Remembers a greeting and a listing.
    pub(super) fn new(greeting: &super::handshake::Greeting, tools: Vec<Box<RawValue>>, offers: Offers) -> Self {
        Self {
            format: FORMAT,
            era: greeting.era,
            protocol_version: greeting.version.clone(),
            title: greeting.title.clone(),
            instructions: greeting.instructions.clone(),
            token_estimate: super::listing::estimate_tokens(&tools),
            tools,
            offers,
            capabilities: greeting.capabilities.clone(),
        }
    }
}

/// The file for a server: another configuration or account gets another file.
pub(super) fn path(folder: &Path, spec: &UpstreamSpec) -> PathBuf {
    let digest = spec.transport.digest().short();
    let account = spec.keeper.as_ref().filter(|keeper| keeper.id().is_particular());
    let account = account.map(|keeper| format!("-{}", Digest::of(keeper.id().to_string()).short()));
    folder.join(format!("{}-{digest}{}.json", spec.name, account.unwrap_or_default()))
}

/// Reads it; nothing if it is absent or of another form.
pub(super) fn read(path: &Path) -> Option<Remembered> {
    let text = std::fs::read_to_string(path).ok()?;
    serde_json::from_str::<Remembered>(&text).ok().filter(|memory| memory.format == FORMAT)
}

/// Writes it whole or not at all.
pub(super) fn write(path: &Path, memory: &Remembered) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let part = path.with_extension(format!("{}.part", super::tree::new_mark()));
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
    let written = serde_json::to_writer(std::io::BufWriter::new(file), memory).map_err(std::io::Error::other);
    written.and_then(|()| std::fs::rename(&part, path)).inspect_err(|_| drop(std::fs::remove_file(&part)))
}
