//! A guest that runs Python text and says what it made of it.

use outboard_sandbox::{
    Engine, EngineKind, Exit, Grant, Limits, Options, PoolSize, Sandbox, SandboxError, Tier, Worker,
};
use outboard_types::Language;
use outboard_worker_protocol::{FromWorker, Start, ToWorker};
use serde_json::Value;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

/// The guest as a program of its own, which cannot be a template.
pub(crate) const GUEST: &str = r#"
import json, os, socket, struct, sys
channel = socket.socket(fileno=3)
def send(message):
    body = json.dumps(message).encode()
    channel.sendall(struct.pack('<I', len(body)) + body)
def exactly(size):
    data = b''
    while len(data) < size:
        part = channel.recv(min(1 << 20, size - len(data)))
        if not part:
            raise SystemExit(0)
        data += part
    return data
def receive():
    return json.loads(exactly(struct.unpack('<I', exactly(4))[0]))
send({'ready': {'version': 1, 'engine': 'test'}})
scope = {'send': send, 'receive': receive, 'channel': channel}
code = receive()['start']['code']
try:
    exec(code, scope)
    send({'result': {'value': scope.get('result')}})
except Exception as error:
    send({'error': {'error': {'code': 'program_error', 'message': repr(error)}}})
"#;

/// The guest that can.
pub(crate) fn copied_guest() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let imports = "import json, os, socket, struct, sys";
        let become_one = "if sys.argv[1:2] == ['--template']: copy_for_each_order(3)";
        format!("{imports}\n{}\n{become_one}\n{GUEST}", outboard_python::TEMPLATE)
    });
    &TEXT
}

/// Workers are copies of a template, or started one by one where the environment says so.
pub(crate) fn options() -> Options {
    let guest = if std::env::var_os("SANDBOX_TEST_PLAIN").is_some() { GUEST } else { copied_guest() };
    engines(PathBuf::from("/bin/true"), Some(python_of("python3", guest)))
}

/// A sandbox of a program for TypeScript and an interpreter for Python; no pool.
pub(crate) fn engines(worker: PathBuf, python: Option<EngineKind>) -> Options {
    let engine = |language: Language, kind| Engine { name: language.as_str().to_owned(), language, kind };
    let python = python.map(|kind| engine(Language::Python, kind));
    let typescript = engine(Language::TypeScript, EngineKind::Program { path: worker });
    Options {
        engines: [typescript].into_iter().chain(python).collect(),
        pool: PoolSize::default(),
        limits: Limits::default(),
        minimum: Tier::A,
        spawner: vec![spawner()],
    }
}

/// The spawner of this build; a test run elsewhere names a copy.
pub(crate) fn spawner() -> OsString {
    std::env::var_os("SANDBOX_TEST_SPAWNER").unwrap_or_else(|| env!("CARGO_BIN_EXE_outboard-spawner").into())
}

pub(crate) fn python_of(interpreter: impl Into<PathBuf>, worker: &'static str) -> EngineKind {
    EngineKind::Python { interpreter: interpreter.into(), worker, packages: Vec::new(), preload: Vec::new() }
}

pub(crate) async fn sandbox() -> Sandbox {
    started(options()).await
}

pub(crate) async fn started(options: Options) -> Sandbox {
    let sandbox = Sandbox::start(options).await.unwrap();
    sandbox.ready().await.expect("a jail; without user namespaces run as root or allow them");
    sandbox
}

/// Starts a sandbox that cannot be had.
pub(crate) async fn refused(options: Options) -> SandboxError {
    Sandbox::start(options).await.unwrap().ready().await.unwrap_err()
}

pub(crate) fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap();
    uid.split_whitespace().nth(1) == Some("0")
}

/// Whether workers have a user namespace here; root does without where they are forbidden.
pub(crate) fn is_mapped() -> bool {
    std::fs::read_to_string("/proc/sys/user/max_user_namespaces").unwrap().trim() != "0"
}

/// The user that a worker of root is on the host, and sees itself as where there is no user namespace; else it sees 1000.
pub(crate) fn inside() -> u32 {
    if ids() > 200_000 { 200_000 } else { 65_534 }
}

/// How many users there are here.
fn ids() -> u32 {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap();
    map.split_whitespace().nth(2).and_then(|count| count.parse().ok()).unwrap()
}

pub(crate) fn python() -> Grant {
    Grant::new(Language::Python)
}

pub(crate) fn program(code: &str) -> ToWorker {
    ToWorker::Start(Start { code: code.to_owned(), ..Start::default() })
}

/// Runs a program to the value of its variable `result`.
pub(crate) async fn run(sandbox: &Sandbox, grant: Grant, code: &str) -> Result<Value, String> {
    run_in(sandbox.worker(grant).await.unwrap(), code).await
}

/// The same in a worker that is there already.
pub(crate) async fn run_in(worker: Worker, code: &str) -> Result<Value, String> {
    let (mut sender, mut receiver, _control) = worker.split();
    sender.send(&program(code)).await.unwrap();
    match receiver.next().await.unwrap() {
        Some(FromWorker::Result { value, .. }) => {
            Ok(value.map_or(Value::Null, |value| serde_json::from_str(value.get()).unwrap()))
        }
        Some(FromWorker::Error { error, .. }) => Err(error.message),
        other => panic!("unexpected: {other:?}"),
    }
}

/// Runs a program in a jail of its own.
pub(crate) async fn alone(code: &str) -> Result<Value, String> {
    run(&sandbox().await, python(), code).await
}

/// Runs a program that is expected to be killed; gives up after a while.
pub(crate) async fn doomed(worker: Worker, code: &str) -> Exit {
    let (mut sender, mut receiver, control) = worker.split();
    sender.send(&program(code)).await.unwrap();
    let end = async {
        while let Ok(Some(message)) = receiver.next().await {
            assert!(!matches!(message, FromWorker::Error { .. }), "{message:?}");
        }
        control.wait().await
    };
    // A bomb goes last: on a busy machine, its second of processor time takes a while.
    tokio::time::timeout(Duration::from_secs(150), end).await.expect("killed in time")
}

/// A user namespace with the root and the users of this one, whose limit of further ones is its own.
pub(crate) struct Space(Child);

impl Space {
    pub(crate) fn made() -> Self {
        let child = Command::new("unshare").args(["--user", "--", "sleep", "3600"]).stdin(Stdio::null()).spawn();
        let space = Self(child.expect("apt-get install util-linux"));
        let name = |pid: u32| std::fs::read_link(format!("/proc/{pid}/ns/user")).unwrap_or_default();
        let apart = || name(space.0.id()) != name(std::process::id());
        for _ in 0..500 {
            if apart() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        for map in ["uid_map", "gid_map"] {
            std::fs::write(format!("/proc/{}/{map}", space.0.id()), format!("0 0 {}", ids())).unwrap();
        }
        space
    }

    /// The command that runs the program after it as root there, where no further user namespace can be had. `exec` is
    /// the shell's word for it, with what is to come between.
    pub(crate) fn words(&self, exec: &str) -> Vec<OsString> {
        let forbid = format!("echo 0 > /proc/sys/user/max_user_namespaces && {exec} \"$0\" \"$@\"");
        let target = self.0.id().to_string();
        // The spawner's environment is empty, so the programs are named by their paths.
        let words = ["/usr/bin/nsenter", "--user", "--target", &target, "/bin/sh", "-c", &forbid];
        words.map(OsString::from).to_vec()
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        let _ = self.0.kill().and_then(|()| self.0.wait());
    }
}
