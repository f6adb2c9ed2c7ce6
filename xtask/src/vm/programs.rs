//! What the guest runs, in one folder: our programs, the sandbox's tests, and the scripts.

use super::machine;
use crate::built::{cargo, programs, target};
use crate::root;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Builds and copies everything.
pub(super) fn gather(folder: &Path, attack: bool) -> Result<PathBuf> {
    let folder = folder.join("programs");
    fs::create_dir_all(&folder)?;
    let packages = ["outboard", "outboard-worker", "outboard-bash", "outboard-demo", "outboard-sandbox"];
    let built = programs(&packages)?;
    for name in ["outboard", "outboard-worker", "outboard-bash", "outboard-demo", "outboard-spawner"] {
        copy(&built.join(name), &folder.join(name))?;
    }
    copy(&tests()?, &folder.join("sandbox-tests"))?;
    if attack {
        copy(&attacks()?, &folder.join("outboard-attack"))?;
    }
    copy(&machine::busybox()?, &folder.join("busybox"))?;
    copy(&root().join("xtask/vm/guest.sh"), &folder.join("guest.sh"))?;
    for program in fs::read_dir(root().join("xtask/vm/programs"))?.filter_map(Result::ok) {
        copy(&program.path(), &folder.join(program.file_name()))?;
    }
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).map(drop).with_context(|| from.display().to_string())
}

/// The program that the sandbox's tests are.
fn tests() -> Result<PathBuf> {
    let mut command = cargo();
    command.args(["test", "--quiet", "--locked", "--package", "outboard-sandbox", "--test", "main", "--no-run"]);
    let output = command.arg("--message-format=json").stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "the sandbox's tests do not build");
    let messages = String::from_utf8(output.stdout)?;
    let parsed = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    // The spawner is built along, and which of the two comes last is not said.
    let mut tests = parsed.filter(|message| message["profile"]["test"] == true);
    let path = tests.find_map(|message| Some(PathBuf::from(message["executable"].as_str()?)));
    path.context("cargo names no program for the sandbox's tests")
}

/// The attacks, which can take jails apart: built elsewhere, so that nothing else gets that feature.
fn attacks() -> Result<PathBuf> {
    let target = target().join("vm/attack");
    let mut command = cargo();
    command.args(["build", "--quiet", "--locked", "--package", "outboard-attack", "--bin", "outboard-attack"]);
    command.args(["--features", "ablation"]).env("CARGO_TARGET_DIR", &target);
    ensure!(command.status()?.success(), "the attacks do not build");
    Ok(target.join("debug/outboard-attack"))
}
