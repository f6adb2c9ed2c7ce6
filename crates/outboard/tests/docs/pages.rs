//! The pages, and what stands in them.

use std::path::{Path, PathBuf};

/// The root of the tree.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Name and text of the README and of every page of `docs`.
pub(crate) fn pages() -> Vec<(String, String)> {
    let root = root();
    let mut found = vec![root.join("README.md")];
    collect(&root.join("docs"), &mut found);
    found.sort();
    let named = |path: PathBuf| {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        (name, std::fs::read_to_string(path).unwrap())
    };
    found.into_iter().map(named).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|end| end == "md") {
            found.push(path);
        }
    }
}

/// The words after each `outboard ` that stands alone in backticks, up to the first that is no plain word.
pub(crate) fn inline(text: &str) -> Vec<Vec<&str>> {
    let plain = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !word.starts_with('-');
    let lines = text.lines().filter(|line| !line.starts_with("    "));
    let spans = lines.flat_map(|line| line.split('`').skip(1).step_by(2));
    let commands = spans.filter_map(|span| span.strip_prefix("outboard "));
    commands.map(|rest| rest.split_whitespace().take_while(plain).collect()).collect()
}
