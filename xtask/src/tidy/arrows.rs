//! Which crate may use which: one table.

use super::Findings;
use anyhow::{Context, Result};
use std::path::Path;

/// Package and the packages of ours that it may use in its product code.
const ARROWS: &[(&str, &[&str])] = &[
    ("crates/outboard-types", &[]),
    ("crates/outboard-worker-protocol", &[]),
    ("crates/outboard-catalog", &["outboard-types"]),
    ("crates/outboard-codegen", &["outboard-types", "outboard-catalog"]),
    ("crates/outboard-search", &[]),
    ("crates/outboard-journal", &["outboard-types"]),
    ("crates/outboard-gateway", &["outboard-types", "outboard-catalog", "outboard-journal", "outboard-policy"]),
    ("crates/outboard-hosts", &["outboard-types"]),
    ("crates/outboard-policy", &["outboard-types", "outboard-catalog"]),
    ("crates/outboard-privacy", &[]),
    ("crates/outboard-held", &[]),
    ("crates/outboard-sandbox", &["outboard-types", "outboard-worker-protocol", "outboard-held"]),
    (
        "crates/outboard-execution",
        &[
            "outboard-types",
            "outboard-worker-protocol",
            "outboard-catalog",
            "outboard-codegen",
            "outboard-search",
            "outboard-journal",
            "outboard-gateway",
            "outboard-held",
            "outboard-sandbox",
            "outboard-egress",
            "outboard-border",
            "outboard-ledger",
            "outboard-shapes",
            "outboard-typecheck",
            "outboard-skills",
        ],
    ),
    (
        "crates/outboard-border",
        &["outboard-types", "outboard-gateway", "outboard-journal", "outboard-vault", "outboard-privacy"],
    ),
    ("crates/outboard-auth", &["outboard-types", "outboard-egress", "outboard-vault"]),
    ("crates/outboard-connect", &["outboard-types"]),
    ("crates/outboard-console", &["outboard-types"]),
    ("crates/outboard-egress", &["outboard-types", "outboard-worker-protocol"]),
    ("crates/outboard-ledger", &[]),
    // A client of the product; it is given the programs that it starts.
    ("crates/outboard-bench", &["outboard-ledger"]),
    ("crates/outboard-shapes", &["outboard-types"]),
    ("crates/outboard-typecheck", &["outboard-types", "outboard-catalog", "outboard-codegen"]),
    ("crates/outboard-telemetry", &["outboard-types", "outboard-journal"]),
    ("crates/outboard-skills", &["outboard-types", "outboard-held"]),
    ("crates/outboard-vault", &["outboard-types"]),
    (
        "crates/outboard-mcp",
        &[
            "outboard-types",
            "outboard-auth",
            "outboard-catalog",
            "outboard-gateway",
            "outboard-execution",
            "outboard-border",
        ],
    ),
    ("crates/outboard-config", &["outboard-hosts", "outboard-types"]),
    ("crates/outboard-agent", &["outboard-types", "outboard-ledger"]),
    (
        "crates/outboard",
        &[
            "outboard-agent",
            "outboard-auth",
            "outboard-types",
            "outboard-catalog",
            "outboard-codegen",
            "outboard-ledger",
            "outboard-bench",
            "outboard-journal",
            "outboard-gateway",
            "outboard-sandbox",
            "outboard-egress",
            "outboard-border",
            "outboard-privacy",
            "outboard-search",
            "outboard-typecheck",
            "outboard-telemetry",
            "outboard-skills",
            "outboard-vault",
            "outboard-worker-protocol",
            "outboard-execution",
            "outboard-mcp",
            "outboard-config",
            "outboard-hosts",
            "outboard-policy",
            "outboard-external",
            "outboard-python",
            "outboard-connect",
            "outboard-console",
        ],
    ),
    // A test tool: it may use what it attacks, and nothing may use it.
    (
        "crates/outboard-attack",
        &[
            "outboard-types",
            "outboard-worker-protocol",
            "outboard-catalog",
            "outboard-codegen",
            "outboard-journal",
            "outboard-gateway",
            "outboard-sandbox",
            "outboard-python",
        ],
    ),
    ("workers/js", &["outboard-worker-protocol"]),
    ("workers/bash", &["outboard-worker-protocol"]),
    ("workers/external", &[]),
    ("workers/python", &[]),
    ("demo", &[]),
    ("xtask", &["outboard-config"]),
];

/// Every package of the workspace.
pub(super) fn folders() -> impl Iterator<Item = &'static str> {
    ARROWS.iter().map(|(folder, _)| *folder)
}

pub(super) fn check(root: &Path) -> Result<Findings> {
    let mut findings = Vec::new();
    for (folder, allowed) in ARROWS {
        let manifest = root.join(folder).join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
        findings.extend(refused(folder, &text, allowed)?);
    }
    for entry in std::fs::read_dir(root.join("crates"))? {
        let folder = format!("crates/{}", entry?.file_name().to_string_lossy());
        if !ARROWS.iter().any(|(known, _)| *known == folder) {
            findings.push(format!("{folder}: not in the table of crate arrows (xtask/src/tidy/arrows.rs)"));
        }
    }
    Ok(findings)
}

fn refused(folder: &str, manifest: &str, allowed: &[&str]) -> Result<Findings> {
    let manifest: toml::Table = manifest.parse().with_context(|| folder.to_owned())?;
    let targets = manifest.get("target").and_then(toml::Value::as_table).into_iter().flatten();
    let targets = targets.filter_map(|(_, table)| table.as_table());
    let used = std::iter::once(&manifest).chain(targets).flat_map(product_dependencies);
    let ours = used.filter(|name| name.starts_with("outboard") && !allowed.contains(&name.as_str()));
    Ok(ours.map(|name| format!("{folder}: must not use {name}")).collect())
}

/// The packages that a table of a manifest brings into product code; a renamed one under its own name.
fn product_dependencies(table: &toml::Table) -> impl Iterator<Item = String> {
    let tables = ["dependencies", "build-dependencies"].into_iter().filter_map(|kind| table.get(kind)?.as_table());
    tables.flatten().map(|(name, value)| {
        let package = value.get("package").and_then(toml::Value::as_str);
        package.unwrap_or(name).to_owned()
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_arrow_that_is_not_in_the_table_is_found() {
        let manifest =
            "[dependencies]\noutboard-mcp.workspace = true\nserde = \"1\"\n[dev-dependencies]\noutboard-x = \"1\"";
        let found = super::refused("crates/outboard-gateway", manifest, &["outboard-types"]).unwrap();
        assert_eq!(found, ["crates/outboard-gateway: must not use outboard-mcp"]);
    }

    #[test]
    fn an_arrow_cannot_hide_behind_a_target_a_build_script_or_another_name() {
        let manifest = "[target.'cfg(unix)'.dependencies]\noutboard-a = \"1\"\n\
                        [build-dependencies]\noutboard-b = \"1\"\n[dependencies]\nx = { package = \"outboard-c\" }\n";
        assert_eq!(super::refused("f", manifest, &[]).unwrap().len(), 3);
    }
}
