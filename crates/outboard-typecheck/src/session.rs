//! One checker at work: a process, a thread that owns it, and a thread that reads what it says.
//!
//! The thread that starts the process keeps it: where that ends, a confined process dies with it. Programs are looked at
//! one after the other, which takes each a few milliseconds.

use crate::diagnostic::Diagnostic;
use crate::frames;
use crate::view::View;
use serde_json::{Value, json};
use std::io::{self, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How long a checker may take to say hello.
const START: Duration = Duration::from_secs(10);

/// How long one program may take it; callers may wait for less.
const LONGEST: Duration = Duration::from_secs(10);

/// Messages that wait for the owner; a checker that says more has to wait.
const WAITING: usize = 64;

/// How much of what a checker writes to stderr is kept.
const TOLD: u64 = 2_000;

/// A checker that was started. Dropping it ends the process.
pub(crate) struct Session {
    jobs: Sender<Job>,
    child: Shared,
}

type Shared = Arc<Mutex<Option<Child>>>;

struct Job {
    code: String,
    reply: oneshot::Sender<Vec<Diagnostic>>,
}

/// The owner's side.
struct Owner {
    input: ChildStdin,
    messages: Receiver<io::Result<Value>>,
    view: View,
    root: String,
    last: u64,
}

impl Session {
    /// Starts a checker over a folder and greets it. Blocks; an error says what went wrong.
    pub(crate) fn start(command: Command, view: View, folder: &Path) -> Result<Self, String> {
        let (jobs, work) = channel();
        let (ready, greeted) = channel();
        let (child, folder) = (Shared::default(), folder.to_owned());
        let owned = child.clone();
        let own = move || own(command, view, &folder, &owned, &ready, &work);
        std::thread::Builder::new().name("types".into()).spawn(own).map_err(|error| error.to_string())?;
        let session = Self { jobs, child };
        greeted.recv_timeout(START).unwrap_or_else(|_| Err(format!("it said nothing for {START:?}"))).map(|()| session)
    }

    /// What it says of a program; `None` when it is gone.
    pub(crate) async fn check(&self, code: String) -> Option<Vec<Diagnostic>> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job { code, reply }).ok()?;
        answer.await.ok()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        end(&self.child);
    }
}

fn end(child: &Shared) {
    let child = child.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(mut child) = child {
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Starts the process and serves jobs until there can be no more.
fn own(
    mut command: Command,
    view: View,
    folder: &Path,
    shared: &Shared,
    ready: &Sender<Result<(), String>>,
    work: &Receiver<Job>,
) {
    let done = (|| {
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let pipes = child.stdin.take().zip(child.stdout.take()).zip(child.stderr.take());
        *shared.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        let ((input, output), errors) = pipes.ok_or("it has no pipes")?;
        let (sender, messages) = sync_channel(WAITING);
        std::thread::spawn(move || listen(BufReader::new(output), &sender));
        let told = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = errors.take(TOLD).read_to_string(&mut text);
            text
        });
        let mut owner = Owner { input, messages, view, root: address(folder), last: 0 };
        match owner.greet() {
            Ok(()) => Ok(owner),
            Err(problem) => {
                end(shared);
                let told = told.join().unwrap_or_default();
                Err(format!("{problem}; it said: {}", told.trim()))
            }
        }
    })();
    match done {
        Err(problem) => drop(ready.send(Err(problem))),
        Ok(mut owner) => {
            let _ = ready.send(Ok(()));
            while let Ok(job) = work.recv() {
                // Nobody waits any more: the next one goes first.
                if job.reply.is_closed() {
                    continue;
                }
                match owner.look(&job.code) {
                    Ok(found) => drop(job.reply.send(found)),
                    Err(problem) => {
                        tracing::warn!(%problem, checker = view.name(), "the type checker was lost");
                        break;
                    }
                }
            }
            end(shared);
        }
    }
}

/// Hands messages over until there are none, or nobody takes them.
fn listen(mut output: BufReader<std::process::ChildStdout>, sender: &SyncSender<io::Result<Value>>) {
    loop {
        let message = frames::read(&mut output);
        let ends = message.is_err();
        if sender.send(message).is_err() || ends {
            return;
        }
    }
}

/// A folder as protocols write it.
fn address(folder: &Path) -> String {
    let mut out = String::from("file://");
    for byte in folder.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => out.push(char::from(*byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

impl Owner {
    fn greet(&mut self) -> Result<(), String> {
        let folders = json!([{"uri": self.root, "name": "programs"}]);
        let capabilities = json!({"workspace": {"configuration": true, "workspaceFolders": true},
            "textDocument": {"diagnostic": {"dynamicRegistration": false, "relatedDocumentSupport": false}}});
        let hello =
            json!({"processId": null, "rootUri": self.root, "workspaceFolders": folders, "capabilities": capabilities});
        let answer = self.ask("initialize", &hello, START).map_err(|error| error.to_string())?;
        if answer["capabilities"]["diagnosticProvider"].is_null() {
            return Err("it cannot be asked about single programs; install a newer one".into());
        }
        self.tell("initialized", &json!({})).map_err(|error| error.to_string())
    }

    fn look(&mut self, code: &str) -> io::Result<Vec<Diagnostic>> {
        let (file, language) = match self.view {
            View::TypeScript => ("program.ts", "typescript"),
            View::Python | View::PythonAsync => ("program.py", "python"),
        };
        let uri = format!("{}/{file}", self.root);
        let document = json!({"uri": uri, "languageId": language, "version": 1, "text": code});
        self.tell("textDocument/didOpen", &json!({"textDocument": document}))?;
        let answer = self.ask("textDocument/diagnostic", &json!({"textDocument": {"uri": uri}}), LONGEST)?;
        self.tell("textDocument/didClose", &json!({"textDocument": {"uri": uri}}))?;
        Ok(Diagnostic::errors(&answer))
    }

    fn tell(&mut self, method: &str, params: &Value) -> io::Result<()> {
        frames::write(&mut self.input, &json!({"jsonrpc": "2.0", "method": method, "params": params}))
    }

    fn ask(&mut self, method: &str, params: &Value, patience: Duration) -> io::Result<Value> {
        self.last += 1;
        let id = self.last;
        frames::write(&mut self.input, &json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))?;
        let until = Instant::now() + patience;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let message = self.messages.recv_timeout(left);
            let mut message = message.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "it does not answer"))??;
            if message["method"].is_string() {
                self.answer(&message)?;
            } else if message["id"] == id {
                return Ok(message["result"].take());
            }
        }
    }

    /// Answers what a checker asks: no settings of an editor, and nothing else either.
    fn answer(&mut self, request: &Value) -> io::Result<()> {
        let Some(id) = request.get("id") else { return Ok(()) };
        let asked = request["params"]["items"].as_array().map_or(0, |items| items.len().min(64));
        let result = match request["method"].as_str() {
            Some("workspace/configuration") => json!(vec![Value::Null; asked]),
            _ => Value::Null,
        };
        frames::write(&mut self.input, &json!({"jsonrpc": "2.0", "id": id, "result": result}))
    }
}

/// Where programs of a session are, for what a checker may read.
pub(crate) fn readable(program: &Path, folder: &Path) -> Vec<PathBuf> {
    let beside = program.parent().map(Path::to_owned);
    [Some(folder.to_owned()), beside].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_hold_plain_characters_only() {
        assert_eq!(address(Path::new("/a b/é%")), "file:///a%20b/%C3%A9%25");
    }
}
