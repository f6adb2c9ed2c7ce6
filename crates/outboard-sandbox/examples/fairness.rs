//! Prints what a greedy program costs others:
//! `cargo run --release --package outboard-sandbox --example fairness -- [COUNT]`.
//!
//! Small programs are timed from the request of a worker to their result, in turns: a round while a program keeps
//! eight processes busy, a round without, and so on, so that a busy machine is busy for both.

mod support;

use outboard_sandbox::{Engine, EngineKind, Grant, Limits, Options, PoolSize, Sandbox, Tier, Worker};
use outboard_types::Language;
use outboard_worker_protocol::{FromWorker, Start, ToWorker};
use std::time::{Duration, Instant};
use support::{Failed, built, number, report, table, used};

const ROUNDS: usize = 6;
const GREEDY: &str = "import os\nfor _ in range(3): os.fork()\nwhile True: pass";
const SMALL: &str = "sum(n * n for n in range(20_000))";

#[tokio::main]
async fn main() -> Result<(), Failed> {
    // In a task, as executions are: the thread that waits for a runtime is woken by another one.
    tokio::spawn(measured()).await?
}

async fn measured() -> Result<(), Failed> {
    let (spawner, count) = (built("outboard-spawner", "outboard-sandbox")?, number(1, 50));
    let kind = EngineKind::Python {
        interpreter: "python3".into(),
        worker: outboard_python::WORKER,
        packages: Vec::new(),
        preload: Vec::new(),
    };
    let options = Options {
        engines: vec![Engine { name: "python".to_owned(), language: Language::Python, kind }],
        pool: PoolSize { min: 2, max: 4 },
        limits: Limits { cpu: Duration::from_secs(600), ..Limits::default() },
        minimum: Tier::A,
        spawner: vec![spawner.into()],
    };
    let sandbox = Sandbox::start(options).await?;
    report(&sandbox.ready().await?.to_string());
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    let began = used();
    for _ in 0..ROUNDS {
        round(&sandbox, count, &mut alone).await?;
        let (mut sender, _receiver, control) = worker(&sandbox).await?.split();
        sender.send(&program(GREEDY)).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        round(&sandbox, count, &mut beside).await?;
        control.kill();
        control.wait().await;
    }
    let (alone, beside) = (table("alone", alone), table("beside eight busy processes", beside));
    report(&format!("ratio: p50 {:.2}, p99 {:.2}", beside.0 / alone.0, beside.1 / alone.1));
    report(&format!("{:.1} s of processor time in all", (used() - began) as f64 / 100.0));
    sandbox.shutdown().await;
    Ok(())
}

async fn worker(sandbox: &Sandbox) -> Result<Worker, Failed> {
    Ok(sandbox.worker(Grant::new(Language::Python)).await?)
}

fn program(code: &str) -> ToWorker {
    let limits = Limits::default();
    ToWorker::Start(Start {
        code: code.to_owned(),
        memory_bytes: limits.memory_bytes,
        stdout_bytes: 1 << 20,
        ..Start::default()
    })
}

async fn round(sandbox: &Sandbox, count: usize, times: &mut Vec<Duration>) -> Result<(), Failed> {
    for _ in 0..count {
        let start = Instant::now();
        let (mut sender, mut receiver, _control) = worker(sandbox).await?.split();
        sender.send(&program(SMALL)).await?;
        match receiver.next().await? {
            Some(FromWorker::Result { .. }) => times.push(start.elapsed()),
            other => return Err(format!("no result: {other:?}").into()),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
