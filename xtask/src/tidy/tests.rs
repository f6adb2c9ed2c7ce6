//! A test file that no binary includes is a test that never runs.

use super::{Findings, files};
use anyhow::Result;
use std::path::Path;

pub(super) fn check(root: &Path) -> Result<Findings> {
    let mut findings = Vec::new();
    for path in files::with_extension(root, "rs")? {
        let shown = files::shown(root, &path);
        let Some((_, inner)) = shown.split_once("/tests/") else { continue };
        let Some(parent) = includer(inner) else { continue };
        let parent = path.ancestors().find(|folder| folder.ends_with("tests")).unwrap_or(root).join(parent);
        let text = std::fs::read_to_string(&parent).unwrap_or_default();
        let name = module(inner);
        if !includes(&text, &name) {
            findings.push(format!("{shown}: not included; add `mod {name};` to {}", files::shown(root, &parent)));
        }
    }
    Ok(findings)
}

/// The file that has to declare a test module; none for the binary itself.
fn includer(inner: &str) -> Option<String> {
    let parts: Vec<&str> = inner.split('/').collect();
    match parts.as_slice() {
        ["main.rs"] => None,
        [_] => Some("main.rs".into()),
        [_, "mod.rs"] => Some("main.rs".into()),
        [folders @ .., "mod.rs"] => Some(format!("{}/mod.rs", folders[..folders.len() - 1].join("/"))),
        [folders @ .., _] => Some(format!("{}/mod.rs", folders.join("/"))),
        [] => None,
    }
}

fn module(inner: &str) -> String {
    let plain = inner.trim_end_matches("/mod.rs").trim_end_matches(".rs");
    plain.rsplit('/').next().unwrap_or(plain).to_owned()
}

fn includes(text: &str, name: &str) -> bool {
    text.lines()
        .any(|line| line.trim().trim_start_matches("pub(crate) ").trim_start_matches("pub ") == format!("mod {name};"))
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn each_test_file_has_one_includer() {
        assert_eq!(includer("main.rs"), None);
        assert_eq!(includer("layers.rs").as_deref(), Some("main.rs"));
        assert_eq!(includer("client/mod.rs").as_deref(), Some("main.rs"));
        assert_eq!(includer("client/eras.rs").as_deref(), Some("client/mod.rs"));
        assert!(includes("mod a;\nmod layers;", &module("layers.rs")));
        assert!(!includes("// mod layers;", "layers"));
    }
}
