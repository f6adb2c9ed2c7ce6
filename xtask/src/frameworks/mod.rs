//! `cargo xtask frameworks`: the examples of agent frameworks, each run for real over stdio and HTTP.
//!
//! Opt-in: it installs the frameworks at their pinned versions into `target/frameworks`, about 500 MB. The model is
//! a script, so no key and no network is needed afterwards. What is checked: the program ran in the jail, its
//! result reached the model, and the model's answer reached the example's user.

mod install;
mod model;

use crate::built;
use crate::conformance::Served;
use crate::root;
use anyhow::{Context, Result, bail, ensure};
use install::Framework;
use model::Model;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// What the script says last; `examples/frameworks/script.json`.
const ANSWER: &str = "Twice the pages are 60.";

/// Runs those with a word of `arguments` in their name, or all.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let programs = built::programs(&["outboard", "outboard-worker", "outboard-demo"])?;
    let mut failed = Vec::new();
    for framework in install::ALL {
        if !arguments.is_empty() && !arguments.iter().any(|word| framework.name.contains(word.as_str())) {
            continue;
        }
        let begun = Instant::now();
        let ready = framework.install(&built::target().join("frameworks"))?;
        let installed = begun.elapsed();
        for over in ["stdio", "http"] {
            let begun = Instant::now();
            match example(&framework, &ready, &programs, over == "http") {
                Ok(()) => println!("{} over {over}: {:.1} s", framework.name, begun.elapsed().as_secs_f64()),
                Err(problem) => {
                    println!("{} over {over} failed: {problem:#}", framework.name);
                    failed.push(format!("{} over {over}", framework.name));
                }
            }
        }
        println!("{}: installed in {:.1} s", framework.name, installed.as_secs_f64());
    }
    if failed.is_empty() { Ok(()) } else { bail!("not as expected: {}", failed.join(", ")) }
}

fn example(framework: &Framework, ready: &Path, programs: &Path, http: bool) -> Result<()> {
    let place = tempfile::tempdir()?;
    let folder = root().join("examples/frameworks");
    let settings = std::fs::read_to_string(folder.join("outboard.toml"))?;
    let demo = programs.join("outboard-demo").display().to_string();
    std::fs::write(place.path().join("outboard.toml"), settings.replace("outboard-demo", &demo))?;
    let model = Model::start(programs, &folder.join("script.json"))?;
    let served = if http { Some(Served::start(place.path())?) } else { None };
    let mut command = framework.command(ready, &folder);
    command.current_dir(place.path()).env("HOME", place.path()).env("PATH", path(programs)?);
    command.env("OPENAI_BASE_URL", format!("{}/v1", model.url)).env("OPENAI_API_KEY", "none");
    command.env("ANTHROPIC_BASE_URL", &model.url).env("ANTHROPIC_API_KEY", "none").env("MODEL", "scripted");
    // Frameworks that report about their runs would wait for a network that nobody gave them.
    command.env("OPENAI_AGENTS_DISABLE_TRACING", "1").env("DO_NOT_TRACK", "1");
    if let Some(served) = &served {
        command.env("OUTBOARD_URL", served.url()).env("OUTBOARD_TOKEN", crate::conformance::TOKEN);
    }
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{command:?}"))?;
    let (said, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success() && said.contains(ANSWER), "{said}\n{}", end(&told));
    drop(served);
    ran_in_jail(place.path(), programs)
}

/// The last lines of a long trace, where the reason is.
fn end(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// The journal has the one program, done, with its call.
fn ran_in_jail(place: &Path, programs: &Path) -> Result<()> {
    let mut command = Command::new(programs.join("outboard"));
    let output = command.args(["executions", "--json"]).current_dir(place).env("HOME", place).output()?;
    let rows: Value = serde_json::from_slice(&output.stdout)?;
    let done = rows.as_array().into_iter().flatten().filter(|row| row["status"] == "succeeded").count();
    ensure!(done == 1, "the journal should have one program that succeeded: {rows}");
    let mut audit = Command::new(programs.join("outboard"));
    let audit = audit.args(["audit", "--json"]).current_dir(place).env("HOME", place).output()?;
    let audit = String::from_utf8_lossy(&audit.stdout).into_owned();
    ensure!(audit.contains("list_pages"), "the audit log should have the call: {audit}");
    Ok(())
}

fn path(programs: &Path) -> Result<std::ffi::OsString> {
    let usual = std::env::var_os("PATH").unwrap_or_default();
    Ok(std::env::join_paths(std::iter::once(programs.to_owned()).chain(std::env::split_paths(&usual)))?)
}
