//! What tests need beyond Rust, installed where that is possible.

use anyhow::{Result, bail};
use std::process::{Command, Stdio};

/// A program that has to run, and the Debian packages that bring it.
const NEEDED: [(&str, &[&str], &str); 8] = [
    ("cc", &["--version"], "gcc libc6-dev"),
    ("python3", &["-c", "import sys; sys.exit(sys.version_info < (3, 9))"], "python3"),
    ("python3", &["-c", "import venv, ensurepip"], "python3-venv"),
    ("git", &["--version"], "git"),
    // The walk through the console.
    ("node", &["--version"], "nodejs"),
    ("npm", &["--version"], "npm"),
    ("chromium", &["--version"], "chromium"),
    ("groff", &["--version"], "groff-base"),
];

/// Installs what is missing as root or with `sudo -n`; otherwise fails with the line to run.
pub(crate) fn ensure() -> Result<()> {
    let missing: Vec<&str> = NEEDED
        .iter()
        .filter(|(program, arguments, _)| !runs(program, arguments))
        .map(|(_, _, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!("apt-get install --yes --no-install-recommends {}", missing.join(" "));
    println!("missing: {}", missing.join(" "));
    let prefix = if runs("id", &["-u"]) && is_root() { "" } else { "sudo -n " };
    let script = format!("{prefix}apt-get update --quiet=2 && {prefix}env DEBIAN_FRONTEND=noninteractive {line}");
    if !Command::new("sh").args(["-c", &script]).status()?.success() {
        bail!("install what is missing with: {line}");
    }
    Ok(())
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    let quiet = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
