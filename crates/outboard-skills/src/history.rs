//! Every version of every skill: contents by their digest, and a log of what happened to each name.

use crate::disk::Disk;
use crate::view::Place;
use crate::{Files, SkillError, SkillName};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use outboard_types::Digest;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What happened to a skill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// A new version was saved.
    Save,
    /// A version was found in the folder that nobody had saved.
    Found,
    /// An earlier version was put back.
    Rollback,
    /// It came from a file or folder.
    Import,
    /// A person approved what a model had saved.
    Approve,
    /// A person refused what a model had saved.
    Deny,
    /// It was removed; its versions are kept.
    Remove,
}

/// Who changes a skill, and why.
#[derive(Debug, Clone)]
pub struct Change {
    /// What is done.
    pub what: What,
    /// `model` or a person.
    pub by: String,
    /// The execution that it comes from.
    pub execution: Option<String>,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}

/// One line of a skill's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What happened.
    pub what: What,
    /// The version that was there afterwards; of a removal, the one that was removed.
    pub version: Digest,
    /// Where.
    pub place: Place,
    /// Who.
    pub by: String,
    /// The execution that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution: Option<String>,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}

#[derive(Serialize, Deserialize)]
struct Packed {
    path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

/// The history's folder.
#[derive(Debug)]
pub(crate) struct History {
    folder: PathBuf,
}

impl History {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn object(&self, version: &Digest) -> PathBuf {
        let name = version.to_string();
        self.folder.join("objects").join(&name[..2]).join(format!("{name}.json"))
    }

    fn log(&self, name: &SkillName) -> PathBuf {
        self.folder.join("log").join(format!("{name}.jsonl"))
    }

    /// Keeps the files of a version.
    pub(crate) fn keep(&self, disk: &Disk, files: &Files) -> Result<Digest, SkillError> {
        let version = files.version();
        let path = self.object(&version);
        // What is there under its digest is whole: it got that name last.
        if !path.exists() {
            let packed: Vec<Packed> = files.iter().map(|(path, bytes)| pack(path, bytes)).collect();
            let bytes = serde_json::to_vec(&packed).map_err(|error| SkillError::refused(error.to_string()))?;
            disk.replace(&path, &bytes).map_err(|error| SkillError::disk(&path, &error))?;
        }
        Ok(version)
    }

    /// The files of a version.
    pub(crate) fn files(&self, version: &Digest) -> Result<Files, SkillError> {
        let path = self.object(version);
        let bytes = std::fs::read(&path)
            .map_err(|_| SkillError::unknown(format!("version {} is not kept", version.short())))?;
        let packed: Vec<Packed> =
            serde_json::from_slice(&bytes).map_err(|error| SkillError::disk(&path, &error.into()))?;
        let mut files = Files::new();
        for one in packed {
            let decoded = one.base64.map(|text| STANDARD.decode(text)).transpose();
            let decoded = decoded.map_err(|error| SkillError::refused(error.to_string()))?;
            files.add(&one.path, decoded.unwrap_or_else(|| one.text.unwrap_or_default().into_bytes()))?;
        }
        match files.version() == *version {
            true => Ok(files),
            false => Err(SkillError::refused(format!("{} does not hold what its name says", path.display()))
                .hint("somebody changed it; import the skill again, or roll back to another version")),
        }
    }

    /// Writes a line.
    pub(crate) fn note(&self, disk: &Disk, name: &SkillName, entry: &Entry) -> Result<(), SkillError> {
        let path = self.log(name);
        let line = serde_json::to_string(entry).map_err(|error| SkillError::refused(error.to_string()))?;
        disk.append(&path, &line).map_err(|error| SkillError::disk(&path, &error))
    }

    /// What happened to a name, first things first. A line that a crash left unfinished is none.
    pub(crate) fn of(&self, name: &SkillName) -> Vec<Entry> {
        let text = std::fs::read(self.log(name)).unwrap_or_default();
        String::from_utf8_lossy(&text).lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The folder of something else that is kept of skills.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

fn pack(path: &str, bytes: &[u8]) -> Packed {
    let text = std::str::from_utf8(bytes).ok().map(str::to_owned);
    let base64 = if text.is_none() { Some(STANDARD.encode(bytes)) } else { None };
    Packed { path: path.to_owned(), text, base64 }
}
