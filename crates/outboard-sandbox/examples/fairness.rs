//! Prints what a greedy program costs others:
//! `cargo run --release --package outboard-sandbox --example fairness -- [COUNT] [ROUNDS]`.
//!
//! Small programs are timed from the request of a worker to their result, in turns: a round while a program keeps
//! eight processes busy, a round without, and so on, so that a busy machine is busy for both. What the machine's own
//! host takes away for a while falls into few rounds, but makes most of the slowest hundredth of all programs: the
//! rounds' own p99 and their median are told as well, and how much time was taken away.

mod support;

use outboard_sandbox::{Engine, EngineKind, Grant, Limits, Options, PoolSize, Sandbox, Tier, Worker};
use outboard_types::Language;
use outboard_worker_protocol::{FromWorker, Start, ToWorker};
use std::time::{Duration, Instant};
use support::{Failed, built, number, percentile, report, table, used};

const GREEDY: &str = "import os\nfor _ in range(3): os.fork()\nwhile True: pass";
const SMALL: &str = "sum(n * n for n in range(20_000))";

#[tokio::main]
async fn main() -> Result<(), Failed> {
    // In a task, as executions are: the thread that waits for a runtime is woken by another one.
    tokio::spawn(measured()).await?
}

async fn measured() -> Result<(), Failed> {
    let (spawner, count) = (built("outboard-spawner", "outboard-sandbox")?, number(1, 50));
    let rounds = number(2, 6).max(1);
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
    let (began, taken) = (used(), stolen());
    for _ in 0..rounds {
        alone.push(round(&sandbox, count).await?);
        let (mut sender, _receiver, control) = worker(&sandbox).await?.split();
        sender.send(&program(GREEDY)).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        beside.push(round(&sandbox, count).await?);
        control.kill();
        control.wait().await;
    }
    let typical = (usual(&alone), usual(&beside));
    let (alone, beside) = (table("alone", alone.concat()), table("beside eight busy processes", beside.concat()));
    report(&format!("ratio: p50 {:.2}, p99 {:.2}", beside.0 / alone.0, beside.1 / alone.1));
    let (before, after) = (typical.0.as_secs_f64() * 1e3, typical.1.as_secs_f64() * 1e3);
    report(&format!(
        "p99 of the median round: {before:.2} ms alone, {after:.2} ms beside, ratio {:.2}",
        after / before
    ));
    let seconds = |ticks: u64| ticks as f64 / 100.0;
    report(&format!("{:.1} s of processor time in all", seconds(used() - began)));
    report(&format!("{:.1} s taken away by the host of this machine", seconds(stolen() - taken)));
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

/// The p99 of a round that has as many better ones as worse ones.
fn usual(rounds: &[Vec<Duration>]) -> Duration {
    let mut each: Vec<Duration> = rounds.iter().filter_map(|round| percentile(round, 0.99)).collect();
    each.sort();
    percentile(&each, 0.5).unwrap_or_default()
}

async fn round(sandbox: &Sandbox, count: usize) -> Result<Vec<Duration>, Failed> {
    let mut times = Vec::with_capacity(count);
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
    Ok(times)
}

/// Time that the host of a virtual machine gave to others while this one wanted it, of all processors, in ticks of 10 ms.
fn stolen() -> u64 {
    const STOLEN: usize = 8;
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    stat.split_whitespace().nth(STOLEN).and_then(|word| word.parse().ok()).unwrap_or(0)
}
