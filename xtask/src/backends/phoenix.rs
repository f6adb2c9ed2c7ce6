//! `cargo xtask phoenix`: Arize Phoenix, installed from PyPI, gets real traces and gives them back.
//!
//! It downloads about 850 MB into `target/phoenix`.

use super::{Server, done, free_port, get, get_json, logs, program, wait};
use crate::root;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PROGRAM: &str = "const pages = await logs.listPages({});\n\
    await Promise.all([1, 2].map((page) => logs.getPage({ page })));\nreturn pages.pages;\n";

/// Installs, starts, sends, reads back, ends.
pub(crate) fn run() -> Result<()> {
    let folder = root().join("target/phoenix");
    let phoenix = install(&folder)?;
    let port = free_port()?;
    let _server = start(&phoenix, &folder, port)?;
    let place = tempfile::tempdir()?;
    with_tracing(place.path(), port)?;
    without(place.path(), port)
}

fn install(folder: &Path) -> Result<PathBuf> {
    let phoenix = folder.join("venv/bin/phoenix");
    if !phoenix.exists() {
        println!("installing arize-phoenix into {} …", folder.display());
        done(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")))?;
        done(Command::new(folder.join("venv/bin/pip")).args(["install", "--quiet", "arize-phoenix"]))?;
    }
    Ok(phoenix)
}

fn start(phoenix: &Path, folder: &Path, port: u16) -> Result<Server> {
    let work = folder.join("work");
    let _ = std::fs::remove_dir_all(&work);
    std::fs::create_dir_all(&work)?;
    let log = std::fs::File::create(folder.join("phoenix.log"))?;
    let mut command = Command::new(phoenix);
    command.arg("serve").env("PHOENIX_HOST", "127.0.0.1").env("PHOENIX_PORT", port.to_string());
    command.env("PHOENIX_GRPC_PORT", free_port()?.to_string()).env("PHOENIX_WORKING_DIR", &work);
    command.env("PHOENIX_TELEMETRY_ENABLED", "false").stdout(log.try_clone()?).stderr(log).stdin(Stdio::null());
    let server = Server(command.spawn().context("phoenix cannot be started")?);
    let address = format!("http://127.0.0.1:{port}/healthz");
    wait("phoenix did not start; see target/phoenix/phoenix.log", || get(&address).is_ok())?;
    Ok(server)
}

/// An agent with a scripted model runs a program; its spans are one tree.
fn with_tracing(place: &Path, port: u16) -> Result<()> {
    let script = json!({"turns": [
        {"text": "Let me look.", "calls": [{"name": "run_code", "arguments": {"code": PROGRAM}}]},
        {"text": "There are 30 pages."},
    ]});
    std::fs::write(place.join("script.json"), script.to_string())?;
    let mut command = Command::new(program("scripted-model")?);
    command.arg("script.json").current_dir(place).stdout(Stdio::piped());
    let mut model = Server(command.spawn()?);
    let mut line = String::new();
    BufReader::new(model.0.stdout.take().context("no output")?).read_line(&mut line)?;
    let ready: Value = serde_json::from_str(&line)?;
    let base = ready["base_url"].as_str().context("the model has no address")?;
    let given = ["agent", "How many pages?", "--mode", "code", "--provider", "openai", "--model", "scripted"];
    settings(place, port, "outboard")?;
    done(outboard(place)?.args(given).args(["--base-url", base]))?;

    let spans = read_back(port, "outboard", "invoke_agent outboard")?;
    for (name, parent) in [
        ("tools/call list_pages", "execute_tool run_code"),
        ("tools/call get_page", "execute_tool run_code"),
        ("worker typescript", "execute_tool run_code"),
        ("execute_tool run_code", "chat scripted"),
        ("chat scripted", "invoke_agent outboard"),
    ] {
        let found = spans.iter().filter(|span| span["name"] == name);
        let under = |span: &Value| spans.iter().any(|other| id(other) == &span["parent_id"] && other["name"] == parent);
        let (all, right): (usize, usize) = (found.clone().count(), found.filter(|span| under(span)).count());
        ensure!(all > 0 && all == right, "{right} of {all} {name:?} stand under {parent:?}: {spans:#?}");
    }
    println!("phoenix gave back {} spans: agent, model, program, worker and calls, each under its own", spans.len());
    Ok(())
}

/// A black box is one span.
fn without(place: &Path, port: u16) -> Result<()> {
    std::fs::write(place.join("program.ts"), PROGRAM)?;
    settings(place, port, "box")?;
    done(outboard(place)?.args(["run", "program.ts", "--no-tool-tracing"]))?;
    let spans = read_back(port, "box", "execute_tool run_code")?;
    ensure!(spans.len() == 1, "a black box of {} spans: {spans:#?}", spans.len());
    println!("with --no-tool-tracing it gave back one span");
    Ok(())
}

fn settings(place: &Path, port: u16, project: &str) -> Result<()> {
    let telemetry = format!(
        "[telemetry]\nendpoint = \"http://127.0.0.1:{port}\"\nmetrics = false\n\
         resource = {{ \"openinference.project.name\" = \"{project}\" }}\n"
    );
    Ok(std::fs::write(place.join("outboard.toml"), logs()? + &telemetry)?)
}

fn outboard(place: &Path) -> Result<Command> {
    let mut command = Command::new(program("outboard")?);
    command.current_dir(place).env("OPENAI_API_KEY", "none").env_remove("OTEL_EXPORTER_OTLP_ENDPOINT");
    Ok(command)
}

/// The spans of a project, once this one is there: those of one execution come together.
fn read_back(port: u16, project: &str, last: &str) -> Result<Vec<Value>> {
    let url = format!("http://127.0.0.1:{port}/v1/projects/{project}/spans?limit=100");
    let mut spans = Vec::new();
    wait("phoenix never showed the spans", || {
        let found = get_json(&url).unwrap_or_default();
        spans = found["data"].as_array().cloned().unwrap_or_default();
        ["execute_tool run_code", last].iter().all(|name| spans.iter().any(|span| span["name"] == *name))
    })?;
    Ok(spans)
}

fn id(span: &Value) -> &Value {
    &span["context"]["span_id"]
}
