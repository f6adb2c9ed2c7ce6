//! The workers under test, and what a run of one gave.

use crate::jail::interpreter;
use anyhow::{Context, Result, ensure};
use outboard_worker_protocol::{Console, FromWorker};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The text of the Python worker.
pub(crate) const PYTHON: &str = outboard_python::WORKER;

/// What a program gave, as far as two runs must agree on it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Ran {
    pub(crate) value: Option<Value>,
    pub(crate) error: Option<(String, String)>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Takes a frame in; `true` for the last one.
    pub(crate) fn take(&mut self, message: FromWorker) -> bool {
        match message {
            FromWorker::Console { stream: Console::Out, text } => self.out.push_str(&text),
            FromWorker::Console { stream: Console::Err, text } => self.err.push_str(&text),
            FromWorker::Result { value, .. } => {
                self.value = value.and_then(|raw| serde_json::from_str(raw.get()).ok());
                return true;
            }
            FromWorker::Error { error, .. } => {
                self.error = Some((error.code, error.message));
                return true;
            }
            _ => {}
        }
        false
    }
}

/// The TypeScript worker: the program in `OUTBOARD_WORKER`, else the one beside this program.
pub(crate) fn typescript() -> Result<PathBuf> {
    let beside = || Some(std::env::current_exe().ok()?.with_file_name("outboard-worker"));
    let path = std::env::var_os("OUTBOARD_WORKER").map(PathBuf::from).or_else(beside).unwrap_or_default();
    ensure!(path.is_file(), "{} is missing: cargo build -p outboard-worker", path.display());
    Ok(path)
}

/// The bash worker: the program in `OUTBOARD_BASH`, else the one beside this program.
pub(crate) fn bash() -> Result<PathBuf> {
    let beside = || Some(std::env::current_exe().ok()?.with_file_name("outboard-bash"));
    let path = std::env::var_os("OUTBOARD_BASH").map(PathBuf::from).or_else(beside).unwrap_or_default();
    ensure!(path.is_file(), "{} is missing: cargo build -p outboard-bash", path.display());
    Ok(path)
}

/// The interpreter of a virtual environment with numpy and pandas, made once and kept for later runs.
pub(crate) fn numeric() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2).context("this program lies in no target folder")?;
    let folder = target.join("tmp/attack-venv");
    let (python, done) = (folder.join("bin/python"), folder.join("done"));
    if !done.exists() {
        let _ = std::fs::remove_dir_all(&folder);
        step(Command::new(interpreter()?).args(["-m", "venv"]).arg(&folder), "apt-get install python3 python3-venv")?;
        let install = ["-m", "pip", "install", "--quiet", "numpy", "pandas"];
        step(Command::new(&python).args(install), "a package index is needed: python3 -m pip install numpy pandas")?;
        std::fs::write(&done, "")?;
    }
    Ok(python)
}

/// Writes the Python worker to a file for plain runs.
pub(crate) fn python_file(folder: &Path) -> Result<PathBuf> {
    let path = folder.join("worker.py");
    std::fs::write(&path, PYTHON)?;
    Ok(path)
}

fn step(command: &mut Command, fix: &str) -> Result<()> {
    let output = command.output().with_context(|| fix.to_owned())?;
    ensure!(output.status.success(), "{fix}\n{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
