//! How tools fared when they were called: counts, kept between processes, for the ranking of searches.
//!
//! Only what a tool itself did counts. Calls that were refused on their way say nothing of it.

use outboard_search::Usage;
use outboard_types::{ErrorCode, ToolError, ToolId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;

/// Tools that are counted at most; beyond, those that were used least go.
const MOST: usize = 20_000;

/// From so many calls on all counts are halved, so that what lately happened weighs more.
const MANY: u32 = 1_000;

/// Counts by tool.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    counts: HashMap<ToolId, Usage>,
}

/// One line of the file.
#[derive(Serialize, Deserialize)]
struct Stored {
    tool: ToolId,
    calls: u32,
    well: u32,
}

impl Uses {
    /// Reads a file; what cannot be read is counted anew.
    pub(crate) fn read(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let lines = text.lines().take(MOST).filter_map(|line| serde_json::from_str::<Stored>(line).ok());
        let usage =
            |one: Stored| (one.tool, Usage { count: one.calls.min(MANY), success: one.well.min(one.calls).min(MANY) });
        Self { counts: lines.map(usage).collect() }
    }

    /// Counts a call; says whether it counted.
    pub(crate) fn count(&mut self, tool: &ToolId, failed: Option<&ToolError>) -> bool {
        let own = [ErrorCode::ToolFailed, ErrorCode::Timeout, ErrorCode::UpstreamLost];
        if failed.is_some_and(|error| !own.contains(&error.code)) {
            return false;
        }
        if self.counts.len() >= MOST && !self.counts.contains_key(tool) {
            self.forget_least();
        }
        let usage = self.counts.entry(tool.clone()).or_default();
        usage.count += 1;
        usage.success += u32::from(failed.is_none());
        if usage.count >= MANY {
            *usage = Usage { count: usage.count / 2, success: usage.success / 2 };
        }
        true
    }

    fn forget_least(&mut self) {
        let mut counts: Vec<u32> = self.counts.values().map(|usage| usage.count).collect();
        let middle = counts.len() / 2;
        let (_, least, _) = counts.select_nth_unstable(middle);
        let least = *least;
        self.counts.retain(|_, usage| usage.count > least);
    }

    /// All counts as they are now.
    pub(crate) fn all(&self) -> HashMap<ToolId, Usage> {
        self.counts.clone()
    }

    /// Forgets some.
    pub(crate) fn reset(&mut self, gone: impl Fn(&ToolId) -> bool) {
        self.counts.retain(|tool, _| !gone(tool));
    }

    /// The file's text.
    pub(crate) fn text(&self) -> String {
        let mut lines: Vec<String> = self
            .counts
            .iter()
            .filter_map(|(tool, usage)| {
                serde_json::to_string(&Stored { tool: tool.clone(), calls: usage.count, well: usage.success }).ok()
            })
            .collect();
        lines.sort();
        lines.into_iter().map(|line| line + "\n").collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_types::{ServerName, ToolName};

    fn tool(name: &str) -> ToolId {
        ToolId { server: ServerName::new("s").unwrap(), tool: ToolName::new(name).unwrap() }
    }

    #[test]
    fn only_what_a_tool_did_counts_and_it_is_kept() {
        let mut uses = Uses::default();
        let failed = ToolError::new(ErrorCode::ToolFailed, "no");
        let denied = ToolError::new(ErrorCode::Denied, "no");
        assert!(uses.count(&tool("a"), None) && uses.count(&tool("a"), Some(&failed)));
        assert!(!uses.count(&tool("a"), Some(&denied)));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("usage.jsonl");
        std::fs::write(&file, uses.text() + "nonsense\n").unwrap();
        let read = Uses::read(&file);
        assert_eq!(read.all()[&tool("a")], Usage { count: 2, success: 1 });
        assert!((0..5_000).all(|_| uses.count(&tool("b"), None)));
        assert!(uses.all()[&tool("b")].count < MANY);
        uses.reset(|tool| tool.tool.as_str() == "b");
        assert_eq!(uses.all().len(), 1);
    }
}
