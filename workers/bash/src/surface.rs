//! The names of servers, as the host wrote them for every engine.

use serde::Deserialize;
use std::path::Path;

/// Largest index that is read, in bytes.
const MOST: u64 = 16 << 20;

#[derive(Deserialize)]
struct Entry {
    server: String,
    folder: String,
    namespace: String,
    package: String,
}

/// The servers of this session.
#[derive(Default)]
pub(crate) struct Surface {
    entries: Vec<Entry>,
}

impl Surface {
    /// Reads the index below a root; empty where there is none.
    pub(crate) fn read(root: &Path) -> Self {
        let path = root.join("servers/.api/index.json");
        let small = std::fs::metadata(&path).is_ok_and(|found| found.len() <= MOST);
        let text = if small { std::fs::read(&path).unwrap_or_default() } else { Vec::new() };
        Self { entries: serde_json::from_slice(&text).unwrap_or_default() }
    }

    /// Whether this is one of the names of a server.
    pub(crate) fn is_server(&self, name: &str) -> bool {
        self.entries
            .iter()
            .any(|one| [&one.server, &one.folder, &one.namespace, &one.package].contains(&&name.to_owned()))
    }

    /// The servers' own names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|one| one.server.as_str())
    }
}
