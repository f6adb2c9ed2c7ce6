//! Measures what a recorded program costs when it is run again, and what programs cost that only wait.
//!
//! `cargo build --release --bins && cargo run --release --package outboard --example waiting_cost -- [CALLS] [PROGRAMS]`
//!
//! First one program of so many calls is run, then replayed over its record, in real workers. Then `serve` is given so many
//! programs that call a tool and wait for days; once all gave their workers up, their bytes, memory and processes are counted.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measuring tool: it prints, and stops where it cannot go on"
)]

use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SERVER: &str = r#"
import json, sys
hints = {"readOnlyHint": True}
for line in sys.stdin:
    message = json.loads(line)
    method, id = message.get("method"), message.get("id")
    if id is None:
        continue
    result = {"content": [{"type": "text", "text": json.dumps({"n": 1, "text": "x" * 100})}]}
    if method == "initialize":
        result = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "one", "version": "1"}}
    elif method == "tools/list":
        result = {"tools": [{"name": "look", "inputSchema": {"type": "object"}, "annotations": hints}]}
    print(json.dumps({"jsonrpc": "2.0", "id": id, "result": result}), flush=True)
"#;

fn main() {
    let mut counts = std::env::args().skip(1).map(|text| text.parse::<usize>().unwrap());
    let (calls, programs) = (counts.next().unwrap_or(10_000), counts.next().unwrap_or(10_000));
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("server.py", SERVER);
    let server = folder.path().join("server.py");
    write(
        "outboard.toml",
        &format!(
            "expose = \"code\"\nsandbox.total_calls = 1000000\njournal.suspend_after = \"100ms\"\n\
             [servers.one]\ncommand = \"python3\"\nargs = [{:?}]\n",
            server.display().to_string()
        ),
    );
    replay(folder.path(), calls, &write);
    // Nothing of the first one counts for the others.
    std::fs::remove_dir_all(folder.path().join(".outboard")).unwrap();
    waiting(folder.path(), programs);
}

fn outboard(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(beside_us());
    command.args(arguments).current_dir(folder).env("HOME", folder).env("XDG_CONFIG_HOME", folder);
    command
}

/// The program that was built beside this example.
fn beside_us() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.ancestors().nth(2).unwrap().join("outboard")
}

fn replay(folder: &Path, calls: usize, write: &dyn Fn(&str, &str)) {
    let program =
        format!("let sum = 0;\nfor (let i = 0; i < {calls}; i++) sum += (await one.look({{ i }})).n;\nreturn sum;");
    write("program.ts", &program);
    let began = Instant::now();
    let run = outboard(folder, &["run", "program.ts", "--json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(report["result"], calls, "{report}");
    println!("a program of {calls} calls, run: {:.2?}", began.elapsed());
    let id = report["id"].as_str().unwrap();
    for _ in 0..3 {
        let began = Instant::now();
        let again = outboard(folder, &["replay", id, "--json"]).output().unwrap();
        assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
        println!("the same over its record, in a worker: {:.2?}", began.elapsed());
    }
}

fn waiting(folder: &Path, programs: usize) {
    let mut command = outboard(folder, &["serve"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut host = command.spawn().unwrap();
    let (mut input, mut output) = (host.stdin.take().unwrap(), BufReader::new(host.stdout.take().unwrap()));
    let mut ask = |id: usize, method: &str, params: Value| {
        writeln!(input, "{}", json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        line
    };
    let client = json!({"name": "cost", "version": "1"});
    ask(0, "initialize", json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}));
    let before = memory(host.id());
    let began = Instant::now();
    let code = "const first = await one.look({});\nawait sleep(864000000);\nreturn [first, await one.look({})];";
    for id in 1..=programs {
        let given = json!({"code": code, "session": format!("s{id}"), "wait_s": 0});
        while ask(id, "tools/call", json!({"name": "run_code", "arguments": given})).contains("\"isError\":true") {
            std::thread::sleep(Duration::from_millis(200));
        }
    }
    loop {
        std::thread::sleep(Duration::from_secs(2));
        let listed = outboard(folder, &["executions", "--status", "suspended", "--limit", "1000000", "--json"])
            .output()
            .unwrap();
        let listed: Vec<Value> = serde_json::from_slice(&listed.stdout).unwrap();
        if listed.len() == programs {
            break;
        }
    }
    println!("{programs} programs begun and suspended after {:.1?}", began.elapsed());
    println!("processes below the host: {}", processes(host.id()));
    println!("memory: {} KiB each, {} MiB before", (memory(host.id()) - before) / programs, before >> 10);
    println!("disk: {} KiB each", disk(&folder.join(".outboard")) / programs);
    host.kill().unwrap();
    host.wait().unwrap();
}

/// KiB of a process in memory.
fn memory(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn processes(pid: u32) -> String {
    let output = Command::new("ps").args(["-o", "comm=", "--ppid", &pid.to_string()]).output().unwrap();
    let names = String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    format!("{} ({})", names.len(), names.join(", "))
}

/// KiB that a folder takes on the disk.
fn disk(folder: &Path) -> usize {
    let output = Command::new("du").args(["-sk"]).arg(folder).output().unwrap();
    String::from_utf8_lossy(&output.stdout).split_whitespace().next().unwrap().parse().unwrap()
}
