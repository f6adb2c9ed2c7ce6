//! Measures the built program as an agent's client sees it, over stdio, beside direct calls to the same server.
//!
//! `cargo build --release --bins && cargo run --release --package outboard --example client_latency`
//!
//! Prints minimum and median of each figure in milliseconds. Ratios within one run are what counts: machines
//! differ, and so do their moods.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measuring tool: it prints, and stops where it cannot go on"
)]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

struct Peer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    next: u64,
}

impl Peer {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output, next: 0 }
    }

    fn send(&mut self, method: &str, params: Value) -> u64 {
        self.next += 1;
        writeln!(self.input, "{}", json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params}))
            .unwrap();
        self.next
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn request(&mut self, method: &str, params: Value) -> Value {
        self.send(method, params);
        self.answer()
    }

    fn hello(&mut self) {
        let client = json!({"name": "latency", "version": "1"});
        self.request("initialize", json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}));
    }

    fn program(&mut self, language: &str, code: &str) {
        let answer =
            self.request("tools/call", json!({"name": "run_code", "arguments": {"code": code, "language": language}}));
        assert!(answer["result"]["isError"] == false, "{answer}");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs something many times; pauses let the pool refill, as an agent's thinking does.
fn measure(name: &str, times: usize, pause: Duration, mut work: impl FnMut(usize)) {
    let mut samples: Vec<f64> = (0..times)
        .map(|at| {
            std::thread::sleep(pause);
            let started = Instant::now();
            work(at);
            started.elapsed().as_secs_f64() * 1_000.0
        })
        .collect();
    samples.sort_by(f64::total_cmp);
    println!("{name:<52} {:>9.2} {:>9.2}", samples[0], samples[samples.len() / 2]);
}

fn programs() -> PathBuf {
    let this = std::env::current_exe().unwrap();
    this.parent().and_then(Path::parent).unwrap().to_owned()
}

fn main() {
    let (programs, folder) = (programs(), tempfile::tempdir().unwrap());
    let demo = programs.join("outboard-demo");
    let settings = format!(
        "[sandbox]\ntotal_calls = 100000\nconcurrent_calls = 64\n[servers.logs]\ncommand = {:?}\nargs = [\"logs\"]\n",
        demo.display().to_string()
    );
    std::fs::write(folder.path().join("outboard.toml"), settings).unwrap();
    let serve = || {
        let mut command = Command::new(programs.join("outboard"));
        command.arg("serve").current_dir(folder.path());
        Peer::start(&mut command)
    };
    println!("{:<52} {:>9} {:>9}", "milliseconds", "minimum", "median");

    let mut direct = Peer::start(Command::new(&demo).arg("logs"));
    direct.hello();
    let call = json!({"name": "list_pages", "arguments": {}});
    measure("direct: one call", 300, Duration::ZERO, |_| drop(direct.request("tools/call", call.clone())));
    measure("direct: 200 calls in flight", 20, Duration::ZERO, |_| {
        for _ in 0..200 {
            direct.send("tools/call", call.clone());
        }
        (0..200).for_each(|_| drop(direct.answer()));
    });

    measure("serve: start to first answer", 20, Duration::ZERO, |_| serve().hello());
    let mut agent = serve();
    agent.hello();
    agent.program("typescript", "await logs.listPages()");
    let think = Duration::from_millis(60);
    measure("typescript: trivial program", 100, think, |at| {
        agent.program("typescript", &format!("return 1 + 1 // {at}"))
    });
    measure("typescript: one call", 100, think, |at| {
        agent.program("typescript", &format!("await logs.listPages() // {at}"))
    });
    let twenty = "for (let i = 0; i < 21; i++) await logs.listPages();";
    measure("typescript: 21 calls in sequence", 50, think, |at| {
        agent.program("typescript", &format!("{twenty} // {at}"))
    });
    let parallel = "await Promise.all(Array.from({ length: 200 }, () => logs.listPages()));";
    measure("typescript: 200 calls in parallel", 50, think, |at| {
        agent.program("typescript", &format!("{parallel} // {at}"))
    });
    let think = Duration::from_millis(250);
    measure("python: trivial program", 30, think, |at| agent.program("python", &format!("1 + 1 # {at}")));
    measure("python: one call", 30, think, |at| agent.program("python", &format!("logs.list_pages() # {at}")));
    measure("typescript: trivial program, no pause (pool empty)", 100, Duration::ZERO, |at| {
        agent.program("typescript", &format!("return 1 + 1 // again {at}"));
    });
    let status = std::fs::read_to_string(format!("/proc/{}/status", agent.child.id())).unwrap();
    let resident = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    println!("host process: {resident}");
}
