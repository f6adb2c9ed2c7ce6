//! `cargo xtask real`: servers that nobody here wrote, from npm and PyPI, each listed through Outboard and, where one
//! call works without an account and a network, called by a program in both languages.
//!
//! Opt-in: it installs each server by itself into `target/real`. A run over all of them writes the table of
//! `docs/real-servers.md`. Which servers there are is `xtask/real/servers.toml`.

mod report;
mod server;

use crate::built::{self, target};
use crate::{packages, root};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use server::Server;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What came of one server.
struct Row {
    server: Server,
    /// How many tools it lists, or why it lists none.
    tools: Result<u64, String>,
    /// TypeScript and Python, where there is a call; the problem, if there was one.
    calls: Option<[Result<(), String>; 2]>,
}

/// Those with a word of `arguments` in their name, or all.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    built::programs(&["outboard", "outboard-worker"])?;
    let folder = target().join("real");
    let node = packages::node(&folder.join("node"))?;
    let wanted = |server: &Server| arguments.is_empty() || arguments.iter().any(|word| server.name.contains(word));
    let mut rows = Vec::new();
    for server in server::all()?.into_iter().filter(wanted) {
        let row = tried(server, &folder, &node);
        report::told(&row);
        rows.push(row);
    }
    if arguments.is_empty() {
        report::write(&root(), &rows)?;
    }
    let bad: Vec<&str> = rows.iter().filter(|row| !row.is_good()).map(|row| row.server.name.as_str()).collect();
    if bad.is_empty() { Ok(()) } else { bail!("not as expected: {}", bad.join(", ")) }
}

impl Row {
    fn is_good(&self) -> bool {
        let called = self.calls.as_ref().is_none_or(|calls| calls.iter().all(Result::is_ok));
        called && (self.tools.is_ok() || self.server.unlisted.is_some())
    }
}

fn tried(server: Server, folder: &Path, node: &Path) -> Row {
    let listed = server.install(folder, node).and_then(|()| Place::with(&server, folder, node));
    let listed = listed.and_then(|place| place.tools(&server).map(|tools| (place, tools)));
    match listed {
        Err(problem) => Row { server, tools: Err(format!("{problem:#}")), calls: None },
        Ok((place, tools)) => {
            let calls = server.tool.is_some().then(|| {
                let files = place.0.path().join("files");
                [("typescript", server.typescript(&files)), ("python", server.python(&files))]
                    .map(|(language, code)| place.program(&server, language, &code).map_err(|why| format!("{why:#}")))
            });
            Row { server, tools: Ok(tools), calls }
        }
    }
}

/// A folder with settings for one server, and something to read in it.
struct Place(tempfile::TempDir);

impl Place {
    fn with(server: &Server, folder: &Path, node: &Path) -> Result<Self> {
        // A name without a dot: some servers refuse hidden folders.
        let place = Self(tempfile::Builder::new().prefix("real-").tempdir()?);
        let files = place.0.path().join("files");
        std::fs::create_dir(&files)?;
        std::fs::write(files.join("note.txt"), "three little words\n")?;
        std::fs::write(files.join("page.html"), "<h1>three little words</h1>\n")?;
        let git = Command::new("git").args(["init", "--quiet"]).current_dir(&files).status().context("git")?;
        ensure!(git.success(), "git init failed");
        std::fs::write(place.0.path().join("outboard.toml"), server.settings(folder, node, &files))?;
        Ok(place)
    }

    fn outboard(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = Command::new(target().join("debug/outboard"));
        command.args(arguments).current_dir(self.0.path()).env("HOME", self.0.path()).stdin(Stdio::null());
        Ok(command.output()?)
    }

    /// How many tools are listed, after modules were generated from them.
    fn tools(&self, server: &Server) -> Result<u64> {
        let output = self.outboard(&["list", "--json"])?;
        let rows: Value = serde_json::from_slice(&output.stdout).context("list")?;
        let row = &rows[0];
        let ready = row["status"] == "ready" && row["tools"].as_u64() > Some(0);
        ensure!(ready, "{}", row["last_error"].as_str().unwrap_or("no tools"));
        let generated = self.outboard(&["generate", "out"])?;
        ensure!(generated.status.success(), "generate: {}", String::from_utf8_lossy(&generated.stderr));
        ensure!(self.0.path().join("out/servers").join(&server.name).is_dir(), "no modules were generated");
        row["tools"].as_u64().context("tools")
    }

    fn program(&self, server: &Server, language: &str, code: &str) -> Result<()> {
        std::fs::write(self.0.path().join("program"), code)?;
        let output = self.outboard(&["run", "program", "--language", language, "--json"])?;
        let report: Value = serde_json::from_slice(&output.stdout)
            .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
        let result = report["result"].to_string();
        ensure!(report["status"] == "succeeded", "{language}: {}", report["error"]);
        ensure!(result.contains(&server.expects), "{language}: {:?} is not in {result}", server.expects);
        Ok(())
    }
}
