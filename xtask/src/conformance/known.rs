//! What is expected to fail, and why: one file a run, a reason on each line.

use crate::root;
use anyhow::Result;
use std::path::PathBuf;

/// The file of one run.
pub(super) fn file(name: &str) -> PathBuf {
    root().join("xtask/conformance").join(name)
}

/// The entries of a file with their reasons.
pub(super) fn reasons(name: &str) -> Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(file(name))?;
    let entry = |line: &str| {
        let (scenario, reason) = line.trim().strip_prefix("- ")?.split_once(" # ")?;
        Some((scenario.trim().to_owned(), reason.trim().to_owned()))
    };
    Ok(text.lines().filter_map(entry).collect())
}
