//! Generated documents are current.

use super::Findings;
use anyhow::Result;
use std::path::Path;

/// Path and content of every generated document.
fn documents() -> [(&'static str, String); 1] {
    [("docs/configuration.md", outboard_config::reference())]
}

pub(super) fn check(root: &Path) -> Result<Findings> {
    let stale = |(path, text): &(&str, String)| std::fs::read_to_string(root.join(path)).ok().as_ref() != Some(text);
    let stale = documents().into_iter().filter(stale);
    Ok(stale.map(|(path, _)| format!("{path}: not current; run `cargo xtask docs`")).collect())
}

/// Writes them.
pub(crate) fn write(root: &Path) -> Result<()> {
    documents().iter().try_for_each(|(path, text)| Ok(std::fs::write(root.join(path), text)?))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_missing_document_is_found() {
        let found = super::check("/nonexistent".as_ref()).unwrap();
        assert_eq!(found, ["docs/configuration.md: not current; run `cargo xtask docs`"]);
    }
}
