//! Tells the program which commit it was built from and with which features. Without git, or in a tree that is not
//! its own repository, it says nothing of a commit; `OUTBOARD_COMMIT` is for those who build from an archive.
#![allow(clippy::print_stdout, reason = "this is how a build script speaks")]

use std::path::Path;
use std::process::Command;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    println!("cargo::rerun-if-env-changed=OUTBOARD_COMMIT");
    println!("cargo::rerun-if-changed=build.rs");
    // Only a release names its commit exactly: else each commit would build the program again.
    if std::env::var("PROFILE").as_deref() == Ok("release") && root.join(".git/logs/HEAD").exists() {
        println!("cargo::rerun-if-changed=../../.git/logs/HEAD");
    }
    let named = std::env::var("OUTBOARD_COMMIT").ok().filter(|commit| !commit.is_empty());
    let commit = named.or_else(|| of_repository(&root)).unwrap_or_else(|| "unknown".into());
    let features: Vec<String> = std::env::vars()
        .filter_map(|(name, _)| Some(name.strip_prefix("CARGO_FEATURE_")?.to_lowercase().replace('_', "-")))
        .filter(|name| name != "default")
        .collect();
    let features = if features.is_empty() { "none".to_owned() } else { features.join(", ") };
    println!("cargo::rustc-env=OUTBOARD_BUILT_FROM={commit}");
    println!("cargo::rustc-env=OUTBOARD_BUILT_WITH={features}");
    println!("cargo::rustc-env=OUTBOARD_BUILT_FOR={}", std::env::var("TARGET").unwrap_or_default());
}

/// The commit, if the tree is a repository of its own.
fn of_repository(root: &Path) -> Option<String> {
    let top = git(root, &["rev-parse", "--show-toplevel"])?;
    if std::fs::canonicalize(top).ok()? != std::fs::canonicalize(root).ok()? {
        return None;
    }
    git(root, &["rev-parse", "--short=12", "HEAD"])
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}
