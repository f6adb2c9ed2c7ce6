//! Each error code has its page, and each page its code.

use super::{Findings, files};
use anyhow::Result;
use std::path::Path;

pub(super) fn check(root: &Path) -> Result<Findings> {
    let source = std::fs::read_to_string(root.join("crates/outboard-types/src/error.rs"))?;
    let names = files::with_extension(&root.join("docs/errors"), "md")?;
    let pages: Vec<_> = names.iter().filter_map(|path| path.file_stem()?.to_str()).collect();
    Ok(unpaired(&codes(&source).collect::<Vec<_>>(), &pages))
}

fn unpaired(codes: &[&str], pages: &[&str]) -> Findings {
    let missing = codes.iter().filter(|code| !pages.contains(code));
    let stale = pages.iter().filter(|page| **page != "README" && !codes.contains(page));
    let missing = missing.map(|code| format!("docs/errors/{code}.md: missing"));
    missing.chain(stale.map(|page| format!("docs/errors/{page}.md: no error code of that name"))).collect()
}

/// The texts of `Variant = "code",` lines.
pub(super) fn codes(source: &str) -> impl Iterator<Item = &str> {
    source.lines().filter_map(|line| line.trim().strip_suffix("\",")?.split_once(" = \"").map(|(_, code)| code))
}

#[cfg(test)]
mod tests {
    #[test]
    fn codes_are_found_in_the_source() {
        let source = "/// Doc.\n    Timeout = \"timeout\",\n    other: \"x\",\n";
        assert_eq!(super::codes(source).collect::<Vec<_>>(), ["timeout"]);
    }

    #[test]
    fn a_code_without_a_page_and_a_page_without_a_code_are_found() {
        let found = super::unpaired(&["denied", "timeout"], &["timeout", "README", "gone"]);
        assert_eq!(found, ["docs/errors/denied.md: missing", "docs/errors/gone.md: no error code of that name"]);
    }
}
