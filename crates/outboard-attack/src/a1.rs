//! A1: every attempt to reach something of the host fails, and the same attempts succeed without a jail.

use crate::host;
use crate::jail::{Jail, interpreter};
use crate::report::Report;
use crate::table::Situation;
use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub(crate) const PROBE: &str = include_str!("guest/probe.py");
const PARTS: [&str; 3] =
    [include_str!("guest/files.py"), include_str!("guest/others.py"), include_str!("guest/kernel.py")];
const LEAST_CHECKS: usize = 200;
/// How many of them must succeed without a jail, or the battery proves nothing.
const LEAST_OPEN_OUTSIDE: usize = 40;
/// The user of the run without a jail: never root, who could do harm.
const NOBODY: u32 = 65534;

/// One attempt and how it went.
struct Attempt {
    group: String,
    name: String,
    open: bool,
    said: String,
}

pub(crate) async fn run(situation: Situation) -> Result<Report> {
    let jail = Jail::start().await?;
    let bait = Bait::lay()?;
    let inside_program = program(&bait.description(host::me(), host::spawner(host::me())));
    // Without a jail the attempts succeed: they get a victim that nobody needs, or this process would be stopped.
    let program = program(&bait.description(bait.victim.id().cast_signed(), Some(bait.victim.id().cast_signed())));
    let folders: [(&Path, &'static str, bool); 2] =
        [(&bait.workspace(), "/workspace", true), (&bait.servers(), "/servers", false)];
    let inside = attempts(jail.run(&folders, &inside_program).await.context("the battery in the jail")?)?;
    bait.restore()?;
    let outside = attempts(outside(&bait, &program, situation)?)?;
    let mut report = Report::of(jail.tier());
    judge(&mut report, &inside, &outside);
    report.demand(bait.untouched(), || "the decoy or the read-only folder was changed".to_owned());
    jail.shutdown().await;
    Ok(report)
}

fn judge(report: &mut Report, inside: &[Attempt], outside: &[Attempt]) {
    let open = inside.iter().filter(|attempt| attempt.open).count();
    let open_outside = outside.iter().filter(|attempt| attempt.open).count();
    report.count("checks", inside.len() as u64);
    report.count("open", open as u64);
    report.count("open without a jail, as an ordinary user", open_outside as u64);
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    inside.iter().for_each(|attempt| *groups.entry(&attempt.group).or_default() += 1);
    let groups: Vec<_> = groups.into_iter().map(|(group, count)| format!("{group} {count}")).collect();
    report.figure(groups.join(", "));
    for attempt in inside.iter().filter(|attempt| attempt.open) {
        report.failures.push(format!("{}: {}: {}", attempt.group, attempt.name, attempt.said));
    }
    report.demand(inside.len() >= LEAST_CHECKS, || format!("only {} checks of {LEAST_CHECKS}", inside.len()));
    report.demand(open_outside >= LEAST_OPEN_OUTSIDE, || {
        format!("only {open_outside} checks are open without a jail: the battery does not discriminate")
    });
}

/// The battery with what it is to look for.
fn program(bait: &Value) -> String {
    // JSON twice: a Python string literal of the object's text.
    let text = Value::String(bait.to_string()).to_string();
    format!("import json\nHOST = json.loads({text})\n{PROBE}\n{}", PARTS.join("\n"))
}

fn attempts(value: Value) -> Result<Vec<Attempt>> {
    let Value::Array(attempts) = value else { bail!("the battery gave {value}") };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(attempts
        .iter()
        .map(|one| Attempt {
            group: text(&one[0]),
            name: text(&one[1]),
            open: one[2].as_bool().unwrap_or(true),
            said: text(&one[3]),
        })
        .collect())
}

/// The same battery in a plain process that is nobody special.
fn outside(bait: &Bait, program: &str, situation: Situation) -> Result<Value> {
    // The channel is a socket on descriptor 3 in the jail; here any socket does.
    let before = "import socket, os\npair = socket.socketpair()\nchannel = pair[0]\nos.dup2(channel.fileno(), 3)\n";
    let file = bait.folder.path().join("battery.py");
    fs::write(&file, format!("{before}{program}\nprint(json.dumps(result))"))?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644))?;
    let mut command = Command::new(interpreter()?);
    command.arg("-I").arg(&file).current_dir("/").stdin(Stdio::null()).stderr(Stdio::piped());
    if situation.root {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output()?;
    let last = output.stdout.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty()).unwrap_or_default();
    serde_json::from_slice(last).with_context(|| {
        format!("the battery without a jail, {}: {}", output.status, String::from_utf8_lossy(&output.stderr))
    })
}

/// What a program would find if it got out.
struct Bait {
    folder: tempfile::TempDir,
    victim: Child,
    listener: TcpListener,
    _named: UnixListener,
    _in_workspace: UnixListener,
    _abstract: UnixListener,
    abstract_name: String,
}

const SECRET: &str = "a secret of the host";

impl Bait {
    fn lay() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
        fs::write(path.join("decoy.txt"), SECRET)?;
        for name in ["workspace", "servers"] {
            fs::create_dir(path.join(name))?;
            symlink(path.join("decoy.txt"), path.join(name).join("to-decoy"))?;
            symlink(path, path.join(name).join("to-folder"))?;
        }
        fs::write(path.join("servers/shown.txt"), SECRET)?;
        let abstract_name = format!("outboard-attack-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&abstract_name)?;
        Ok(Self {
            victim: Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().context("start `sleep`")?,
            listener: TcpListener::bind("127.0.0.1:0")?,
            _named: UnixListener::bind(path.join("socket"))?,
            _in_workspace: UnixListener::bind(path.join("workspace/socket"))?,
            _abstract: UnixListener::bind_addr(&address)?,
            abstract_name,
            folder,
        })
    }

    fn workspace(&self) -> std::path::PathBuf {
        self.folder.path().join("workspace")
    }

    fn servers(&self) -> std::path::PathBuf {
        self.folder.path().join("servers")
    }

    fn description(&self, host: i32, spawner: Option<i32>) -> Value {
        let path = self.folder.path();
        let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        json!({"decoy": path.join("decoy.txt"), "victim": self.victim.id(), "host": host, "spawner": spawner,
               "port": self.listener.local_addr().map_or(0, |address| address.port()), "named": path.join("socket"),
               "abstract": self.abstract_name, "name": name.trim(),
               "folder": std::env::current_exe().ok().and_then(|file| file.parent().map(Path::to_owned))})
    }

    /// Readable for everyone, so that what protects it is the jail alone.
    fn restore(&self) -> Result<()> {
        fs::set_permissions(self.folder.path().join("decoy.txt"), fs::Permissions::from_mode(0o644))?;
        Ok(())
    }

    fn untouched(&self) -> bool {
        let same = |name: &str| fs::read_to_string(self.folder.path().join(name)).is_ok_and(|text| text == SECRET);
        let count = fs::read_dir(self.servers()).map_or(0, Iterator::count);
        same("decoy.txt") && same("servers/shown.txt") && count == 3
    }
}

impl Drop for Bait {
    fn drop(&mut self) {
        let _ = self.victim.kill();
        let _ = self.victim.wait();
    }
}
