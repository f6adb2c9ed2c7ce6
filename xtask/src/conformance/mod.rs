//! Runs the public conformance suite of the protocol against Outboard, both sides and both eras, and writes the
//! counts into the documentation.
//!
//! A fixture server stands behind Outboard, whose names are passed through; each era of the suite meets each era
//! of the fixture. For the client side the suite plays the server, and a small agent calls it through Outboard.

pub(crate) mod client;
mod install;
mod known;
mod proxy;
mod report;
mod sign_in;

use crate::built::{self, target};
use crate::root;
use anyhow::{Context, Result, bail};
use install::Suite;
pub(crate) use proxy::TOKEN;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The revisions of the suite.
const REVISIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];
/// The eras of the fixture.
const ERAS: [&str; 2] = ["legacy", "modern"];
/// What the fixture's clients need to be let through for.
const POLICY: &str = "[policy]\nprofile = \"open\"\npin = false\n[privacy]\nenabled = false\n[[policy.rules]]\n\
                      tools = [\"*\"]\naction = \"allow\"\n";

/// One run of the suite.
struct Run {
    name: String,
    passed: bool,
    counts: report::Counts,
}

/// Runs everything, or what has a word of `arguments` in its name; writes the page when nothing was left out.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    built::programs(&["outboard", "outboard-worker"])?;
    let suite = install::suite(&target().join("conformance"))?;
    let mut runs = Vec::new();
    let wanted = |name: &str| arguments.is_empty() || arguments.iter().any(|word| name.contains(word.as_str()));
    for revision in REVISIONS {
        for era in ERAS {
            let name = format!("server {revision} over {era}");
            if wanted(&name) {
                runs.push(server(&suite, name, revision, era)?);
            }
        }
        let name = format!("client {revision}");
        if wanted(&name) {
            runs.push(client(&suite, name, revision)?);
        }
    }
    if arguments.is_empty() {
        report::write(&root(), &runs)?;
    }
    let failed: Vec<&str> = runs.iter().filter(|run| !run.passed).map(|run| run.name.as_str()).collect();
    if failed.is_empty() { Ok(()) } else { bail!("not as expected: {}", failed.join(", ")) }
}

/// The suite as the agent, Outboard in the middle, the fixture as the server.
fn server(suite: &Suite, name: String, revision: &str, era: &str) -> Result<Run> {
    let place = tempfile::tempdir()?;
    let fixture = root().join("xtask/conformance/fixture.py");
    let settings = format!(
        "expose = \"direct\"\n{POLICY}[servers.fixture]\ncommand = \"python3\"\nargs = [{:?}, {era:?}]\n",
        fixture.display().to_string()
    );
    std::fs::write(place.path().join("outboard.toml"), settings)?;
    let served = Served::start(place.path())?;
    let proxy = proxy::start(served.port)?;
    let url = format!("http://127.0.0.1:{proxy}/mcp");
    let known = format!("server-{revision}-{era}.yml");
    let results = place.path().join("results");
    let status = suite.run(&["server", "--url", &url, "--requirements", revision], &known, &results)?;
    Ok(Run { name, passed: status, counts: report::count(&results)? })
}

/// The suite as the server, Outboard in the middle, a small agent in front.
fn client(suite: &Suite, name: String, revision: &str) -> Result<Run> {
    let place = tempfile::tempdir()?;
    let this = std::env::current_exe()?;
    let command = format!("{} conformance-client {}", this.display(), target().join("debug/outboard").display());
    let known = format!("client-{revision}.yml");
    let results = place.path().join("results");
    let status = suite.run(
        &["client", "--command", &command, "--requirements", revision, "--timeout", "180000"],
        &known,
        &results,
    )?;
    Ok(Run { name, passed: status, counts: report::count(&results)? })
}

/// Outboard over HTTP; ended when it is dropped.
pub(crate) struct Served {
    child: Child,
    port: u16,
}

impl Served {
    /// Where agents reach it.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/mcp", self.port)
    }

    /// With the settings of a folder, and the token of this module.
    pub(crate) fn start(place: &Path) -> Result<Self> {
        let mut command = Command::new(target().join("debug/outboard"));
        command.args(["serve", "--http", "127.0.0.1:0"]).current_dir(place).env("HOME", place);
        command.env("OUTBOARD_TOKEN", proxy::TOKEN).stdin(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().context("outboard")?;
        let mut told = BufReader::new(child.stderr.take().context("stderr")?).lines();
        let port = told.by_ref().find_map(|line| {
            let address = line.ok()?.strip_prefix("listening on http://")?.strip_suffix("/mcp")?.to_owned();
            address.rsplit_once(':')?.1.parse().ok()
        });
        // What it says later is read, so that it never waits for somebody to do so.
        std::thread::spawn(move || told.for_each(drop));
        Ok(Self { child, port: port.context("outboard did not say where it listens")? })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
