//! Files stay short enough to be read whole.

use super::{Findings, files};
use anyhow::Result;
use std::path::Path;

/// Most lines of a Rust file before its unit tests.
const LONGEST: usize = 400;

pub(super) fn check(root: &Path) -> Result<Findings> {
    let mut findings = Vec::new();
    for path in files::with_extension(root, "rs")? {
        let shown = files::shown(root, &path);
        findings.extend(too_long(&shown, &std::fs::read_to_string(&path)?));
    }
    Ok(findings)
}

/// Lines before the unit tests.
pub(super) fn product_lines(text: &str) -> usize {
    text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count()
}

fn too_long(name: &str, text: &str) -> Option<String> {
    let lines = product_lines(text);
    (lines > LONGEST).then(|| format!("{name}: {lines} lines before its tests; at most {LONGEST}"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_long_file_is_found_and_tests_do_not_count() {
        let short = format!("{}#[cfg(test)]\n{}", "x\n".repeat(400), "t\n".repeat(500));
        assert_eq!(super::too_long("a.rs", &short), None);
        assert!(super::too_long("a.rs", &"x\n".repeat(401)).is_some());
    }
}
