//! Where sessions and skills live on disk.

use outboard_types::{Principal, SessionName};
use std::io;
use std::path::{Path, PathBuf};

/// The folder that holds everything Outboard keeps: `.outboard` beside the project's settings.
#[derive(Debug, Clone)]
pub struct StateFolder {
    root: PathBuf,
}

impl StateFolder {
    /// Uses this folder; it is made when first needed.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The journal's file.
    pub fn journal(&self) -> PathBuf {
        self.root.join("journal.sqlite")
    }

    /// Materialised code APIs, one folder a content digest.
    pub fn surfaces(&self) -> PathBuf {
        self.root.join("surfaces")
    }

    /// Cached listings of upstream servers.
    pub fn listings(&self) -> PathBuf {
        self.root.join("listings")
    }

    /// What workspaces were when unfinished executions began.
    pub fn snapshots(&self) -> PathBuf {
        self.root.join("snapshots")
    }

    /// The skills of the project: `/skills` in the jail.
    pub fn skills(&self) -> io::Result<PathBuf> {
        made(self.root.join("skills"))
    }

    /// The sessions of one principal that have a folder, by name.
    pub fn sessions(&self, principal: &Principal) -> io::Result<Vec<SessionName>> {
        let folder = self.root.join("workspaces").join(escape(&principal.0));
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let names = entries.filter_map(|entry| SessionName::new(entry.ok()?.file_name().to_str()?).ok());
        let mut names: Vec<_> = names.collect();
        names.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        Ok(names)
    }

    /// The folder of one session of one principal: `/workspace` in the jail. The principal's name is
    /// escaped, so that two principals never share a folder.
    pub fn workspace(&self, principal: &Principal, session: &SessionName) -> io::Result<PathBuf> {
        made(self.root.join("workspaces").join(escape(&principal.0)).join(session.as_str()))
    }
}

fn made(folder: PathBuf) -> io::Result<PathBuf> {
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Letters, digits, `-` and `_` stay; every other byte becomes `%` and two hexadecimal digits.
fn escape(name: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    name.bytes().map(|byte| if keep(byte) { (byte as char).to_string() } else { format!("%{byte:02x}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_cannot_leave_or_share_a_folder() {
        assert_eq!(escape("../x"), "%2e%2e%2fx");
        assert_ne!(escape("a.b"), escape("a%2eb"));
    }
}
