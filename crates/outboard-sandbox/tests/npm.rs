//! Programs from the package registry of npm, got once beside the build output and kept for later runs.
//!
//! Tests of several binaries and threads ask for the same ones: one installs, and the others wait for its lock.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program `path` of a package, such as `bun@1.4`; it has to tell its version.
pub(crate) fn program(package: &str, path: &str) -> PathBuf {
    let name = package.split('@').next().unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let (done, program) = (folder.join("done"), folder.join("node_modules").join(path));
    if fs::read_to_string(&done).ok().as_deref() != Some(package) {
        fs::write(folder.join("package.json"), "{\"private\": true}").unwrap();
        let line = format!("the tests need npm and a package registry: apt-get install npm; npm install {package}");
        let run = |command: &mut Command| {
            let output = command.current_dir(&folder).output().unwrap_or_else(|error| panic!("{error}: {line}"));
            assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
        };
        run(Command::new("npm").args(["install", "--no-audit", "--no-fund", package]));
        run(Command::new(&program).arg("--version"));
        fs::write(done, package).unwrap();
    }
    program
}

/// Deno.
#[allow(dead_code, reason = "not every binary of tests asks for it")]
pub(crate) fn deno() -> PathBuf {
    program("deno@2", "deno/deno")
}

/// Bun.
pub(crate) fn bun() -> PathBuf {
    program("bun@1.4", "bun/bin/bun.exe")
}
