//! The programs of a release, and how they are built and installed from source.

use crate::built::{cargo, target};
use crate::packages::done;
use anyhow::{Result, ensure};
use std::path::PathBuf;

/// What belongs side by side; `outboard-demo` is for `outboard demo` and `outboard bench`.
pub(super) const NAMES: [&str; 4] = ["outboard", "outboard-worker", "outboard-bash", "outboard-demo"];
/// Where their packages are.
const FOLDERS: [&str; 4] = ["crates/outboard", "workers/js", "workers/bash", "demo"];
const ZIG: &str = "pip install cargo-zigbuild==0.24.0 ziglang==0.16.0";

/// Builds them, for this machine's C library or for an older one; gives their folder.
pub(super) fn build(triple: &str, glibc: Option<&str>) -> Result<PathBuf> {
    let mut command = cargo();
    let folder = match glibc {
        None => {
            command.arg("build");
            target().join("release")
        }
        Some(version) => {
            let there = cargo().args(["zigbuild", "--help"]).output().is_ok_and(|output| output.status.success());
            ensure!(there, "for another C library than this machine's cargo-zigbuild is needed: {ZIG}");
            command.args(["zigbuild", "--target", &format!("{triple}.{version}")]);
            target().join(triple).join("release")
        }
    };
    command.args(["--release", "--locked", "--bins"]);
    command.args(NAMES.iter().flat_map(|name| ["--package", name]));
    done(&mut command, "a C compiler and CMake: apt-get install gcc g++ cmake libc6-dev")?;
    Ok(folder)
}

/// `cargo xtask install`: all of them with `cargo install`, into one folder; what is added goes to each.
pub(crate) fn install(arguments: &[String]) -> Result<()> {
    for (name, folder) in NAMES.into_iter().zip(FOLDERS) {
        let mut command = cargo();
        command.args(["install", "--quiet", "--locked", "--force", "--bin", name, "--path", folder]).args(arguments);
        done(&mut command, "a C compiler and CMake: apt-get install gcc g++ cmake libc6-dev")?;
    }
    println!("installed: {}", NAMES.join(", "));
    Ok(())
}
