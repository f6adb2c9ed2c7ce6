//! Real programs of others that get what we send, and are asked for it again. Opt-in: each takes a minute or two.

pub(crate) mod collector;
pub(crate) mod phoenix;
pub(crate) mod prometheus;

use crate::built::target;
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// How long it may take until something is the case.
const PATIENCE: Duration = Duration::from_secs(180);

/// A process that ends when it is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One of our programs, built already.
fn program(name: &str) -> Result<PathBuf> {
    let built = ["release", "measure", "debug"].map(|profile| target().join(profile).join(name));
    let found = built.into_iter().find(|path| path.exists());
    found.with_context(|| format!("{name} is missing: cargo build --workspace --bins"))
}

/// The settings of a project with the demo's log server.
fn logs() -> Result<String> {
    Ok(format!("[servers.logs]\ncommand = {:?}\nargs = [\"logs\"]\n", program("outboard-demo")?))
}

/// What an address answers, as JSON where it is.
fn get(url: &str) -> Result<String> {
    let output = Command::new("curl").args(["--silent", "--fail", "--max-time", "10", url]).output()?;
    ensure!(output.status.success(), "{url} does not answer");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn get_json(url: &str) -> Result<Value> {
    serde_json::from_str(&get(url)?).with_context(|| url.to_owned())
}

fn wait(problem: &str, mut is: impl FnMut() -> bool) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    while !is() {
        if Instant::now() > until {
            bail!("{problem}");
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    Ok(())
}

fn done(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?}"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
