//! Our own programs, built for the tasks that start them.

use crate::root;
use anyhow::{Result, ensure};
use std::path::PathBuf;
use std::process::Command;

/// Cargo's build output.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into)
}

/// Cargo, in the root of the tree.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
    command.current_dir(root());
    command
}

/// Builds packages without optimisation; gives the folder of their programs.
pub(crate) fn programs(packages: &[&str]) -> Result<PathBuf> {
    let mut command = cargo();
    command.args(["build", "--quiet", "--locked", "--bins"]);
    command.args(packages.iter().flat_map(|name| ["--package", name]));
    ensure!(command.status()?.success(), "the programs do not build: {}", packages.join(", "));
    Ok(target().join("debug"))
}
