//! A host for one worker: gives it a program, answers its calls, collects what it says.

use outboard_worker_protocol::{
    CallFailure, Console, FrameBuffer, FromWorker, Inspection, MAX_FROM_WORKER, Start, ToWorker, Trouble, encode,
};
use serde_json::{Value, json, value::RawValue};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub(crate) type Answer = Result<Value, CallFailure>;

/// Everything a run gave.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) value: Option<Value>,
    pub(crate) error: Option<Trouble>,
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) dropped: u64,
    pub(crate) calls: Vec<(String, String, Value)>,
    /// The line that each call says.
    pub(crate) lines: Vec<Option<u32>>,
    pub(crate) searches: Vec<Value>,
    pub(crate) timers: Vec<f64>,
    pub(crate) inspection: Option<Inspection>,
}

impl Report {
    pub(crate) fn error(&self) -> &Trouble {
        self.error.as_ref().unwrap_or_else(|| panic!("no error: {self:?}"))
    }
}

/// A worker's root folder, and what its program is told.
pub(crate) struct Host {
    pub(crate) root: tempfile::TempDir,
    pub(crate) start: Start,
    /// How many calls must be open before the first one is answered.
    pub(crate) together: usize,
}

impl Host {
    pub(crate) fn new(code: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in ["bin", "tmp", "workspace", "servers/.api"] {
            std::fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        for name in ["call", "search_tools", "state", "tokenize", "is_token", "date", "sleep"] {
            symlink(env!("CARGO_BIN_EXE_outboard-bash"), root.path().join("bin").join(name)).unwrap();
        }
        let index = json!([
            {"server": "crm", "folder": "crm", "namespace": "crm", "package": "crm"},
            {"server": "google-drive", "folder": "google-drive", "namespace": "googleDrive", "package": "google_drive"}
        ]);
        std::fs::write(root.path().join("servers/.api/index.json"), index.to_string()).unwrap();
        let start = Start { code: code.to_owned(), stdout_bytes: 1 << 20, ..Start::default() };
        Self { root, start, together: 1 }
    }

    /// Starts the worker with the socket on descriptor 3.
    pub(crate) fn spawn(&self) -> (Child, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut command = Command::new("bash");
        command.args(["--norc", "-c", "exec \"$0\" \"$@\" 3<&0 0</dev/null", env!("CARGO_BIN_EXE_outboard-bash")]);
        command.arg("--root").arg(self.root.path()).env_clear();
        command.env("PATH", format!("{}/bin:/usr/bin:/bin", self.root.path().display())).env("LANG", "C.UTF-8");
        (command.stdin(Stdio::from(OwnedFd::from(theirs))).spawn().expect("apt-get install bash"), ours)
    }

    pub(crate) fn run(&self, answer: impl Fn(&str, &str, &Value) -> Answer) -> Report {
        let (mut child, mut socket) = self.spawn();
        let mut buffer = FrameBuffer::new(MAX_FROM_WORKER);
        let Some(FromWorker::Ready { version: 1, engine, .. }) = next(&mut socket, &mut buffer) else {
            panic!("not ready")
        };
        assert!(engine.starts_with("bash "), "{engine}");
        let start = serde_json::from_str(&serde_json::to_string(&self.start).unwrap()).unwrap();
        send(&mut socket, &ToWorker::Start(start));
        let report = self.serve(&mut socket, &mut buffer, answer);
        assert!(child.wait().unwrap().success());
        report
    }

    fn serve(
        &self,
        socket: &mut UnixStream,
        buffer: &mut FrameBuffer,
        answer: impl Fn(&str, &str, &Value) -> Answer,
    ) -> Report {
        let (mut report, mut open) = (Report::default(), Vec::new());
        loop {
            match next(socket, buffer).unwrap_or_else(|| panic!("no last frame: {report:?}")) {
                FromWorker::Call { id, server, tool, arguments, line } => {
                    let arguments: Value = serde_json::from_str(arguments.get()).unwrap();
                    open.push((id, answer(&server, &tool, &arguments)));
                    report.calls.push((server, tool, arguments));
                    report.lines.push(line);
                    if report.calls.len() >= self.together {
                        open.drain(..).for_each(|(id, outcome)| reply(socket, id, outcome));
                    }
                }
                FromWorker::Search { id, arguments } => {
                    report.searches.push(serde_json::from_str(arguments.get()).unwrap());
                    reply(socket, id, Ok(json!("found")));
                }
                FromWorker::Timer { id, ms } => {
                    report.timers.push(ms);
                    reply(socket, id, Ok(Value::Null));
                }
                FromWorker::Console { stream: Console::Out, text } => report.out += &text,
                FromWorker::Console { stream: Console::Err, text } => report.err += &text,
                FromWorker::Inspected { inspection } => {
                    report.inspection = Some(inspection);
                    send(socket, &ToWorker::Go {});
                }
                FromWorker::Result { value, dropped_bytes } => {
                    report.value = value.map(|value| serde_json::from_str(value.get()).unwrap());
                    report.dropped = dropped_bytes;
                    return report;
                }
                FromWorker::Error { error, dropped_bytes } => {
                    (report.error, report.dropped) = (Some(error), dropped_bytes);
                    return report;
                }
                other => panic!("unexpected: {other:?}"),
            }
        }
    }
}

pub(crate) fn next(socket: &mut UnixStream, buffer: &mut FrameBuffer) -> Option<FromWorker> {
    let mut chunk = vec![0; 1 << 20];
    loop {
        if let Some(body) = buffer.next_frame().unwrap() {
            return Some(serde_json::from_slice(body).unwrap());
        }
        match socket.read(&mut chunk).unwrap() {
            0 => return None,
            size => buffer.extend(&chunk[..size]),
        }
    }
}

pub(crate) fn send(socket: &mut UnixStream, frame: &ToWorker) {
    let mut bytes = Vec::new();
    encode(frame, &mut bytes).unwrap();
    socket.write_all(&bytes).unwrap();
}

fn reply(socket: &mut UnixStream, id: u64, outcome: Answer) {
    let frame = match outcome {
        Ok(value) => ToWorker::Done { id, value: RawValue::from_string(value.to_string()).unwrap() },
        Err(error) => ToWorker::Fail { id, error },
    };
    send(socket, &frame);
}

/// Answers with what was asked.
pub(crate) fn echo(server: &str, tool: &str, arguments: &Value) -> Answer {
    Ok(json!({"server": server, "tool": tool, "arguments": arguments}))
}

pub(crate) fn run(code: &str) -> Report {
    Host::new(code).run(echo)
}
