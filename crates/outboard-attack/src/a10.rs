//! A10: how long a program waits for its worker. Times are demanded of long runs on quiet machines alone.

use crate::host::{ms, quantile, within};
use crate::jail::{Jail, Most, interpreter};
use crate::report::Report;
use crate::table::Situation;
use anyhow::{Result, bail};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) async fn run(situation: Situation) -> Result<Report> {
    let count = situation.count(40, 1000);
    let pooled = Jail::with(Most::default(), 2).await?;
    let mut report = Report::of(pooled.tier());
    report.count("of each", count as u64);
    let mut hits = pool_hits(&pooled, count).await?;
    pooled.shutdown().await;
    let jail = Jail::start().await?;
    let (mut jailed, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let start = Instant::now();
        jail.run(&[], "result = 1").await?;
        jailed.push(start.elapsed());
        plain.push(plain_python()?);
    }
    jail.shutdown().await;
    let hit = quantile(&mut hits, 0.5);
    for (name, times) in [
        ("an idle worker, handed out", &mut hits),
        ("a new jailed Python, to its result", &mut jailed),
        ("plain Python, to its end", &mut plain),
    ] {
        report.figure(format!("{name}: p50 {}, p99 {}", ms(quantile(times, 0.5)), ms(quantile(times, 0.99))));
    }
    let over = quantile(&mut jailed, 0.5).saturating_sub(quantile(&mut plain, 0.5));
    report.figure(format!("the jail's own share at the median: {}", ms(over)));
    if situation.long {
        report.demand(hit <= Duration::from_micros(200), || format!("an idle worker took {}", ms(hit)));
        report.demand(over <= Duration::from_millis(15), || format!("the jail took {}", ms(over)));
    }
    Ok(report)
}

async fn pool_hits(jail: &Jail, count: usize) -> Result<Vec<Duration>> {
    jail.warm()?;
    let mut times = Vec::new();
    for _ in 0..count {
        if !within(Duration::from_secs(20), || jail.idle() == 2).await {
            bail!("the pool did not fill within 20 s");
        }
        let start = Instant::now();
        let guest = jail.worker(&[]).await?;
        times.push(start.elapsed());
        drop(guest);
    }
    Ok(times)
}

fn plain_python() -> Result<Duration> {
    let start = Instant::now();
    let mut command = Command::new(interpreter()?);
    command.args(["-I", "-B", "-c", "import json, socket, struct"]);
    let status = command.stdin(Stdio::null()).status()?;
    if status.success() { Ok(start.elapsed()) } else { bail!("plain Python: {status}") }
}
