//! Debian's kernels, by apt in a folder of its own: nothing is installed, and its signatures are checked.

use crate::packages::{done, once};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

const ADVICE: &str = "a Debian machine with debian-archive-keyring and a way to deb.debian.org";

/// A kernel and the folder of its modules.
pub(super) struct Kernel {
    pub(super) image: PathBuf,
    pub(super) modules: PathBuf,
}

/// The kernel of a release of Debian.
pub(super) fn fetch(folder: &Path, release: &str) -> Result<Kernel> {
    let folder = folder.join("kernels").join(release);
    once(&folder, release, || install(&folder, release))?;
    let find = |tests: &[&str]| -> Result<PathBuf> {
        let found = Command::new("find").arg(folder.join("root")).args(tests).arg("-print").output()?;
        let first = String::from_utf8(found.stdout)?.lines().next().map(PathBuf::from);
        first.with_context(|| format!("{tests:?} is not in the kernel of {release}"))
    };
    Ok(Kernel { image: find(&["-name", "vmlinuz*"])?, modules: find(&["-path", "*/modules/*", "-name", "kernel"])? })
}

fn install(folder: &Path, release: &str) -> Result<()> {
    let apt = folder.join("apt");
    for part in ["lists/partial", "cache/archives/partial"] {
        std::fs::create_dir_all(apt.join(part))?;
    }
    std::fs::write(apt.join("sources.list"), sources(release))?;
    std::fs::write(apt.join("status"), "")?;
    done(apt_of("apt-get", &apt).args(["--quiet=2", "update"]), ADVICE)?;
    let depends = ["depends", "--recurse", "--no-recommends", "--no-suggests", "linux-image-amd64"];
    let listed = apt_of("apt-cache", &apt).args(depends).output()?;
    let packages = kernel_packages(&String::from_utf8(listed.stdout)?);
    ensure!(!packages.is_empty(), "no kernel is listed for {release}; needed: {ADVICE}");
    done(apt_of("apt-get", &apt).args(["--quiet=2", "download"]).args(&packages).current_dir(folder), ADVICE)?;
    for package in std::fs::read_dir(folder)?.filter_map(Result::ok).map(|entry| entry.path()) {
        if package.extension().is_some_and(|extension| extension == "deb") {
            done(Command::new("dpkg-deb").arg("-x").arg(&package).arg(folder.join("root")), ADVICE)?;
            std::fs::remove_file(package)?;
        }
    }
    Ok(())
}

/// The packages of one build, which newer releases split in three.
fn kernel_packages(listed: &str) -> Vec<String> {
    let kernel = |line: &&str| {
        let rest = ["linux-image-", "linux-binary-", "linux-modules-"].iter().find_map(|part| line.strip_prefix(part));
        rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit())) && !line.ends_with("-unsigned")
    };
    let mut packages: Vec<String> = listed.lines().filter(kernel).map(str::to_owned).collect();
    packages.sort();
    packages.dedup();
    packages
}

fn sources(release: &str) -> String {
    let line = |site: &str, suite: &str| {
        format!(
            "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/{site} {suite} main\n"
        )
    };
    let security =
        if release == "sid" { String::new() } else { line("debian-security", &format!("{release}-security")) };
    line("debian", release) + &security
}

/// A program of apt that knows of nothing but this folder.
fn apt_of(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    let places = [
        ("Dir::Etc::sourcelist", "sources.list"),
        ("Dir::State", ""),
        ("Dir::State::lists", "lists"),
        ("Dir::State::status", "status"),
        ("Dir::Cache", "cache"),
    ];
    for (option, place) in places {
        command.args(["-o", &format!("{option}={}", folder.join(place).display())]);
    }
    command.args(["-o", "Dir::Etc::sourceparts=-", "-o", "Acquire::Languages=none", "-o", "APT::Sandbox::User=root"]);
    command.args(["-o", "APT::Architecture=amd64", "-o", "APT::Architectures=amd64"]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_is_told_from_what_it_depends_on() {
        let listed = "linux-image-amd64\n  Depends: linux-image-6.1.0-50-amd64\nlinux-image-6.1.0-50-amd64\nkmod\n\
                      linux-image-6.1.0-50-amd64-unsigned\nlinux-modules-7.2-amd64\nlinux-image-6.1.0-50-amd64\n";
        assert_eq!(kernel_packages(listed), ["linux-image-6.1.0-50-amd64", "linux-modules-7.2-amd64"]);
    }
}
