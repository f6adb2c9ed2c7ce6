//! The only file that knows the sandbox's settings: starts jails and runs Python programs in them.

use anyhow::{Context as _, Result, bail};
use outboard_sandbox::{
    Control, Engine, EngineKind, Exit, ExitReason, Grant, Isolation, Limits, Options, PoolSize, Receiver, Sandbox,
    Sender, Tier, Worker,
};
use outboard_types::Language;
use outboard_worker_protocol::{FromWorker, Start, ToWorker};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

pub(crate) use outboard_sandbox::{ExitReason as Reason, Limits as Most};

/// The argument that makes this program the spawner.
pub(crate) const SPAWNER: &str = "spawner";

/// The variable by which every worker is started by itself, rather than copied from a template.
const PLAIN: &str = "OUTBOARD_ATTACK_PLAIN";

/// The process in the jail: runs the text it is sent and answers with its variable `result`.
const GUEST: &str = include_str!("guest/worker.py");

/// The same as a template that workers are copied from, as those of real engines are.
fn guest() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let imports = "import json, os, socket, struct, sys";
        let become_one = "if sys.argv[1:2] == ['--template']: copy_for_each_order(3)";
        format!("{imports}\n{}\n{become_one}\n{GUEST}", outboard_python::TEMPLATE)
    });
    if std::env::var_os(PLAIN).is_some() { GUEST } else { &TEXT }
}

/// A sandbox of the Python guest.
pub(crate) struct Jail {
    sandbox: Sandbox,
    isolation: Isolation,
}

/// Folders of the host that a program sees: source, target, writable.
pub(crate) type Folders<'a> = &'a [(&'a Path, &'static str, bool)];

impl Jail {
    pub(crate) async fn start() -> Result<Self> {
        Self::with(Limits::default(), 0).await
    }

    pub(crate) async fn with(limits: Limits, idle: usize) -> Result<Self> {
        let kind = EngineKind::Python {
            interpreter: interpreter()?,
            worker: guest(),
            packages: Vec::new(),
            preload: Vec::new(),
        };
        let options = Options {
            engines: vec![Engine { name: "python".to_owned(), language: Language::Python, kind }],
            pool: PoolSize { min: idle, max: idle },
            limits,
            minimum: Tier::A,
            spawner: crate::spawner::command()?,
        };
        let sandbox = Sandbox::start(options).await?;
        let isolation = sandbox.ready().await.context("put up a jail")?;
        if !isolation.missing.is_empty() {
            bail!("a layer is off on this machine: {isolation}");
        }
        Ok(Self { sandbox, isolation })
    }

    pub(crate) fn tier(&self) -> String {
        self.isolation.tier.map_or_else(|| "?".to_owned(), |tier| tier.to_string())
    }

    pub(crate) fn idle(&self) -> usize {
        self.sandbox.idle(&grant(&[]))
    }

    pub(crate) fn warm(&self) -> Result<()> {
        Ok(self.sandbox.warm(&grant(&[]))?)
    }

    pub(crate) async fn worker(&self, folders: Folders<'_>) -> Result<Guest> {
        Ok(Guest::new(self.sandbox.worker(grant(folders)).await?))
    }

    /// Runs a program in a worker of its own to the value of its variable `result`.
    pub(crate) async fn run(&self, folders: Folders<'_>, code: &str) -> Result<Value> {
        self.worker(folders).await?.run(code).await
    }

    pub(crate) async fn shutdown(self) {
        self.sandbox.shutdown().await;
    }
}

fn grant(folders: Folders<'_>) -> Grant {
    folders.iter().fold(Grant::new(Language::Python), |grant, (source, target, writable)| match writable {
        true => grant.writable(source, target),
        false => grant.read_only(source, target),
    })
}

/// The system's Python, which an ordinary user can run too.
pub(crate) fn interpreter() -> Result<PathBuf> {
    let usual = PathBuf::from("/usr/bin/python3");
    if usual.exists() { Ok(usual) } else { bail!("no /usr/bin/python3: apt-get install python3") }
}

/// A worker that waits for its program.
pub(crate) struct Guest {
    sender: Sender,
    receiver: Receiver,
    control: Control,
}

impl Guest {
    fn new(worker: Worker) -> Self {
        let (sender, receiver, control) = worker.split();
        Self { sender, receiver, control }
    }

    pub(crate) fn kill(&self) {
        self.control.kill();
    }

    pub(crate) async fn begin(&mut self, code: &str) -> Result<()> {
        let start = Start { code: code.to_owned(), ..Start::default() };
        Ok(self.sender.send(&ToWorker::Start(start)).await?)
    }

    /// The next message; `None` when the worker is gone or speaks no protocol.
    pub(crate) async fn next(&mut self) -> Option<FromWorker> {
        self.receiver.next().await.ok().flatten()
    }

    /// Answers a call.
    pub(crate) async fn answer(&mut self, id: u64, value: &Value) -> Result<()> {
        let value = serde_json::value::to_raw_value(value)?;
        Ok(self.sender.send(&ToWorker::Done { id, value }).await?)
    }

    /// The value of the program's variable `result`; everything else that it sends on the way is dropped.
    pub(crate) async fn run(mut self, code: &str) -> Result<Value> {
        self.begin(code).await?;
        self.result().await
    }

    pub(crate) async fn result(&mut self) -> Result<Value> {
        loop {
            match self.receiver.next().await? {
                Some(FromWorker::Result { value, .. }) => {
                    return Ok(value.map_or(Ok(Value::Null), |value| serde_json::from_str(value.get()))?);
                }
                Some(FromWorker::Error { error, .. }) => bail!("the program failed: {}", error.message),
                Some(_) => {}
                None => bail!("the worker ended without a result: {:?}", self.control.wait().await.reason),
            }
        }
    }

    /// How the worker ended; a worker that has not ended by then is killed by the caller.
    pub(crate) async fn ended(&self, within: Duration) -> Option<Exit> {
        tokio::time::timeout(within, self.control.wait()).await.ok()
    }
}

/// A reason in words.
pub(crate) fn reason(reason: ExitReason) -> String {
    format!("{reason:?}").to_lowercase()
}
