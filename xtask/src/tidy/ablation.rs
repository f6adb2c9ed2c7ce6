//! The feature that takes jails apart is for the attack suite alone, and only where it asks for it by name.

use super::{Findings, arrows};
use anyhow::{Context, Result};
use std::path::Path;

const FEATURE: &str = "ablation";
/// Who declares the feature, and who may pass it on.
const KNOWING: [&str; 2] = ["crates/outboard-sandbox", "crates/outboard-attack"];

pub(super) fn check(root: &Path) -> Result<Findings> {
    let mut findings = Vec::new();
    for folder in arrows::folders().chain(["."]) {
        let manifest = root.join(folder).join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
        findings.extend(enabled(folder, &text)?);
    }
    Ok(findings)
}

/// How a manifest could bring the feature into a build that did not name it.
fn enabled(folder: &str, manifest: &str) -> Result<Findings> {
    let mut manifest: toml::Table = manifest.parse()?;
    let features = manifest.remove("features").and_then(|features| features.as_table().cloned()).unwrap_or_default();
    let mut findings = Vec::new();
    // Whatever is left of a manifest has no reason to name it: dependencies that switch it on above all.
    if names(&toml::Value::Table(manifest)) {
        findings.push(format!("{folder}: switches on `{FEATURE}`, which takes jails apart"));
    }
    let others = features.iter().filter(|(name, brings)| *name != FEATURE && names(brings));
    findings.extend(others.map(|(name, _)| format!("{folder}: feature `{name}` brings `{FEATURE}`")));
    if features.contains_key(FEATURE) && !KNOWING.contains(&folder) {
        findings.push(format!("{folder}: must have no feature `{FEATURE}`"));
    }
    Ok(findings)
}

fn names(value: &toml::Value) -> bool {
    match value {
        toml::Value::String(text) => text.rsplit('/').next() == Some(FEATURE),
        toml::Value::Array(all) => all.iter().any(names),
        toml::Value::Table(table) => table.values().any(names),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::enabled;

    #[test]
    fn no_manifest_switches_the_feature_on_unasked() {
        let attack = "[features]\nablation = [\"outboard-sandbox/ablation\"]\n";
        assert!(enabled("crates/outboard-attack", attack).unwrap().is_empty());
        assert_eq!(enabled("crates/outboard", attack).unwrap().len(), 1);
        let default = format!("{attack}default = [\"ablation\"]\n");
        assert_eq!(enabled("crates/outboard-attack", &default).unwrap().len(), 1);
        let dependency = "[dependencies]\noutboard-sandbox = { workspace = true, features = [\"ablation\"] }\n";
        let target = "[target.'cfg(unix)'.dev-dependencies]\nx = { version = \"1\", features = [\"ablation\"] }\n";
        for manifest in [dependency, target] {
            assert_eq!(enabled("crates/outboard-attack", manifest).unwrap().len(), 1);
        }
    }
}
