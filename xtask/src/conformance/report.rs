//! Counts what the suite wrote down, and writes the page.

use super::{Run, known};
use anyhow::{Context, Result};
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

/// Checks of one run by how they ended.
#[derive(Default)]
pub(super) struct Counts {
    passed: usize,
    failed: usize,
    warned: usize,
    skipped: usize,
}

/// Counts the checks in every `checks.json` below a folder.
pub(super) fn count(folder: &Path) -> Result<Counts> {
    let mut counts = Counts::default();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            let inner = count(&path)?;
            counts.passed += inner.passed;
            counts.failed += inner.failed;
            counts.warned += inner.warned;
            counts.skipped += inner.skipped;
        } else if path.file_name().is_some_and(|name| name == "checks.json") {
            let checks: Vec<Value> = serde_json::from_slice(&std::fs::read(&path)?)?;
            for check in checks {
                match check["status"].as_str() {
                    Some("SUCCESS") => counts.passed += 1,
                    Some("FAILURE") => counts.failed += 1,
                    Some("WARNING") => counts.warned += 1,
                    Some("SKIPPED") => counts.skipped += 1,
                    _ => {}
                }
            }
        }
    }
    Ok(counts)
}

const BEGIN: &str = "<!-- counts: written by `cargo xtask conformance` -->\n";
const END: &str = "<!-- end of counts -->";

/// Writes the tables between their marks in the page.
pub(super) fn write(root: &Path, runs: &[Run]) -> Result<()> {
    let path = root.join("docs/conformance.md");
    let page = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let (before, rest) = page.split_once(BEGIN).context("docs/conformance.md has lost its marks")?;
    let (_, after) = rest.split_once(END).context("docs/conformance.md has lost its marks")?;
    let mut tables =
        String::from("| run | passed | failed | warnings | skipped | as expected |\n|---|---|---|---|---|---|\n");
    for Run { name, passed, counts } in runs {
        let Counts { passed: good, failed, warned, skipped } = counts;
        let expected = if *passed { "yes" } else { "no" };
        writeln!(tables, "| {name} | {good} | {failed} | {warned} | {skipped} | {expected} |")?;
    }
    tables.push_str("\nExpected to fail:\n\n| run | check | why |\n|---|---|---|\n");
    for run in runs {
        let file = format!("{}.yml", run.name.replace(" over", "").replace(' ', "-"));
        for (check, why) in known::reasons(&file)? {
            writeln!(tables, "| {} | `{check}` | {why} |", run.name)?;
        }
    }
    std::fs::write(&path, format!("{before}{BEGIN}{tables}{END}{after}"))?;
    Ok(())
}
