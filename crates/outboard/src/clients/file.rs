//! A settings file of another program: read once, replaced whole or not at all.

use crate::failure::Failure;
use outboard_hosts::LONGEST_FILE;
use outboard_types::ErrorCode;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A file as it was found.
pub(crate) struct ClientFile {
    /// The path as it is known to people.
    pub(crate) path: PathBuf,
    /// What it held; none if it was not there.
    pub(crate) text: Option<String>,
    /// Where links lead.
    real: PathBuf,
    mode: u32,
    owner: Option<u32>,
}

/// A text of a file as a terminal may show it.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

impl ClientFile {
    /// Reads a file. Links are followed, but not out of `within`: a project of somebody else must not make us
    /// write into the user's own files.
    pub(crate) fn open(path: &Path, within: Option<&Path>) -> Result<Self, Failure> {
        let refused = |why: String| {
            Failure::new(ErrorCode::InvalidSettings, format!("{}: {why}", path.display()))
                .hint("nothing was changed; look at the file, or at where its link leads")
        };
        let real = match std::fs::symlink_metadata(path) {
            Ok(_) => std::fs::canonicalize(path).map_err(|error| refused(format!("cannot be followed: {error}")))?,
            Err(error) if error.kind() == ErrorKind::NotFound => existing_parent(path)?,
            Err(error) => return Err(refused(format!("cannot be read: {error}"))),
        };
        if let Some(within) = within
            && !real.starts_with(std::fs::canonicalize(within)?)
        {
            return Err(refused(format!("leads out of {}", within.display())));
        }
        let found = match std::fs::metadata(&real) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Self { path: path.to_owned(), text: None, real, mode: 0o600, owner: None });
            }
            Err(error) => return Err(refused(format!("cannot be read: {error}"))),
        };
        if !found.is_file() {
            return Err(refused("is no file".into()));
        }
        let text = read(&real).map_err(|error| refused(format!("cannot be read: {error}")))?;
        let (mode, owner) = (found.permissions().mode() & 0o7777, Some(found.uid()));
        Ok(Self { path: path.to_owned(), text: Some(text), real, mode, owner })
    }

    /// What it held; nothing if it was not there.
    pub(crate) fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    /// Puts another text in place in one step, with the file's mode; `None` takes the file away. Refuses if
    /// somebody else changed it in the meantime.
    pub(crate) fn replace(&self, text: Option<&str>) -> Result<(), Failure> {
        let refused = |why: String| {
            let problem = format!("{}: {why}", self.path.display());
            Failure::new(ErrorCode::Internal, problem).hint("nothing was changed; end the client, and try again")
        };
        let now = match read(&self.real) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(refused(format!("cannot be read: {error}"))),
        };
        if now != self.text {
            return Err(refused("was changed by another program just now".into()));
        }
        match text {
            Some(text) => self.write(text).map_err(|error| refused(format!("cannot be written: {error}"))),
            None if now.is_none() => Ok(()),
            None => {
                std::fs::remove_file(&self.real).map_err(|error| refused(format!("cannot be removed: {error}")))?;
                // Only if nothing else is in it.
                self.real.parent().into_iter().for_each(|folder| drop(std::fs::remove_dir(folder)));
                Ok(())
            }
        }
    }

    fn write(&self, text: &str) -> std::io::Result<()> {
        let folder = self.real.parent().unwrap_or(Path::new("/"));
        std::fs::create_dir_all(folder)?;
        let mut new = tempfile::Builder::new().prefix(".outboard-").tempfile_in(folder)?;
        let us = new.as_file().metadata()?.uid();
        if self.owner.is_some_and(|owner| owner != us) {
            return Err(std::io::Error::other("it belongs to another user"));
        }
        new.write_all(text.as_bytes())?;
        new.as_file().set_permissions(std::fs::Permissions::from_mode(self.mode))?;
        new.as_file().sync_all()?;
        new.persist(&self.real).map_err(|error| error.error)?;
        std::fs::File::open(folder)?.sync_all()
    }
}

/// Where a file that is not there would be, with the links of its folders followed.
fn existing_parent(path: &Path) -> Result<PathBuf, Failure> {
    for folder in path.ancestors().skip(1) {
        if let Ok(real) = std::fs::canonicalize(folder) {
            return Ok(real.join(path.strip_prefix(folder).unwrap_or(path)));
        }
    }
    Ok(path.to_owned())
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let file = std::fs::File::open(path)?;
    file.take(LONGEST_FILE as u64 + 1).read_to_string(&mut text)?;
    if text.len() > LONGEST_FILE {
        return Err(std::io::Error::other(format!("has more than {LONGEST_FILE} bytes")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_stays_a_link_and_the_mode_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.json"), folder.path().join("link.json"));
        std::fs::write(&real, "{}").unwrap();
        std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
        symlink("real.json", &link).unwrap();
        ClientFile::open(&link, None).ok().unwrap().replace(Some("{1}")).ok().unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read_to_string(&real).unwrap(), "{1}");
        assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
    }

    #[test]
    fn what_changed_meanwhile_what_leads_away_and_what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (project, file) = (folder.path().join("project"), folder.path().join("own.json"));
        std::fs::create_dir(&project).unwrap();
        std::fs::write(&file, "{}").unwrap();
        let kept = ClientFile::open(&file, None).ok().unwrap();
        std::fs::write(&file, "{2}").unwrap();
        assert!(kept.replace(Some("{1}")).is_err());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "{2}");
        symlink(&file, project.join(".mcp.json")).unwrap();
        symlink("nowhere", project.join("dangling")).unwrap();
        symlink(folder.path(), project.join(".cursor")).unwrap();
        for bad in [".mcp.json", "dangling", ".cursor/new.json", "."] {
            assert!(ClientFile::open(&project.join(bad), Some(&project)).is_err(), "{bad}");
        }
        assert!(ClientFile::open(&project.join("deep/new.json"), Some(&project)).is_ok());
    }
}
