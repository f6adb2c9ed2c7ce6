//! The program as bash runs it: its files under `/tmp`, its environment, and its end.

use crate::bridge;
use crate::clock;
use crate::trouble;
use outboard_worker_protocol::{Start, Trouble};
use rustix::process::{Pid, WaitOptions, WaitStatus, wait};
use std::fs;
use std::io::{self, PipeReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};

/// The longest input that fits into an environment variable; a longer one is in the file only.
const MOST_VARIABLE: usize = 100 << 10;

/// Lets a server's name be a command, and says the line of one that is missing; and lets calls say from which line of
/// which file they are made, which a command of its own does not know.
const FIRST_LINES: &str = "command_not_found_handle() { OUTBOARD_LINE=${BASH_SOURCE[1]-}:${BASH_LINENO[0]} \\
command call --named \"$0: line ${BASH_LINENO[0]}\" \"$@\"; }
call() { OUTBOARD_LINE=${BASH_SOURCE[1]-}:${BASH_LINENO[0]} command call \"$@\"; }
";

/// Lets the program's own `$RANDOM` begin where the host says; shells that it starts have their own.
fn seeded(seed: &str) -> String {
    let number =
        seed.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or_default() & 0x7fff_ffff;
    format!("[ -n \"$OUTBOARD_SEEDED\" ] || {{ RANDOM={number}; export OUTBOARD_SEEDED=1; }}\n")
}

/// How a program ended: an exit status, or the number of the signal that killed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Status(i32),
    Signal(i32),
}

/// A program that runs.
pub(crate) struct Program {
    /// Standard output and standard error, until they are taken.
    pub(crate) streams: Option<[PipeReader; 2]>,
    /// Where its commands connect.
    pub(crate) bridge: UnixStream,
    /// Can be read when the program has ended.
    pub(crate) end: UnixStream,
}

/// The engine's name and version; also the proof that the jail lets bash start.
pub(crate) fn version() -> io::Result<String> {
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", "echo \"${BASH_VERSION%%(*}\""]).stdin(Stdio::null());
    let text = bash.output()?.stdout;
    Ok(format!("bash {}", String::from_utf8_lossy(&text).trim()))
}

impl Program {
    /// Starts a program, unless it is no bash.
    pub(crate) fn start(root: &Path, start: &Start) -> io::Result<Result<Self, Trouble>> {
        let (tmp, script) = (root.join("tmp"), root.join("tmp/program.sh"));
        fs::write(&script, &start.code)?;
        // Patterns of extglob must parse here because the program may switch them on itself.
        let mut check = Command::new("bash");
        check.args(["--norc", "-O", "extglob", "-n"]).arg(&script).env_remove("BASH_ENV").stdin(Stdio::null());
        let checked = check.output()?;
        if !checked.status.success() {
            return Ok(Err(trouble::of_syntax(&start.code, &String::from_utf8_lossy(&checked.stderr))));
        }
        let first = tmp.join(".outboard.sh");
        let seed = start.durable.as_ref().map(|durable| seeded(&durable.seed)).unwrap_or_default();
        fs::write(&first, format!("{FIRST_LINES}{seed}"))?;
        let mut bash = Command::new("bash");
        bash.arg("--norc").arg(&script).current_dir(root).stdin(Stdio::null());
        bash.env("BASH_ENV", first).env("HOME", &tmp).env("OUTBOARD_ROOT", root);
        if start.durable.is_some() {
            bash.env(clock::HOSTED, "host");
        }
        give_input(&mut bash, &tmp, start)?;
        give_proxy(&mut bash, start);
        Self::run(bash).map(Ok)
    }

    fn run(mut bash: Command) -> io::Result<Self> {
        let (bridge, inherited) = bridge::pair()?;
        let (end, mut ending) = UnixStream::pair()?;
        let (out, out_end) = io::pipe()?;
        let (err, err_end) = io::pipe()?;
        let child = bash.stdout(out_end).stderr(err_end).spawn()?;
        // Ends of the pipes that stayed here would keep the streams open.
        drop((bash, inherited));
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        // The worker is the jail's first process, so orphans become its children: all are waited for.
        std::thread::Builder::new().name("reaper".to_owned()).spawn(move || {
            while let Ok(Some((ended, status))) = wait(WaitOptions::empty()) {
                if Some(ended) == pid {
                    let _ = ending.write_all(&end_of(status));
                }
            }
        })?;
        Ok(Self { streams: Some([out, err]), bridge, end })
    }

    /// How the program ended; waits for it.
    pub(crate) fn ended(&self) -> io::Result<Ended> {
        let mut bytes = [0; 5];
        (&self.end).read_exact(&mut bytes)?;
        let [killed, number @ ..] = bytes;
        let number = i32::from_le_bytes(number);
        Ok(if killed == 1 { Ended::Signal(number) } else { Ended::Status(number) })
    }
}

fn end_of(status: WaitStatus) -> [u8; 5] {
    let (killed, number) = match status.terminating_signal() {
        Some(signal) => (1, signal),
        None => (0, status.exit_status().unwrap_or(1)),
    };
    let [one, two, three, four] = number.to_le_bytes();
    [killed, one, two, three, four]
}

fn give_input(bash: &mut Command, tmp: &Path, start: &Start) -> io::Result<()> {
    let Some(input) = &start.input else { return Ok(()) };
    fs::write(tmp.join("input.json"), input.get())?;
    if input.get().len() <= MOST_VARIABLE {
        bash.env("INPUT", input.get());
    }
    Ok(())
}

/// What `curl` is where no host is granted: a function that says so, which every shell below takes over.
const NO_NETWORK: (&str, &str) = (
    "BASH_FUNC_curl%%",
    "() { echo 'curl: no network: the operator can grant it with [sandbox.network] allow = [\"host:443\"]' >&2; return 6; }",
);

fn give_proxy(bash: &mut Command, start: &Start) {
    let Some(proxy) = start.network.as_ref().and_then(|network| network.proxy.as_ref()) else {
        bash.env(NO_NETWORK.0, NO_NETWORK.1);
        return;
    };
    for name in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        bash.env(name, proxy);
    }
}
