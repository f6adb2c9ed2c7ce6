//! Asks a client about Outboard, and waits for the line that answers.

use super::Home;
use super::known::{Client, Program};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How long a client may take to start everything.
const PATIENCE: Duration = Duration::from_secs(180);

/// What is shown of a line.
const SHOWN: usize = 100;

/// The line in which the client says that Outboard is there and answers, made short.
pub(super) fn about_outboard(client: &Client, home: &Home, own: &Path, node: &Path) -> Result<String> {
    let mut command = command(client, home, own, node)?;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Ended(command.spawn().with_context(|| format!("{command:?}"))?);
    // Kept open until the answer is there: some end with their input.
    let mut input = child.0.stdin.take().context("stdin")?;
    input.write_all(client.input.as_bytes())?;
    let (sender, told) = mpsc::channel();
    // Some list on the one way out, some on the other.
    listen(child.0.stdout.take().context("stdout")?, sender.clone());
    listen(child.0.stderr.take().context("stderr")?, sender);
    let (end, mut all) = (Instant::now() + PATIENCE, String::new());
    while let Ok(line) = told.recv_timeout(end.saturating_duration_since(Instant::now())) {
        if line.contains("outboard") && line.to_ascii_lowercase().contains(client.well) {
            return Ok(shown(&line, client.well, home));
        }
        all.push_str(&line);
        all.push('\n');
    }
    bail!("it does not say {:?} of Outboard, but:\n{all}", client.well)
}

fn listen(out: impl Read + Send + 'static, sender: mpsc::Sender<String>) {
    let lines = BufReader::new(out).lines();
    std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
}

fn command(client: &Client, home: &Home, own: &Path, node: &Path) -> Result<Command> {
    let mut command = match client.program {
        Program::Bin(name) => home.command(&own.join("node_modules").join(name)),
        Program::Script(text) => {
            // Beside the packages, so that it finds them.
            let script = own.join("ask.mjs");
            std::fs::write(&script, text)?;
            let mut command = home.command(&node.join("bin/node"));
            command.arg(script);
            command
        }
    };
    let usual = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([node.join("bin")].into_iter().chain(std::env::split_paths(&usual)))?;
    command.args(client.args).envs(client.env.iter().copied()).env("PATH", path);
    Ok(command)
}

/// Without paths of this machine and colours; of long answers only what was looked for.
fn shown(line: &str, well: &str, home: &Home) -> String {
    let target = crate::built::target().join("debug").display().to_string() + "/";
    let mut plain = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('\u{1b}') {
        plain.push_str(&rest[..at]);
        rest = rest[at..].split_once('m').map_or("", |(_, rest)| rest);
    }
    plain.push_str(rest);
    let plain = plain.replace(&target, "").replace(&home.path().display().to_string(), "~");
    let plain = plain.trim_matches(|c: char| c.is_whitespace() || c == '●').trim();
    if plain.chars().count() > SHOWN { format!("outboard … {well} …") } else { plain.to_owned() }
}

/// Ended when nobody listens any more.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
