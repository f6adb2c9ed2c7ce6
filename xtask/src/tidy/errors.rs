//! Each error code has its page.

use super::Findings;
use anyhow::Result;
use std::path::Path;

pub(super) fn check(root: &Path) -> Result<Findings> {
    let source = std::fs::read_to_string(root.join("crates/outboard-types/src/error.rs"))?;
    let page = |code: &str| root.join(format!("docs/errors/{code}.md")).exists();
    Ok(codes(&source).filter(|code| !page(code)).map(|code| format!("docs/errors/{code}.md: missing")).collect())
}

/// The texts of `Variant = "code",` lines.
fn codes(source: &str) -> impl Iterator<Item = &str> {
    source.lines().filter_map(|line| line.trim().strip_suffix("\",")?.split_once(" = \"").map(|(_, code)| code))
}

#[cfg(test)]
mod tests {
    #[test]
    fn codes_are_found_in_the_source() {
        let source = "/// Doc.\n    Timeout = \"timeout\",\n    other: \"x\",\n";
        assert_eq!(super::codes(source).collect::<Vec<_>>(), ["timeout"]);
    }
}
