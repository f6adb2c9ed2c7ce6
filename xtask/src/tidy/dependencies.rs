//! Each dependency has a line that says why it is there.

use super::Findings;
use anyhow::Result;
use std::path::Path;

pub(super) fn check(root: &Path) -> Result<Findings> {
    let manifest = std::fs::read_to_string(root.join("Cargo.toml"))?;
    let page = std::fs::read_to_string(root.join("docs/dependencies.md"))?;
    unexplained(&manifest, &page)
}

fn unexplained(manifest: &str, page: &str) -> Result<Findings> {
    let manifest: toml::Table = manifest.parse()?;
    let table =
        manifest.get("workspace").and_then(|workspace| workspace.get("dependencies")).and_then(toml::Value::as_table);
    let names = table.into_iter().flatten().map(|(name, _)| name).filter(|name| !name.starts_with("outboard"));
    let missing = names.filter(|name| !page.contains(&format!("| {name} |")));
    Ok(missing.map(|name| format!("docs/dependencies.md: no line for {name}")).collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_dependency_without_a_line_is_found() {
        let manifest = "[workspace.dependencies]\nserde = \"1\"\nlibc = \"1\"";
        assert_eq!(super::unexplained(manifest, "| serde | x |").unwrap(), ["docs/dependencies.md: no line for libc"]);
    }
}
