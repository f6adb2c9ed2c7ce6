//! A child process that speaks over its standard streams: started, watched, ended with all it started.

use super::spec::TransportSpec;
use super::{sys, tree};
use crate::rpc::{Handler, MAX_MESSAGE, Peer};
use std::collections::VecDeque;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, Command};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a process may take to end after its input was closed, and again after SIGTERM.
const GRACE: Duration = Duration::from_millis(1500);
/// How much of what it says on its error stream is kept.
const TAIL: usize = 2048;
/// What a process sees of our environment; further variables are named in the settings.
const INHERITED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TERM",
    "TMPDIR",
    "TZ",
    "LANG",
    "LANGUAGE",
    "LD_LIBRARY_PATH",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "DBUS_SESSION_BUS_ADDRESS",
];
const INHERITED_PREFIXES: &[&str] = &["LC_", "XDG_"];

/// A running upstream process. Dropping it ends the process in the background.
pub(super) struct Process {
    /// Its id.
    pub(super) pid: u32,
    said: Arc<Said>,
    stop: CancellationToken,
    gone: CancellationToken,
}

/// What a process left behind: the end of its error stream and how it ended.
#[derive(Default)]
struct Said {
    stderr: Mutex<VecDeque<u8>>,
    status: OnceLock<ExitStatus>,
}

/// Starts the process and a peer over its streams.
pub(super) async fn start(
    transport: &TransportSpec,
    handler: Arc<dyn Handler>,
    tasks: &TaskTracker,
) -> Result<(Process, Peer), String> {
    let TransportSpec::Stdio { command: program, .. } = transport else {
        return Err("it has no command to start".into());
    };
    let mark = tree::new_mark();
    let mut child = spawn(command(transport, &mark)).await.map_err(|error| cannot_start(program, &error))?;
    let (Some(stdin), Some(stdout), Some(pid)) = (child.stdin.take(), child.stdout.take(), child.id()) else {
        return Err(format!("{program:?} ended at once"));
    };
    let peer = Peer::start(stdout, stdin, handler, MAX_MESSAGE);
    let process = Process { pid, said: Arc::default(), stop: CancellationToken::new(), gone: CancellationToken::new() };
    if let Some(stderr) = child.stderr.take() {
        tasks.spawn(process.said.clone().listen(stderr, process.gone.clone()));
    }
    let watch = Watch { child, pid, mark, peer: peer.clone(), said: process.said.clone() };
    tasks.spawn(watch.run(process.stop.clone(), process.gone.clone()));
    Ok((process, peer))
}

fn cannot_start(program: &str, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("{program:?} was not found: check `command` and `cwd`, or give the full path")
        }
        _ => format!("{program:?} could not be started: {error}"),
    }
}

