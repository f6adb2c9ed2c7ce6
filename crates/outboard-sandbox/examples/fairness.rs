//! Prints what a greedy program costs others: `fairness SPAWNER PYTHON WORKER.py [COUNT]`.
//!
//! Small programs are timed from the request of a worker to their result, in turns: a round while a program keeps
//! eight processes busy, a round without, and so on, so that a busy machine is busy for both.

use outboard_sandbox::{Engine, EngineKind, Grant, Limits, Options, PoolSize, Sandbox, Tier, Worker};
use outboard_types::Language;
use outboard_worker_protocol::{FromWorker, Start, ToWorker};
use std::error::Error;
use std::time::{Duration, Instant};

type Failed = Box<dyn Error + Send + Sync>;

const ROUNDS: usize = 6;
const GREEDY: &str = "import os\nfor _ in range(3): os.fork()\nwhile True: pass";
const SMALL: &str = "sum(n * n for n in range(20_000))";

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let words: Vec<_> = std::env::args_os().collect();
    let [_, spawner, python, script, ..] = &words[..] else {
        return Err("usage: fairness SPAWNER PYTHON WORKER.py [COUNT]".into());
    };
    let count: usize = words.get(4).and_then(|word| word.to_str()?.parse().ok()).unwrap_or(50);
    let kind = EngineKind::Python {
        interpreter: python.into(),
        worker: std::fs::read_to_string(script)?.leak(),
        packages: Vec::new(),
        preload: Vec::new(),
    };
    let options = Options {
        engines: vec![Engine { name: "python".to_owned(), language: Language::Python, kind }],
        pool: PoolSize { min: 2, max: 4 },
        limits: Limits { cpu: Duration::from_secs(600), ..Limits::default() },
        minimum: Tier::A,
        spawner: vec![spawner.clone()],
    };
    let sandbox = Sandbox::start(options).await?;
    report(&sandbox.ready().await?.to_string());
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
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

/// Prints a row; gives p50 and p99 in milliseconds.
fn table(name: &str, mut times: Vec<Duration>) -> (f64, f64) {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    report(&format!(
        "{name:<28} min {:>9.1?}  p50 {:>9.1?}  p99 {:>9.1?}  n {}",
        times[0],
        at(0.5),
        at(0.99),
        times.len()
    ));
    (at(0.5).as_secs_f64() * 1e3, at(0.99).as_secs_f64() * 1e3)
}

#[expect(clippy::print_stdout, reason = "the output of this program")]
fn report(line: &str) {
    println!("{line}");
}
