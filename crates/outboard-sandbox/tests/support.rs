//! A guest that runs Python text and says what it made of it.

use outboard_sandbox::{Exit, Grant, Limits, Options, Sandbox, Worker};
use outboard_types::Language;
use outboard_worker_protocol::{FromWorker, Start, ToWorker};
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;

pub(crate) const GUEST: &str = r#"
import json, socket, struct
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

pub(crate) fn options() -> Options {
    Options {
        worker: PathBuf::from("/bin/true"),
        python: Some(PathBuf::from("python3")),
        python_worker: GUEST,
        pool_size: 0,
        limits: Limits::default(),
        spawner: vec![env!("CARGO_BIN_EXE_outboard-spawner").into()],
    }
}

pub(crate) async fn sandbox() -> Sandbox {
    Sandbox::start(options()).await.expect("a jail; without user namespaces run as root or allow them")
}

pub(crate) fn python() -> Grant {
    Grant::new(Language::Python)
}

pub(crate) fn program(code: &str) -> ToWorker {
    ToWorker::Start(Start { code: code.to_owned(), ..Start::default() })
}

/// Runs a program to the value of its variable `result`.
pub(crate) async fn run(sandbox: &Sandbox, grant: Grant, code: &str) -> Result<Value, String> {
    let (mut sender, mut receiver, _control) = sandbox.worker(grant).await.unwrap().split();
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
    tokio::time::timeout(Duration::from_secs(30), end).await.expect("killed in time")
}
