//! Prints how long a new worker and a worker from the pool take: `latency SPAWNER PYTHON [COUNT [WORKER.py]]`.

use outboard_sandbox::{Grant, Limits, Options, Sandbox};
use outboard_types::Language;
use std::error::Error;
use std::time::{Duration, Instant};

const GUEST: &str = r#"
import os
body = b'{"ready":{"version":1,"engine":"none"}}'
os.write(3, len(body).to_bytes(4, 'little') + body)
os.read(3, 1)
"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<_> = std::env::args_os().collect();
    let [_, spawner, python, ..] = &words[..] else {
        return Err("usage: latency SPAWNER PYTHON [COUNT [WORKER.py]]".into());
    };
    let count = words.get(3).and_then(|word| word.to_str()?.parse().ok()).unwrap_or(100);
    let guest: &'static str = match words.get(4) {
        Some(path) => std::fs::read_to_string(path)?.leak(),
        None => GUEST,
    };
    let options = |pool_size| Options {
        worker: "/bin/true".into(),
        python: Some(python.into()),
        python_worker: guest,
        pool_size,
        limits: Limits::default(),
        spawner: vec![spawner.clone()],
    };
    let workspace = std::env::temp_dir().join(format!("latency-{}", std::process::id()));
    std::fs::create_dir_all(&workspace)?;
    let python = || Grant::new(Language::Python).writable(&workspace, "/workspace");

    let start = Instant::now();
    let sandbox = Sandbox::start(options(0)).await?;
    let begun = start.elapsed();
    let mut fresh = Vec::new();
    let mut bare = Vec::new();
    for _ in 0..count {
        let start = Instant::now();
        drop(sandbox.worker(python()).await?);
        fresh.push(start.elapsed());
        let start = Instant::now();
        // Says nothing and ends: the time until the host knows is jail, execution and exit.
        let _ = sandbox.worker(Grant::new(Language::TypeScript).writable(&workspace, "/workspace")).await;
        bare.push(start.elapsed());
    }
    sandbox.shutdown().await;

    let sandbox = Sandbox::start(options(2)).await?;
    let mut hits = Vec::new();
    while hits.len() < count {
        if sandbox.idle(&python()) < 2 {
            sandbox.warm(&python())?;
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        }
        let start = Instant::now();
        let worker = sandbox.worker(python()).await?;
        hits.push(start.elapsed());
        drop(worker);
    }
    sandbox.shutdown().await;
    std::fs::remove_dir_all(&workspace)?;
    report("start of the sandbox", vec![begun]);
    report("/bin/true jailed, to its end", bare);
    report("python jailed, to ready", fresh);
    report("pool hit", hits);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the output of this program")]
fn report(name: &str, mut times: Vec<Duration>) {
    times.sort();
    println!("{name}: min {:?}, median {:?}, n {}", times[0], times[times.len() / 2], times.len());
}
