//! What telemetry, counting and alerts cost a program of 1,000 calls: prints the ratios of the median times, with each
//! of them and with none.
//!
//! Needs the programs: `cargo build --release --bins`, then
//! `cargo run --release -p outboard-telemetry --example overhead`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that talks to who makes it")]

use axum::Router;
use axum::http::StatusCode;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

const ROUNDS: usize = 9;

const PROGRAM: &str = "for (let i = 0; i < 1000; i++) await logs.listPages({});\nreturn 1;";

/// The time of one execution in milliseconds, as the journal has it.
fn once(program: &Path, folder: &Path, settings: &str, collector: Option<&str>) -> f64 {
    let mut command = Command::new(program);
    command
        .args(["--config", settings, "run", "program.ts", "--json"])
        .current_dir(folder)
        .env_remove("OTEL_EXPORTER_OTLP_ENDPOINT");
    if let Some(base) = collector {
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", base);
    }
    let output = command.output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(report["status"], "succeeded", "{report}");
    let mut show = Command::new(program);
    show.args(["--config", settings, "executions", "show", report["id"].as_str().unwrap(), "--json"])
        .current_dir(folder);
    let shown = show.output().unwrap();
    let row: Value = serde_json::from_slice(&shown.stdout).unwrap();
    row["ended_ms"].as_f64().unwrap() - row["started_ms"].as_f64().unwrap()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[tokio::main]
async fn main() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(|| async { StatusCode::OK })).await });
    let bin = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_owned();
    let (program, demo) = (bin.join("outboard"), bin.join("outboard-demo"));
    assert!(program.exists() && demo.exists(), "build the programs first: cargo build --release --bins");
    let folder = tempfile::tempdir().unwrap();
    let settings = format!("[servers.logs]\ncommand = {demo:?}\nargs = [\"logs\"]\n[sandbox]\ntotal_calls = 1000\n");
    let plain = format!("{settings}[ledger]\ntokenizer = \"estimate\"\n[alerts]\nenabled = false\n");
    std::fs::write(folder.path().join("outboard.toml"), settings).unwrap();
    std::fs::write(folder.path().join("plain.toml"), plain).unwrap();
    std::fs::write(folder.path().join("program.ts"), PROGRAM).unwrap();
    let (mut without, mut counted, mut all) = (Vec::new(), Vec::new(), Vec::new());
    // Alternately, so that what else the machine does falls on all of them.
    for _ in 0..ROUNDS {
        without.push(once(&program, folder.path(), "plain.toml", None));
        counted.push(once(&program, folder.path(), "outboard.toml", None));
        all.push(once(&program, folder.path(), "outboard.toml", Some(&base)));
    }
    let (without, counted, all) = (median(without), median(counted), median(all));
    println!("without {without:.0} ms");
    println!("with counting and alerts {counted:.0} ms, ratio {:.3}", counted / without);
    println!("with telemetry as well {all:.0} ms, ratio {:.3}", all / without);
}
