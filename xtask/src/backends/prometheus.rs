//! `cargo xtask prometheus`: a real Prometheus scrapes `serve`, and answers what the dashboard asks.

use super::{Server, free_port, get, get_json, logs, program, wait};
use crate::root;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

const INSTALL: &str = "prometheus and promtool are needed: apt-get install prometheus";

/// Starts both, runs a program, asks every question of the dashboard.
pub(crate) fn run() -> Result<()> {
    let place = tempfile::tempdir()?;
    let (_serve, address) = serve(place.path())?;
    call(&address)?;
    let metrics = get(&format!("{address}/metrics"))?;
    lint(&metrics)?;
    let (_prometheus, asked) = scrape(place.path(), &address)?;
    wait("prometheus never saw the metrics", || {
        get_json(&query(&asked, "outboard_calls_total")).is_ok_and(|found| found["data"]["result"] != json!([]))
    })?;
    let questions = questions()?;
    for question in &questions {
        let found = get_json(&query(&asked, question)).with_context(|| question.clone())?;
        ensure!(found["status"] == "success", "{question}: {found}");
    }
    println!("prometheus scraped {} lines and answered all {} questions", metrics.lines().count(), questions.len());
    Ok(())
}

fn serve(place: &Path) -> Result<(Server, String)> {
    std::fs::write(place.join("outboard.toml"), logs()? + "[telemetry]\nopen_metrics = true\n")?;
    let mut command = Command::new(program("outboard")?);
    command.args(["serve", "--http", "127.0.0.1:0"]).current_dir(place).env("OUTBOARD_TOKEN", "secret");
    let mut server = Server(command.stderr(Stdio::piped()).stdin(Stdio::null()).spawn()?);
    let mut line = String::new();
    BufReader::new(server.0.stderr.take().context("no output")?).read_line(&mut line)?;
    let address = line.trim().strip_prefix("listening on ").and_then(|text| text.strip_suffix("/mcp"));
    Ok((server, address.with_context(|| line.clone())?.to_owned()))
}

fn call(address: &str) -> Result<()> {
    let code = "for (let i = 0; i < 20; i++) await logs.listPages({});\nreturn 1;";
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "run_code", "arguments": {"code": code}}});
    let mut command = Command::new("curl");
    command.args(["--silent", "--fail", "--max-time", "60", "--data", &body.to_string()]);
    command.args(["--header", "authorization: Bearer secret", "--header", "content-type: application/json"]);
    let answer = command.arg(format!("{address}/mcp")).output()?;
    let text = String::from_utf8_lossy(&answer.stdout);
    ensure!(text.contains("succeeded"), "the program did not run: {text}");
    Ok(())
}

/// What promtool thinks of the text.
fn lint(metrics: &str) -> Result<()> {
    let mut command = Command::new("promtool");
    let mut child = command.args(["check", "metrics"]).stdin(Stdio::piped()).spawn().context(INSTALL)?;
    child.stdin.take().context("no input")?.write_all(metrics.as_bytes())?;
    ensure!(child.wait()?.success(), "promtool finds fault with the metrics");
    Ok(())
}

fn scrape(place: &Path, address: &str) -> Result<(Server, String)> {
    let target = address.trim_start_matches("http://");
    let text = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs: [{{job_name: outboard, static_configs: [{{targets: [\"{target}\"]}}]}}]\n"
    );
    std::fs::write(place.join("prometheus.yml"), text)?;
    let asked = format!("127.0.0.1:{}", free_port()?);
    let mut command = Command::new("prometheus");
    command.args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"]);
    command.arg(format!("--web.listen-address={asked}")).current_dir(place).stdout(Stdio::null()).stderr(Stdio::null());
    Ok((Server(command.spawn().context(INSTALL)?), format!("http://{asked}")))
}

/// Every question of the dashboard, with a span where Grafana would put one.
fn questions() -> Result<Vec<String>> {
    let board: Value = serde_json::from_str(&std::fs::read_to_string(root().join("docs/grafana/outboard.json"))?)?;
    let panels = board["panels"].as_array().context("the dashboard has no panels")?;
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let texts = targets.filter_map(|target| target["expr"].as_str());
    Ok(texts.map(|text| text.replace("$__rate_interval", "1m")).collect())
}

fn query(asked: &str, question: &str) -> String {
    let encoded: String = question.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("{asked}/api/v1/query?query={encoded}")
}
