//! What drives the browser and looks for what keeps people out, installed once.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder with both packages; tests that need it wait for the one that installs.
pub(super) fn folder() -> PathBuf {
    assert!(Path::new("/usr/bin/chromium").exists(), "chromium is missing: apt-get install --yes chromium");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("console-tools");
    fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    if !folder.join("complete").exists() {
        install(&folder);
        File::create(folder.join("complete")).unwrap();
    }
    folder
}

fn install(folder: &Path) {
    let line = ["install", "--prefix", ".", "--no-audit", "--no-fund", "playwright-core@1.65", "axe-core@4.14"];
    fs::write(folder.join("package.json"), r#"{"private": true}"#).unwrap();
    let done = Command::new("npm").args(line).current_dir(folder).output();
    let done = done.unwrap_or_else(|error| panic!("npm: {error}: apt-get install --yes npm"));
    assert!(done.status.success(), "npm {}: {}", line.join(" "), String::from_utf8_lossy(&done.stderr));
}
