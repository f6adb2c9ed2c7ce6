//! Files stay short enough to be read whole.

use super::{Findings, files};
use anyhow::Result;
use std::path::Path;

/// Most lines of a Rust file before its unit tests.
const LONGEST: usize = 400;

/// Files that may be longer, each with the reason. None so far.
const EXCEPTIONS: &[(&str, &str)] = &[];

pub(super) fn check(root: &Path) -> Result<Findings> {
    let mut findings = Vec::new();
    for path in files::with_extension(root, "rs")? {
        let shown = files::shown(root, &path);
        if !is_test(&shown) {
            findings.extend(too_long(&shown, &std::fs::read_to_string(&path)?, EXCEPTIONS));
        }
    }
    let gone = EXCEPTIONS.iter().filter(|(name, _)| !root.join(name).exists());
    findings.extend(gone.map(|(name, _)| format!("{name}: excepted from the length rule, but not there")));
    Ok(findings)
}

/// Whether a file holds tests only.
pub(super) fn is_test(name: &str) -> bool {
    name.contains("/tests/")
}

/// Lines before the unit tests. A `#[cfg(test)]` on anything but an inline module ends nothing: product
/// code may follow it.
pub(super) fn product_lines(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines
        .windows(2)
        .position(|pair| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{'));
    tests.unwrap_or(lines.len())
}

fn too_long(name: &str, text: &str, exceptions: &[(&str, &str)]) -> Option<String> {
    let lines = product_lines(text);
    let allowed = lines <= LONGEST || exceptions.iter().any(|(excepted, _)| *excepted == name);
    (!allowed).then(|| format!("{name}: {lines} lines before its tests; at most {LONGEST}"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_long_file_is_found_and_tests_do_not_count() {
        let short = format!("{}#[cfg(test)]\nmod tests {{\n{}", "x\n".repeat(400), "t\n".repeat(500));
        assert_eq!(super::too_long("a.rs", &short, &[]), None);
        let long = format!("#[cfg(test)]\nmod helpers;\n{}", "x\n".repeat(401));
        assert!(super::too_long("a.rs", &long, &[]).is_some());
        assert_eq!(super::too_long("a.rs", &long, &[("a.rs", "one table")]), None);
    }
}
