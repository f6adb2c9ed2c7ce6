//! The real checkers, installed once.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The lines that install both.
const INSTALL: &str = "npm install --prefix FOLDER typescript@7 && python3 -m venv FOLDER/py && FOLDER/py/bin/pip install ty==0.0.105, and set JUDGE_TOOLS=FOLDER";

pub(super) fn typescript() -> PathBuf {
    found("node_modules/.bin/tsc")
}

pub(super) fn python() -> PathBuf {
    found("py/bin/ty")
}

fn found(name: &str) -> PathBuf {
    let path = folder().join(name);
    assert!(path.exists(), "{} is missing: {INSTALL}", path.display());
    path
}

fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let named =
            std::env::var_os("JUDGE_TOOLS").map(PathBuf::from).filter(|folder| folder.join("py/bin/ty").exists());
        named.unwrap_or_else(|| installed(Path::new(env!("CARGO_TARGET_TMPDIR")).join("type-checkers")))
    })
}

fn installed(folder: PathBuf) -> PathBuf {
    if !folder.join("done").exists() {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("package.json"), "{\"private\": true}").unwrap();
        run(Command::new("npm").current_dir(&folder).args(["install", "--no-audit", "--no-fund", "typescript@7"]));
        run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("py")));
        run(Command::new(folder.join("py/bin/pip")).args(["install", "--quiet", "ty==0.0.105"]));
        std::fs::write(folder.join("done"), "").unwrap();
    }
    folder
}

fn run(command: &mut Command) {
    let output =
        command.output().unwrap_or_else(|error| panic!("{error}: apt-get install npm python3-venv, or: {INSTALL}"));
    assert!(output.status.success(), "{INSTALL}\n{}", String::from_utf8_lossy(&output.stderr));
}
