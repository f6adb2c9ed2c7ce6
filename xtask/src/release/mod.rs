//! `cargo xtask release`: the programs as an archive that `install.sh` installs, with checksums and licences.
//!
//! Nothing is uploaded here; what to do with the folder is for whoever runs it.

mod licences;
mod needs;
mod programs;

use crate::packages::done;
use crate::root;
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) use programs::install;

/// Where `install.sh` looks unless it is told otherwise; the line is replaced when an address is given.
const NOWHERE: &str = "FROM=\"\"\n";
const USAGE: &str = "usage: cargo xtask release [--out DIR] [--programs DIR] [--glibc 2.28] [--address URL]";

/// What was asked for.
struct Options {
    /// Where the archive goes.
    out: PathBuf,
    /// Programs that are built already.
    programs: Option<PathBuf>,
    /// Oldest C library to build for, through cargo-zigbuild.
    glibc: Option<String>,
    /// Where the archive will be found, for `install.sh`.
    address: Option<String>,
}

/// Builds or takes the programs, and packs them.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let options = options(arguments)?;
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let built = match &options.programs {
        Some(folder) => folder.clone(),
        None => programs::build(&target, options.glibc.as_deref())?,
    };
    fs::create_dir_all(&options.out)?;
    let name = format!("outboard-{}-{target}", env!("CARGO_PKG_VERSION"));
    let work = tempfile::tempdir()?;
    let needs = stage(&work.path().join(&name), &built, &target)?;
    let archive = pack(work.path(), &name, &options.out)?;
    sums(&options.out)?;
    installer(&options)?;
    let size = fs::metadata(&archive)?.len() as f64 / 1e6;
    println!("{} ({size:.1} MB), for glibc {needs} and newer", archive.display());
    println!("install with: sh {}", options.out.join("install.sh").display());
    Ok(())
}

fn options(arguments: &[String]) -> Result<Options> {
    let mut options =
        Options { out: crate::built::target().join("release-packages"), programs: None, glibc: None, address: None };
    let mut given = arguments.iter();
    while let Some(name) = given.next() {
        let value = given.next().context(USAGE)?;
        match name.as_str() {
            "--out" => options.out = value.into(),
            "--programs" => options.programs = Some(value.into()),
            "--glibc" => options.glibc = Some(value.clone()),
            "--address" => options.address = Some(value.clone()),
            _ => bail!(USAGE),
        }
    }
    Ok(options)
}

/// Puts everything into a folder; gives the oldest C library that the programs start with.
fn stage(folder: &Path, built: &Path, target: &str) -> Result<String> {
    fs::create_dir_all(folder)?;
    let mut oldest = needs::Version::default();
    for name in programs::NAMES {
        let (from, to) = (built.join(name), folder.join(name));
        fs::copy(&from, &to).with_context(|| format!("{}: cargo build --workspace --bins", from.display()))?;
        done(Command::new("strip").arg(&to), "apt-get install binutils")?;
        oldest = oldest.max(needs::glibc(&fs::read(&to)?));
    }
    for name in ["LICENSE-APACHE", "LICENSE-MIT", "README.md"] {
        fs::copy(root().join(name), folder.join(name)).with_context(|| name.to_owned())?;
    }
    fs::write(folder.join("THIRD-PARTY-LICENSES.txt"), licences::text(target)?)?;
    fs::write(folder.join("requires"), format!("glibc={oldest}\n"))?;
    Ok(oldest.to_string())
}

/// One archive whose bytes depend on its files alone.
fn pack(work: &Path, name: &str, out: &Path) -> Result<PathBuf> {
    let archive = fs::canonicalize(out)?.join(format!("{name}.tar.gz"));
    let mut tar = Command::new("tar");
    tar.args(["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=u+rwX,go+rX,go-w"]);
    tar.args(["--use-compress-program=gzip -n", "--create", "--file"]).arg(&archive).arg(name).current_dir(work);
    done(&mut tar, "apt-get install tar gzip")?;
    Ok(archive)
}

/// The checksums of every archive of the folder, as `sha256sum --check` reads them.
fn sums(out: &Path) -> Result<()> {
    let script = "sha256sum -- *.tar.gz > SHA256SUMS";
    done(Command::new("sh").args(["-c", script]).current_dir(out), "apt-get install coreutils")
}

fn installer(options: &Options) -> Result<()> {
    let mut text = fs::read_to_string(root().join("install.sh"))?;
    ensure!(text.contains(NOWHERE), "install.sh has lost the line {NOWHERE:?}");
    if let Some(address) = &options.address {
        ensure!(!address.contains(['"', '$', '`', '\\', '\n']), "--address: {address:?} is no plain address");
        text = text.replace(NOWHERE, &format!("FROM=\"{address}\"\n"));
    }
    Ok(fs::write(options.out.join("install.sh"), text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_goes_into_the_installer_and_only_a_plain_one() {
        let out = tempfile::tempdir().unwrap();
        let with = |address: &str| {
            let given = ["--out", &out.path().display().to_string(), "--address", address].map(str::to_owned);
            installer(&options(&given).unwrap())
        };
        with("https://example.com/outboard").unwrap();
        let text = fs::read_to_string(out.path().join("install.sh")).unwrap();
        assert!(text.contains("FROM=\"https://example.com/outboard\"\n") && !text.contains(NOWHERE));
        assert!(with("https://x/$(id)").is_err());
        assert!(options(&["--out".to_owned()]).is_err() && options(&["--x".to_owned(), "y".to_owned()]).is_err());
    }
}
