//! A host for one worker: gives it a program, answers its calls, collects what it says.
#![allow(unsafe_code, reason = "the worker's descriptor 3 is set between fork and exec")]

use outboard_worker_protocol::{
    CallFailure, Console, Durable, FrameBuffer, FromWorker, Inspection, MAX_FROM_WORKER, Network, SOCKET_FD, Start,
    ToWorker, Trouble, encode,
};
use serde_json::{Value, json, value::RawValue};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

static FOLDERS: AtomicU32 = AtomicU32::new(0);

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
    pub(crate) batches: usize,
    pub(crate) inspection: Inspection,
    pub(crate) timers: Vec<f64>,
}

impl Report {
    pub(crate) fn value(&self) -> &Value {
        self.value.as_ref().unwrap_or_else(|| panic!("no value: {self:?}"))
    }
    pub(crate) fn error(&self) -> &Trouble {
        self.error.as_ref().unwrap_or_else(|| panic!("no error: {self:?}"))
    }
}

/// One worker and its root folder.
pub(crate) struct Host {
    pub(crate) root: Folder,
    pub(crate) input: Option<Value>,
    pub(crate) memory: u64,
    pub(crate) stdout: u64,
    pub(crate) durable: Option<Durable>,
    pub(crate) network: Option<Network>,
    pub(crate) tokens: Vec<(String, String)>,
    /// Cut frames to the worker into pieces of these sizes.
    pub(crate) cuts: Vec<usize>,
}

impl Default for Host {
    fn default() -> Self {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("outboard-js-{}-{number}", std::process::id()));
        surface(&root);
        Self {
            root: Folder(root),
            input: None,
            memory: 256 << 20,
            stdout: 1 << 20,
            durable: None,
            network: None,
            tokens: Vec::new(),
            cuts: Vec::new(),
        }
    }
}

/// A folder that goes away with its owner.
pub(crate) struct Folder(PathBuf);

