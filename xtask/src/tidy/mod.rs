//! Rules about the tree that no compiler checks. Each rule is a module with a test that it can fail.

mod ablation;
mod arrows;
mod dependencies;
mod errors;
mod files;
pub(crate) mod generated;
mod lengths;
mod links;
pub(crate) mod sizes;
mod summary;
mod tests;
mod unfinished;
mod words;

use anyhow::{Result, bail};
pub(crate) use files::with_extension;
use std::path::Path;

/// What a rule found: one line each.
pub(crate) type Findings = Vec<String>;

/// Runs every rule and tells all findings at once.
pub(crate) fn check(root: &Path) -> Result<()> {
    let rules: [fn(&Path) -> Result<Findings>; 10] = [
        ablation::check,
        arrows::check,
        dependencies::check,
        errors::check,
        generated::check,
        lengths::check,
        links::check,
        tests::check,
        unfinished::check,
        words::check,
    ];
    let mut findings = Vec::new();
    for rule in rules {
        findings.extend(rule(root)?);
    }
    if findings.is_empty() {
        return Ok(());
    }
    bail!("{} house rules are broken:\n{}", findings.len(), findings.join("\n"))
}
