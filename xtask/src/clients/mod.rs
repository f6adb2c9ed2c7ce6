//! `cargo xtask clients`: clients that nobody here wrote, from npm. Each is given our entry by `outboard install`, in a
//! home of its own, and is then asked itself whether Outboard is there and answers; no model and no account is needed.
//!
//! Opt-in: it installs each client into `target/clients`. A run over all of them writes the table of
//! `docs/clients.md`. Which clients there are is in `known`.

mod asked;
mod known;

use crate::built::{self, target};
use crate::{packages, root};
use anyhow::{Context, Result, bail, ensure};
use known::{CLIENTS, Client};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const BEGIN: &str = "<!-- table: written by `cargo xtask clients` -->\n";
const END: &str = "<!-- end of table -->";

/// A client that is installed, and what came of it.
type Row = (&'static Client, Result<String>);

/// Those with a word of `arguments` in their name, or all.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    built::programs(&["outboard", "outboard-worker", "outboard-demo"])?;
    let folder = target().join("clients");
    let node = packages::node(&folder.join("node"))?;
    let wanted =
        |client: &&Client| arguments.is_empty() || arguments.iter().any(|word| client.id.contains(word.as_str()));
    let mut rows: Vec<Row> = Vec::new();
    for client in CLIENTS.iter().filter(wanted) {
        let told = tried(client, &folder, &node);
        match &told {
            Ok(line) => println!("{}: {line}", client.id),
            Err(problem) => println!("{}: {problem:#}", client.id),
        }
        rows.push((client, told));
    }
    if arguments.is_empty() {
        write(&rows)?;
    }
    let bad: Vec<&str> = rows.iter().filter(|(_, told)| told.is_err()).map(|(client, _)| client.id).collect();
    if bad.is_empty() { Ok(()) } else { bail!("not as expected: {}", bad.join(", ")) }
}

/// What the client says about Outboard.
fn tried(client: &Client, folder: &Path, node: &Path) -> Result<String> {
    let own = folder.join(client.id);
    let wanted = [client.package, client.setup.unwrap_or_default()].join(" ");
    packages::once(&own, wanted.trim(), || installed(client, &own, node))?;
    let home = Home::new(folder)?;
    std::fs::create_dir_all(home.path().join(client.folder))?;
    home.outboard(&["install", client.id])?;
    let file = home.file(client)?;
    let said = asked::about_outboard(client, &home, &own, node)?;
    home.outboard(&["uninstall", client.id])?;
    let left = std::fs::read_to_string(&file).unwrap_or_default();
    ensure!(!left.contains("outboard"), "uninstall left our entry in {}", file.display());
    Ok(said)
}

fn installed(client: &Client, own: &Path, node: &Path) -> Result<()> {
    packages::npm(packages::npm_of(node), own, &[client.package])?;
    let Some(setup) = client.setup else { return Ok(()) };
    let script = own.join("node_modules").join(setup);
    let mut command = Command::new(node.join("bin/node"));
    command.arg(&script).current_dir(script.parent().context("no folder")?);
    packages::done(&mut command, "the network")
}

/// A home folder with settings of Outboard's, and a project in it.
struct Home(tempfile::TempDir);

impl Home {
    fn new(folder: &Path) -> Result<Self> {
        let home = Self(tempfile::Builder::new().prefix("home-").tempdir_in(folder)?);
        let settings = home.path().join(".config/outboard");
        std::fs::create_dir_all(&settings)?;
        std::fs::create_dir(home.project())?;
        let demo = target().join("debug/outboard-demo");
        let text = format!("[servers.logs]\ncommand = {:?}\nargs = [\"logs\"]\n", demo.display().to_string());
        std::fs::write(settings.join("config.toml"), text)?;
        Ok(home)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn project(&self) -> PathBuf {
        self.path().join("project")
    }

    /// A program that knows no other home.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.project()).env("HOME", self.path()).stdin(Stdio::null());
        for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "CODEX_HOME", "CLAUDE_CONFIG_DIR"] {
            command.env_remove(name);
        }
        command
    }

    fn outboard(&self, arguments: &[&str]) -> Result<String> {
        let output = self.command(&target().join("debug/outboard")).args(arguments).output()?;
        ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The file that holds our entry.
    fn file(&self, client: &Client) -> Result<PathBuf> {
        let rows: serde_json::Value = serde_json::from_str(&self.outboard(&["install", "--json"])?)?;
        let mut rows = rows.as_array().context("no list")?.iter();
        let row =
            rows.find(|row| row["client"] == client.id && row["status"] == "installed").context("not installed")?;
        Ok(row["file"].as_str().context("no file")?.into())
    }
}

fn write(rows: &[Row]) -> Result<()> {
    let path = root().join("docs/clients.md");
    let page = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let (before, rest) = page.split_once(BEGIN).context("docs/clients.md has lost its marks")?;
    let (_, after) = rest.split_once(END).context("docs/clients.md has lost its marks")?;
    let mut table = String::from("| client | version | asked with | says about Outboard |\n|---|---|---|---|\n");
    for (client, told) in rows {
        let (name, version) = client.package.rsplit_once('@').unwrap_or((client.package, ""));
        let told = told.as_ref().map_or("it should be there, and is not".to_owned(), |said| format!("`{said}`"));
        writeln!(table, "| `{name}` | {version} | {} | {told} |", client.question)?;
    }
    Ok(std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}"))?)
}
