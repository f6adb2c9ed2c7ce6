//! What a client's file held before our entry came into it, so that it can be put back as it was.

use super::file::ClientFile;
use crate::failure::Failure;
use crate::folders;
use outboard_hosts::{Format, Host, insert, is_own, raw_entries, remove};
use outboard_types::{Digest, ErrorCode};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The name of our entry.
pub(crate) const NAME: &str = "outboard";

/// What was done to one file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Record {
    /// The file.
    pub(crate) file: PathBuf,
    /// What it held before; none if there was no file.
    pub(crate) before: Option<String>,
    /// What it held afterwards.
    pub(crate) after: Digest,
    /// The servers that were moved behind ours.
    pub(crate) moved: Vec<String>,
}

impl Record {
    fn path(host: &Host, file: &Path) -> Result<PathBuf, Failure> {
        let folder = folders::data().ok_or_else(|| Failure::usage("HOME is not set"))?.join("clients");
        let mark = Digest::of(file.as_os_str().as_encoded_bytes()).short();
        Ok(folder.join(format!("{}-{mark}.json", host.id)))
    }

    /// What is known of a file; nothing if it was never changed.
    pub(crate) fn load(host: &Host, file: &Path) -> Result<Option<Self>, Failure> {
        let path = Self::path(host, file)?;
        let kept = ClientFile::open(&path, None)?;
        let Some(text) = &kept.text else { return Ok(None) };
        let record = serde_json::from_str(text).map_err(|error| {
            Failure::new(ErrorCode::Internal, format!("{}: {error}", path.display()))
                .hint("the record is damaged; remove it, and take the entry out of the client's file by hand")
        })?;
        Ok(Some(record))
    }

    /// Writes it down; gives the place.
    pub(crate) fn save(&self, host: &Host) -> Result<PathBuf, Failure> {
        let path = Self::path(host, &self.file)?;
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Failure::new(ErrorCode::Internal, format!("{}: {error}", path.display())))?;
        ClientFile::open(&path, None)?.replace(Some(&text))?;
        Ok(path)
    }

    /// Forgets it.
    pub(crate) fn forget(host: &Host, file: &Path) -> Result<(), Failure> {
        ClientFile::open(&Self::path(host, file)?, None)?.replace(None)
    }

    /// Whether nobody changed the file since.
    pub(crate) fn untouched(&self, text: &str) -> bool {
        Digest::of(text) == self.after
    }

    /// What the file should hold without us: exactly what it held before if nobody else changed it, else what it
    /// holds now without our entry and with the servers that were moved.
    pub(crate) fn restored(
        &self,
        format: Format,
        keys: &[String],
        now: Option<&str>,
    ) -> Result<Option<String>, Failure> {
        let Some(now) = now else { return Ok(None) };
        if self.untouched(now) {
            return Ok(self.before.clone());
        }
        let failed = |error| damaged(&self.file, error);
        let ours = raw_entries(format, now, keys).map_err(failed)?;
        let ours: Vec<String> =
            ours.into_iter().filter(|raw| raw.name == NAME && is_own(&raw.value)).map(|raw| raw.name).collect();
        let mut text = remove(format, now, keys, &ours).map_err(failed)?;
        let here: Vec<String> =
            raw_entries(format, &text, keys).map_err(failed)?.into_iter().map(|raw| raw.name).collect();
        let before = raw_entries(format, self.before.as_deref().unwrap_or_default(), keys).map_err(failed)?;
        for raw in before.iter().filter(|raw| self.moved.contains(&raw.name) && !here.contains(&raw.name)) {
            text = insert(format, &text, keys, &raw.name, &raw.value).map_err(failed)?;
        }
        Ok(Some(text))
    }
}

/// The text without any entry that starts us, where nothing is known of how it came there.
pub(crate) fn without_ours(format: Format, keys: &[String], text: &str, file: &Path) -> Result<String, Failure> {
    let entries = raw_entries(format, text, keys).map_err(|error| damaged(file, error))?;
    let ours: Vec<String> = entries.into_iter().filter(|raw| is_own(&raw.value)).map(|raw| raw.name).collect();
    remove(format, text, keys, &ours).map_err(|error| damaged(file, error))
}

/// A client's file that cannot be read or changed.
pub(crate) fn damaged(file: &Path, error: outboard_hosts::HostError) -> Failure {
    Failure::new(ErrorCode::InvalidSettings, format!("{}: {error}", file.display()))
        .hint("nothing was changed; correct the file, or write the entry by hand (docs/import.md)")
}
