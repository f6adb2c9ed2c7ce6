//! Nothing unfinished and no silently skipped test.

use super::{Findings, files};
use anyhow::Result;
use std::path::Path;

/// Marks, written apart so that this file does not find itself.
const MARKS: [&str; 4] =
    [concat!("to", "do!("), concat!("unimple", "mented!("), concat!("FIX", "ME"), concat!("XX", "X")];

/// An ignored test needs a reason in its attribute.
const IGNORED: &str = concat!("#[ig", "nore]");

pub(super) fn check(root: &Path) -> Result<Findings> {
    let mut findings = Vec::new();
    for path in files::with_extension(root, "rs")? {
        findings.extend(marked(&files::shown(root, &path), &std::fs::read_to_string(&path)?));
    }
    Ok(findings)
}

fn marked(name: &str, text: &str) -> Findings {
    let lines = text.lines().enumerate();
    let bad = lines.filter(|(_, line)| line.contains(IGNORED) || MARKS.iter().any(|mark| line.contains(mark)));
    bad.filter(|(_, line)| !line.trim_start().starts_with("///"))
        .map(|(at, line)| format!("{name}:{}: unfinished: {}", at + 1, line.trim()))
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_unfinished_place_is_found() {
        let text = format!("fn a() {{\n    {}\n}}\n/// says {}\n", super::MARKS[0], super::MARKS[0]);
        assert_eq!(super::marked("a.rs", &text).len(), 1);
    }
}
