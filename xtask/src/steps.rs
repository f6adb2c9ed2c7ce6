//! The steps of CI and of the demo.

use crate::built::target;
use crate::{root, setup, tidy};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

/// Everything that has to hold before a change lands.
pub(crate) fn ci() -> Result<()> {
    step("what tests need", setup::ensure)?;
    step("format", || cargo(&["fmt", "--all", "--check"]))?;
    step("house rules", || tidy::check(&root()))?;
    step("lints", || cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]))?;
    step("lints of jails that are taken apart", || {
        cargo(&[&["clippy"][..], &APART, &["--lib", "--bins", "--locked", "--", "--deny", "warnings"]].concat())
    })?;
    // Tests start programs of their own. With the tests in one build, as what only tests use gives libraries other
    // features: in two builds, most of them and all of ours are compiled twice.
    step("programs and tests", || cargo(&["build", "--workspace", "--bins", "--examples", "--tests", "--locked"]))?;
    step("tests", || cargo(&["test", "--workspace", "--locked"]))?;
    step("tests of the Python worker", || run("python3", &["workers/python/test_worker.py"]))?;
    step("attacks", || attack(&["--quick".to_owned()]))
}

/// Builds what the demo needs and runs it.
pub(crate) fn demo(arguments: &[String]) -> Result<()> {
    setup::ensure()?;
    let status = Command::new(release()?.join("outboard")).arg("demo").args(arguments).status()?;
    std::process::exit(status.code().unwrap_or(255));
}

/// Builds a release of what demo and benchmark need, and says where it is.
pub(crate) fn release() -> Result<PathBuf> {
    let packages = ["outboard", "outboard-worker", "outboard-bash", "outboard-demo"].map(|name| ["--package", name]);
    let packages = packages.concat();
    cargo(&[&["build", "--release", "--locked"][..], &packages].concat())?;
    Ok(target().join("release"))
}

/// Attacks the sandbox with everything that is known, and prints what held.
pub(crate) fn attack(arguments: &[String]) -> Result<()> {
    let programs = ["outboard-attack", "outboard-worker", "outboard-bash"].map(|name| ["--bin", name]).concat();
    cargo(&[&["build", "--quiet"][..], &APART, &programs, &["--locked"]].concat())?;
    let status = Command::new(target().join("debug/outboard-attack")).args(arguments).status()?;
    if !status.success() {
        bail!("the attacks ended with {status}");
    }
    Ok(())
}

/// Jails that can be taken apart, with the features that a build of all tests gives its libraries: naming an example is
/// what asks for those.
const APART: [&str; 5] = ["--workspace", "--features", "outboard-attack/ablation", "--example", "counting"];

fn step(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("\n== {name}");
    let started = Instant::now();
    work().with_context(|| format!("step failed: {name}"))?;
    println!("== {name}: {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

fn cargo(arguments: &[&str]) -> Result<()> {
    let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    run(&program, arguments)
}

fn run(program: &str, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new(program);
    // Tests install what they check with. A registry that falls silent is an error within minutes, not a run that hangs.
    command.env("npm_config_fetch_timeout", "60000").env("npm_config_fetch_retries", "2");
    let status = command.args(arguments).current_dir(root()).status().with_context(|| program.to_owned())?;
    if !status.success() {
        bail!("{program} {} ended with {status}", arguments.join(" "));
    }
    Ok(())
}
