//! `cargo xtask phoenix`: a real backend, installed from PyPI, gets a real trace and gives it back.
//!
//! Opt-in: it downloads about 850 MB into `target/phoenix` and takes a minute or two.

use crate::root;
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long it may take to start, and until a trace can be read.
const PATIENCE: Duration = Duration::from_secs(180);

const PROGRAM: &str = "const pages = await logs.listPages({});\n\
    await Promise.all([1, 2].map((page) => logs.getPage({ page })));\nreturn pages.pages;\n";

/// Installs, starts, sends, reads back, ends.
pub(crate) fn run() -> Result<()> {
    let folder = root().join("target/phoenix");
    let phoenix = install(&folder)?;
    let port = free_port()?;
    let server = start(&phoenix, &folder, port)?;
    let place = tempfile()?;
    let result = prove(&place, port);
    drop(server);
    let _ = std::fs::remove_dir_all(place);
    result
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

/// Ends the server when it is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
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
    wait("phoenix did not start; see target/phoenix/phoenix.log", || get(port, "/healthz").is_ok())?;
    Ok(server)
}

fn prove(place: &Path, port: u16) -> Result<()> {
    let programs = root().join("target/release");
    let programs = if programs.join("outboard").exists() { programs } else { root().join("target/debug") };
    let programs = std::env::var_os("CARGO_TARGET_DIR").map_or(programs, |folder| PathBuf::from(folder).join("debug"));
    let outboard = programs.join("outboard");
    ensure!(outboard.exists(), "{} is missing: cargo build --workspace --bins", outboard.display());
    let demo = programs.join("outboard-demo");
    let settings = format!(
        "[servers.logs]\ncommand = {demo:?}\nargs = [\"logs\"]\n[telemetry]\nendpoint = \"http://127.0.0.1:{port}\"\n\
         metrics = false\nresource = {{ \"openinference.project.name\" = \"outboard\" }}\n"
    );
    std::fs::write(place.join("outboard.toml"), settings)?;
    std::fs::write(place.join("program.ts"), PROGRAM)?;
    done(Command::new(outboard).args(["run", "program.ts"]).current_dir(place))?;
    let mut found = String::new();
    wait("phoenix never showed the spans", || {
        found = get(port, "/v1/projects/outboard/spans?limit=100").unwrap_or_default();
        found.contains("execute_tool run_code")
    })?;
    let names = ["execute_tool run_code", "worker typescript", "tools/call list_pages", "tools/call get_page"];
    let missing: Vec<_> = names.into_iter().filter(|name| !found.contains(name)).collect();
    ensure!(missing.is_empty(), "not read back: {missing:?}\n{found}");
    println!("phoenix gave back the tree: {}", names.join(", "));
    Ok(())
}

fn get(port: u16, path: &str) -> Result<String> {
    let url = format!("http://127.0.0.1:{port}{path}");
    let output = Command::new("curl").args(["--silent", "--fail", "--max-time", "10", &url]).output()?;
    ensure!(output.status.success(), "{url}");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn wait(problem: &str, mut is: impl FnMut() -> bool) -> Result<()> {
    let until = Instant::now() + PATIENCE;
    while !is() {
        if Instant::now() > until {
            bail!("{problem}");
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    Ok(())
}

fn done(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?}"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}

fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn tempfile() -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("outboard-phoenix-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