impl std::ops::Deref for Folder {
    type Target = Path;
    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn surface(root: &Path) {
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let entry = |server: &str, namespace: &str, package: &str| json!({"server": server, "folder": server, "namespace": namespace, "package": package});
    let tool = |tool: &str, ts: &str, params: &[&str]| json!({"tool": tool, "ts": ts, "py": tool, "params": params});
    let index = json!([
        entry("crm", "crm", "crm"),
        entry("google-drive", "googleDrive", "google_drive"),
        entry("salesforce", "salesforce", "salesforce"),
        entry("slack", "slack", "slack")
    ]);
    write("servers/.api/index.json", &index.to_string());
    let api = |server: &str, tools: Value| {
        write(&format!("servers/.api/{server}.json"), &json!({"server": server, "tools": tools}).to_string())
    };
    api(
        "google-drive",
        json!([
            tool("get_document", "getDocument", &["documentId", "fields"]),
            tool("get_sheet", "getSheet", &["sheetId"]),
            tool("list_files", "listFiles", &[])
        ]),
    );
    api(
        "salesforce",
        json!([
            tool("update_record", "updateRecord", &["objectType", "recordId", "data"]),
            tool("query", "query", &["query"])
        ]),
    );
    api(
        "slack",
        json!([
            tool("send_message", "sendMessage", &["channel", "text"]),
            tool("get_channel_history", "getChannelHistory", &["channel", "limit"]),
            tool("query", "query", &["q"])
        ]),
    );
    api("crm", json!([tool("get_customers", "getCustomers", &[])]));
    write("servers/README.md", "four servers");
    write("servers/google-drive/getDocument.ts", "// getDocument(documentId, fields)\n");
    write("servers/google-drive/index.ts", "export * from './getDocument'\n");
    write("servers/google_drive/__init__.py", "");
    write("servers/slack/sendMessage.ts", "");
    write("servers/slack/send_message.py", "");
    for folder in ["skills", "workspace", "tmp"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
}

impl Host {
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn spawn(&self) -> (Child, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let descriptor = theirs.as_raw_fd();
        let mut command = Command::new(env!("CARGO_BIN_EXE_outboard-worker"));
        command.arg("--root").arg(&self.root.0);
        // SAFETY: dup2 is async-signal-safe; the descriptor is open in the child.
        unsafe {
            command.pre_exec(move || {
                if libc::dup2(descriptor, SOCKET_FD) == SOCKET_FD {
                    Ok(())
                } else {
                    Err(std::io::Error::last_os_error())
                }
            });
        }
        let child = command.spawn().unwrap();
        ours.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        (child, ours)
    }

    fn start(&self, code: &str) -> ToWorker {
        let input = self.input.as_ref().map(|value| RawValue::from_string(value.to_string()).unwrap());
        ToWorker::Start(Start {
            code: code.into(),
            input,
            memory_bytes: self.memory,
            stdout_bytes: self.stdout,
            describe: false,
            hold: true,
            durable: self.durable.clone(),
            network: self.network.clone(),
            tokens: self.tokens.clone(),
        })
    }

    fn send(&self, stream: &mut UnixStream, bytes: &[u8]) {
        let mut rest = bytes;
        for cut in self.cuts.iter().cycle().take_while(|_| !self.cuts.is_empty()) {
            if rest.is_empty() {
                return;
            }
            let (now, later) = rest.split_at((*cut).clamp(1, rest.len()));
            let _ = stream.write_all(now);
            rest = later;
        }
        let _ = stream.write_all(rest);
    }

    /// Runs a program whose calls are answered at once.
    pub(crate) fn run(&self, code: &str, mut answer: impl FnMut(&str, &str, &Value) -> Answer) -> Report {
        let (mut child, mut stream) = self.spawn();
        let mut report = Report::default();
        let mut frames = FrameBuffer::new(MAX_FROM_WORKER);
        let mut buffer = vec![0; 1 << 20];
        let mut over = false;
        while !over {
            let count = stream.read(&mut buffer).unwrap();
            assert!(count > 0, "the worker ended without a last frame: {report:?}");
            frames.extend(&buffer[..count]);
            report.batches += 1;
            let mut replies = Vec::new();
            while let Some(body) = frames.next_frame().unwrap() {
                match serde_json::from_slice(body).unwrap() {
                    FromWorker::Ready { wakes, .. } => {
                        assert!(wakes);
                        encode(&ToWorker::Wake {}, &mut replies).unwrap();
                        encode(&self.start(code), &mut replies).unwrap();
                    }
                    FromWorker::Call { id, server, tool, arguments, line } => {
                        let arguments: Value = serde_json::from_str(arguments.get()).unwrap();
                        reply(id, answer(&server, &tool, &arguments), &mut replies);
                        report.calls.push((server, tool, arguments));
                        report.lines.push(line);
                    }
                    FromWorker::Search { id, arguments } => {
                        reply(id, Ok(serde_json::from_str(arguments.get()).unwrap()), &mut replies)
                    }
                    FromWorker::Inspected { inspection } => {
                        report.inspection = inspection;
                        encode(&ToWorker::Go {}, &mut replies).unwrap();
                    }
                    FromWorker::Timer { id, ms } => {
                        report.timers.push(ms);
                        encode(&ToWorker::Clock { now_ms: 1_800_000_000_000.0 + ms }, &mut replies).unwrap();
                        reply(id, Ok(Value::Null), &mut replies);
                    }
                    FromWorker::Fetch { id, request } => {
                        let request = serde_json::to_value(request).unwrap();
                        reply(id, answer("", "fetch", &request), &mut replies);
                        report.calls.push((String::new(), "fetch".into(), request));
                    }
                    FromWorker::Console { stream: Console::Out, text } => report.out += &text,
                    FromWorker::Console { stream: Console::Err, text } => report.err += &text,
                    FromWorker::Result { value, dropped_bytes } => {
                        report.value = value.map(|value| serde_json::from_str(value.get()).unwrap());
                        report.dropped = dropped_bytes;
                        over = true;
                    }
                    FromWorker::Error { error, dropped_bytes } => {
                        report.error = Some(error);
                        report.dropped = dropped_bytes;
                        over = true;
                    }
                }
            }
            self.send(&mut stream, &replies);
        }
        child.wait().unwrap();
        report
    }
}

fn reply(id: u64, answer: Answer, out: &mut Vec<u8>) {
    let message = match answer {
        Ok(value) => ToWorker::Done { id, value: RawValue::from_string(value.to_string()).unwrap() },
        Err(error) => ToWorker::Fail { id, error },
    };
    encode(&message, out).unwrap();
}

/// Runs a program; calls are answered with what was asked.
pub(crate) fn run(code: &str) -> Report {
    Host::default().run(code, echo)
}

pub(crate) fn echo(server: &str, tool: &str, arguments: &Value) -> Answer {
    Ok(json!({"server": server, "tool": tool, "arguments": arguments}))
}

/// The value of a program.
pub(crate) fn value(code: &str) -> Value {
    run(code).value().clone()
}
