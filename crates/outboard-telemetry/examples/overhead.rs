//! What telemetry, counting and alerts cost a program of 1,000 calls: prints the ratios of the median times, with each
//! of them and with none, as a command of its own and in a process that serves.
//!
//! Needs the programs: `cargo build --profile measure --workspace --bins`, then
//! `cargo run --profile measure -p outboard-telemetry --example overhead`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that talks to who makes it")]

use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 15;
const PAUSE: Duration = Duration::from_millis(300);

const PROGRAM: &str = "for (let i = 0; i < 1000; i++) await logs.listPages({});\nreturn 1;";

/// Without anything, with what is there unless settings say otherwise, and with a collector as well.
const WAYS: [(&str, bool); 3] = [("plain.toml", false), ("outboard.toml", false), ("outboard.toml", true)];

/// Who does it and where.
struct Place<'a> {
    program: &'a Path,
    folder: &'a Path,
    collector: &'a str,
}

impl Place<'_> {
    fn command(&self, (settings, sends): (&str, bool)) -> Command {
        let mut command = Command::new(self.program);
        command.args(["--config", settings]).current_dir(self.folder).env_remove("OTEL_EXPORTER_OTLP_ENDPOINT");
        if sends {
            command.env("OTEL_EXPORTER_OTLP_ENDPOINT", self.collector);
        }
        command
    }

    /// The time of one execution as the journal has it, until its report is read, and until the command is gone, in
    /// milliseconds.
    fn once(&self, way: (&str, bool)) -> [f64; 3] {
        let (began, mut line) = (Instant::now(), String::new());
        let mut command = self.command(way);
        let mut child = command.args(["run", "program.ts", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let read = began.elapsed().as_secs_f64() * 1e3;
        child.wait().unwrap();
        let whole = began.elapsed().as_secs_f64() * 1e3;
        let report: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(report["status"], "succeeded", "{report}");
        let id = report["id"].as_str().unwrap();
        let shown = self.command(way).args(["executions", "show", id, "--json"]).output().unwrap();
        let row: Value = serde_json::from_slice(&shown.stdout).unwrap();
        [row["ended_ms"].as_f64().unwrap() - row["started_ms"].as_f64().unwrap(), read, whole]
    }
}

/// A process that serves, and a client of it.
struct Served {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Served {
    fn start(mut command: Command) -> Self {
        command.arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut served = Self { child, input, output };
        let client = json!({"name": "overhead", "version": "1"});
        served.ask("initialize", json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}));
        served
    }

    fn ask(&mut self, method: &str, params: Value) -> String {
        writeln!(self.input, "{}", json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})).unwrap();
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server ended");
            if serde_json::from_str::<Value>(&line).unwrap()["id"] == 1 {
                return line;
            }
        }
    }

    /// From the request to its answer.
    fn run(&mut self) -> [f64; 1] {
        let began = Instant::now();
        let answer = self.ask("tools/call", json!({"name": "run_code", "arguments": {"code": PROGRAM}}));
        assert!(answer.contains("succeeded"), "{answer}");
        [began.elapsed().as_secs_f64() * 1e3]
    }

    fn end(mut self) {
        drop(self.input);
        self.child.wait().unwrap();
    }
}

/// Does each way in turn, with a pause before it, so that what else the machine does falls on all of them, and prints the medians.
fn compare<const N: usize>(names: [&str; N], mut once: impl FnMut(usize) -> [f64; N]) {
    let mut times: [[Vec<f64>; 3]; N] = std::array::from_fn(|_| Default::default());
    for _ in 0..ROUNDS {
        (0..WAYS.len()).for_each(|way| {
            // What the one before still does in the background is not this one's.
            std::thread::sleep(PAUSE);
            let took = once(way);
            times.iter_mut().zip(took).for_each(|(of_kind, took)| of_kind[way].push(took));
        });
    }
    for (name, times) in names.iter().zip(times) {
        let [without, counted, all] = times.map(median);
        println!(
            "{name}: {without:.0} ms without, {counted:.0} ms with counting and alerts ({:.3}), {all:.0} ms with spans \
             and metrics as well ({:.3})",
            counted / without,
            all / without
        );
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The whole body is read first: a collector that answers without it breaks the connection.
async fn taken(_: axum::body::Bytes) -> StatusCode {
    StatusCode::OK
}

#[tokio::main]
async fn main() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let collector = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(taken)).await });
    let bin = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().to_owned();
    let (program, demo) = (bin.join("outboard"), bin.join("outboard-demo"));
    assert!(program.exists() && demo.exists(), "build the programs first: cargo build --profile measure --bins");
    let folder = tempfile::tempdir().unwrap();
    let settings = format!("[servers.logs]\ncommand = {demo:?}\nargs = [\"logs\"]\n[sandbox]\ntotal_calls = 1000\n");
    // The same call a thousand times is what this is about, and no loop to warn of.
    let settings = settings + "[gateway]\nrunaway_repeats = 1000\n";
    let plain = format!("{settings}[ledger]\ntokenizer = \"estimate\"\n[alerts]\nenabled = false\n");
    std::fs::write(folder.path().join("outboard.toml"), settings).unwrap();
    std::fs::write(folder.path().join("plain.toml"), plain).unwrap();
    std::fs::write(folder.path().join("program.ts"), PROGRAM).unwrap();
    let place = Place { program: &program, folder: folder.path(), collector: &collector };
    for way in WAYS {
        place.once(way);
    }
    compare(["a command, the program", "a command, until its report", "a command, until it is gone"], |way| {
        place.once(WAYS[way])
    });
    let mut served = WAYS.map(|way| Served::start(place.command(way)));
    for one in &mut served {
        one.run();
    }
    compare(["a process that serves"], |way| served[way].run());
    served.into_iter().for_each(Served::end);
}