fn command(transport: &TransportSpec, mark: &str) -> Command {
    let TransportSpec::Stdio { command: program, args, env, cwd } = transport else { return Command::new("") };
    let mut command = Command::new(program);
    command.args(args).env_clear().envs(inherited());
    command.envs(env.iter().map(|(key, value)| (key, value.expose()))).env(tree::MARK, mark);
    if let Some(cwd) = cwd {
        command.current_dir(cwd);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    sys::die_with_us(&mut command);
    command
}

fn inherited() -> impl Iterator<Item = (std::ffi::OsString, std::ffi::OsString)> {
    std::env::vars_os().filter(|(key, _)| {
        let key = key.to_string_lossy();
        INHERITED.contains(&&*key) || INHERITED_PREFIXES.iter().any(|prefix| key.starts_with(prefix))
    })
}

type Order = (Command, tokio::runtime::Handle, tokio::sync::oneshot::Sender<std::io::Result<Child>>);

/// Starts a child from a thread that never ends: the kernel ties the child's life to that thread.
async fn spawn(command: Command) -> std::io::Result<Child> {
    static STARTER: OnceLock<Option<std::sync::mpsc::Sender<Order>>> = OnceLock::new();
    let (reply, child) = tokio::sync::oneshot::channel();
    let starter = STARTER.get_or_init(start_starter).as_ref();
    starter
        .and_then(|starter| starter.send((command, tokio::runtime::Handle::current(), reply)).ok())
        .ok_or_else(|| std::io::Error::other("the thread that starts processes is not there"))?;
    child.await.map_err(std::io::Error::other)?
}

fn start_starter() -> Option<std::sync::mpsc::Sender<Order>> {
    sys::adopt_orphans();
    let (orders, inbox) = std::sync::mpsc::channel::<Order>();
    let work = move || {
        for (mut command, runtime, reply) in inbox {
            let _inside = runtime.enter();
            // A child that nobody takes any more is killed as it is dropped.
            let _ = reply.send(command.spawn());
        }
    };
    std::thread::Builder::new().name("upstream-starter".into()).spawn(work).ok().map(|_| orders)
}

impl Process {
    /// Asks the process to end; goes on in the background.
    pub(super) fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits until the process and all it started have ended.
    pub(super) async fn gone(&self) {
        self.gone.cancelled().await;
    }

    /// How it ended, where it has, and the end of its error stream.
    pub(super) fn describe(&self) -> String {
        let ended = self.said.status.get().map_or_else(|| "it is running".into(), describe_status);
        match self.said.tail() {
            tail if tail.is_empty() => ended,
            tail => format!("{ended}; its error stream ends with: {tail}"),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn describe_status(status: &ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("it exited with code {code}"),
        (None, Some(signal)) => format!("it was ended by signal {signal}"),
        (None, None) => "it ended".into(),
    }
}

impl Said {
    async fn listen(self: Arc<Self>, mut stderr: ChildStderr, gone: CancellationToken) {
        let mut bytes = [0; 4096];
        loop {
            let read = tokio::select! {
                biased;
                read = stderr.read(&mut bytes) => read.unwrap_or(0),
                () = gone.cancelled() => 0,
            };
            if read == 0 {
                return;
            }
            let mut tail = self.stderr.lock().unwrap_or_else(PoisonError::into_inner);
            tail.extend(&bytes[..read]);
            let surplus = tail.len().saturating_sub(TAIL);
            tail.drain(..surplus);
        }
    }

    /// Made harmless to show: control characters, colours included, are left out.
    fn tail(&self) -> String {
        let bytes: Vec<u8> = self.stderr.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect();
        harmless(&String::from_utf8_lossy(&bytes))
    }
}

/// Leaves out terminal sequences and control characters; line breaks become spaces.
pub(super) fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(one) = chars.next() {
        if one == '\u{1b}' && chars.next_if_eq(&'[').is_some() {
            while chars.next().is_some_and(|part| !part.is_ascii_alphabetic()) {}
        } else if one.is_whitespace() {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !one.is_control() {
            out.push(one);
        }
    }
    out.trim().to_owned()
}

/// Waits for the end of a process, or brings it about.
struct Watch {
    child: Child,
    pid: u32,
    mark: String,
    peer: Peer,
    said: Arc<Said>,
}

impl Watch {
    async fn run(mut self, stop: CancellationToken, gone: CancellationToken) {
        tokio::select! {
            status = self.child.wait() => {
                self.record(status);
                // What it still said lies in the pipe; a daemon may keep that open for ever.
                let _ = tokio::time::timeout(Duration::from_millis(200), self.peer.closed()).await;
            }
            () = self.peer.closed() => {}
            () = stop.cancelled() => {}
        }
        self.peer.close();
        for signal in [None, Some(libc::SIGTERM), Some(libc::SIGKILL)] {
            if self.said.status.get().is_some() {
                break;
            }
            if let Some(signal) = signal {
                sys::signal_group(self.pid, signal);
            }
            if let Ok(status) = tokio::time::timeout(GRACE, self.child.wait()).await {
                self.record(status);
            }
        }
        tree::end(self.pid, self.mark).await;
        gone.cancel();
    }

    fn record(&self, status: std::io::Result<ExitStatus>) {
        if let Ok(status) = status {
            let _ = self.said.status.set(status);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn error_streams_are_made_harmless() {
        assert_eq!(harmless("\u{1b}[31mred\u{1b}[0m\r\n\n  two\u{7}\u{0}"), "red two");
    }
}
