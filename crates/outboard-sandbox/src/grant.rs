//! What one worker gets: read this file to learn everything that a program can reach.

use crate::files::FileGrant;
use outboard_types::Language;
use std::path::{Path, PathBuf};

/// What a worker may do. Built empty: no files, no network, no environment; one method per capability.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Grant {
    /// The language, which chooses the worker's program.
    pub language: Language,
    /// The engine by name; absent = the first one of the language.
    pub engine: Option<String>,
    /// Folders of the host that the worker sees.
    pub mounts: Vec<Mount>,
    /// Folders of the host that the operator grants; attached after `mounts`.
    pub files: Vec<FileGrant>,
    /// Whether the worker may connect to 127.0.0.1:3128 of its own network, where the host listens.
    pub network: bool,
}

/// A folder of the host that a worker sees. Never with set-uid files, devices or executables in effect.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mount {
    /// The folder.
    pub source: PathBuf,
    /// Where the worker sees it: an absolute path of one name, such as `/servers`.
    pub target: &'static str,
    /// Whether the worker may write there.
    pub writable: bool,
}

impl Grant {
    /// Grants nothing but running a program of this language.
    pub fn new(language: Language) -> Self {
        Self { language, engine: None, mounts: Vec::new(), files: Vec::new(), network: false }
    }

    /// Chooses another engine of the language than its first.
    #[must_use]
    pub fn engine(mut self, name: &str) -> Self {
        self.engine = Some(name.to_owned());
        self
    }

    /// Lets the worker connect to 127.0.0.1:3128, and to nothing else: who accepts there is the host, through
    /// [`crate::Worker::listener`]. The network that this port is in is the worker's own and has no way out.
    #[must_use]
    pub fn network(mut self) -> Self {
        self.network = true;
        self
    }

    /// Shows a folder that has passed [`FileGrant::checked`].
    #[must_use]
    pub fn file(mut self, folder: FileGrant) -> Self {
        self.files.push(folder);
        self
    }

    /// Shows a folder that cannot be changed.
    #[must_use]
    pub fn read_only(self, source: &Path, target: &'static str) -> Self {
        self.mount(source, target, false)
    }

    /// Shows a folder that can be changed; what is written stays.
    #[must_use]
    pub fn writable(self, source: &Path, target: &'static str) -> Self {
        self.mount(source, target, true)
    }

    fn mount(mut self, source: &Path, target: &'static str, writable: bool) -> Self {
        self.mounts.push(Mount { source: source.to_owned(), target, writable });
        self
    }
}

impl Mount {
    /// Whether the target is a single name below the root that the jail does not use itself.
    pub(crate) fn target_is_free(&self) -> bool {
        const OWN: [&str; 9] = ["dev", "etc", "lib", "lib64", "outboard", "proc", "python", "tmp", "usr"];
        match self.target.strip_prefix('/') {
            None | Some("" | "." | "..") => false,
            Some(name) => !name.contains(['/', '\0']) && !OWN.contains(&name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_single_free_names_are_targets() {
        for (target, free) in [
            ("/servers", true),
            ("/workspace", true),
            ("servers", false),
            ("/", false),
            ("/..", false),
            ("/a/b", false),
            ("/tmp", false),
        ] {
            let mount = Mount { source: PathBuf::new(), target, writable: false };
            assert_eq!(mount.target_is_free(), free, "{target}");
        }
    }
}
