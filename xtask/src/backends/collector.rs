//! `cargo xtask collector`: a real OpenTelemetry collector, Rotel from PyPI, takes what we send in both formats of OTLP
//! over HTTP and says what it understood.
//!
//! Jaeger, Tempo and the collector of the project itself come as images and archives, from no package registry.

use super::{Server, done, free_port, logs, program, wait};
use crate::root;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PROGRAM: &str = "await Promise.all([1, 2, 3].map((page) => logs.getPage({ page })));\nreturn 1;\n";

/// What it has to say of that program, and how often.
const UNDERSTOOD: [(&str, usize); 6] = [
    ("-> service.name: Str(outboard)", 1),
    ("Name           : execute_tool run_code", 1),
    ("Name           : worker typescript", 1),
    ("Name           : tools/call get_page", 3),
    ("-> outboard.calls: Int(3)", 1),
    ("Kind           : SPAN_KIND_CLIENT", 3),
];

/// Installs, and for each format starts, sends, reads what was understood, ends.
pub(crate) fn run() -> Result<()> {
    let agent = install(&root().join("target/rotel"))?;
    for protocol in ["http/protobuf", "http/json"] {
        understood(&agent, protocol)?;
        println!("the collector understood {protocol}");
    }
    Ok(())
}

fn install(folder: &Path) -> Result<PathBuf> {
    let find = || {
        let lib = folder.join("venv/lib");
        let versions = std::fs::read_dir(lib).into_iter().flatten().flatten();
        versions.map(|version| version.path().join("site-packages/rotel/rotel-agent")).find(|path| path.exists())
    };
    if find().is_none() {
        println!("installing rotel into {} …", folder.display());
        done(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")))?;
        // There is no release of it that is not a first one.
        done(Command::new(folder.join("venv/bin/pip")).args(["install", "--quiet", "--pre", "rotel"]))?;
    }
    find().context("rotel brought no program for this machine")
}

fn understood(agent: &Path, protocol: &str) -> Result<()> {
    let place = tempfile::tempdir()?;
    let (log, address) = (place.path().join("collector.log"), format!("127.0.0.1:{}", free_port()?));
    let _collector = start(agent, &address, &log)?;
    let telemetry = format!("[telemetry]\nendpoint = \"http://{address}\"\nprotocol = \"{protocol}\"\n");
    std::fs::write(place.path().join("outboard.toml"), logs()? + &telemetry)?;
    std::fs::write(place.path().join("program.ts"), PROGRAM)?;
    let mut command = Command::new(program("outboard")?);
    command.args(["run", "program.ts"]).current_dir(place.path()).env_remove("OTEL_EXPORTER_OTLP_ENDPOINT");
    done(&mut command)?;
    let said = || std::fs::read_to_string(&log).unwrap_or_default();
    wait("the collector never told of the metrics", || said().contains("Received metrics"))?;
    for (line, times) in UNDERSTOOD {
        let found = said().matches(line).count();
        ensure!(found == times, "{protocol}: {line:?} is there {found} times, not {times}:\n{}", said());
    }
    Ok(())
}

fn start(agent: &Path, address: &str, log: &Path) -> Result<Server> {
    let file = std::fs::File::create(log)?;
    let mut command = Command::new(agent);
    command.args(["start", "--exporter", "blackhole", "--otlp-http-endpoint", address]);
    command.args(["--otlp-grpc-endpoint", &format!("127.0.0.1:{}", free_port()?)]);
    command.args(["--debug-log", "traces", "--debug-log", "metrics", "--debug-log-verbosity", "detailed"]);
    let server = Server(command.stdout(file.try_clone()?).stderr(file).stdin(Stdio::null()).spawn()?);
    wait("the collector did not start", || std::net::TcpStream::connect(address).is_ok())?;
    Ok(server)
}
