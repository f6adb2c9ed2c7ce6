//! A9: thousands of workers later the host is as it was.

use crate::host::{Leftovers, me, resident_kib, spawner, within};
use crate::jail::Jail;
use crate::report::Report;
use crate::table::Situation;
use anyhow::{Result, bail};
use std::path::Path;
use std::time::{Duration, Instant};

const GROWTH_KIB: u64 = 5 << 10;
const WARM_UP: usize = 60;

pub(crate) async fn run(situation: Situation) -> Result<Report> {
    let jail = Jail::start().await?;
    let folder = tempfile::tempdir()?;
    workers(&jail, folder.path(), WARM_UP).await?;
    let Some(spawner) = spawner(me()) else { bail!("no spawner among the host's processes") };
    let (before, memory) = (settled(spawner, None).await, memory(spawner));
    let spawns = situation.count(200, 10_000);
    let start = Instant::now();
    workers(&jail, folder.path(), spawns).await?;
    let took = start.elapsed();
    let after = settled(spawner, Some(before)).await;
    let grown = self::memory(spawner).saturating_sub(memory);
    let mut report = Report::of(jail.tier());
    report.count("workers", spawns as u64);
    report.figure(format!(
        "{:.0} workers a second; memory grew by {grown} KiB; {after:?}",
        spawns as f64 / took.as_secs_f64()
    ));
    report.demand(before == after, || format!("left behind: {after:?}, before {before:?}"));
    report.demand(grown < GROWTH_KIB, || format!("memory grew by {grown} KiB"));
    jail.shutdown().await;
    Ok(report)
}

async fn workers(jail: &Jail, folder: &Path, count: usize) -> Result<()> {
    for number in 0..count {
        // Three ways to end: a result, a kill, and an owner that goes away.
        let mut guest = jail.worker(&[(folder, "/workspace", true)]).await?;
        match number % 4 {
            0 => guest.kill(),
            1 => guest.begin("import os\nos.fork()\nimport time\ntime.sleep(60)").await?,
            _ => drop(guest.run("result = 1").await?),
        }
    }
    Ok(())
}

/// The state once the last workers are reaped.
async fn settled(spawner: i32, wanted: Option<Leftovers>) -> Leftovers {
    let done = || match wanted {
        Some(wanted) => Leftovers::now(Some(spawner)) == wanted,
        None => crate::host::descendants(spawner).is_empty(),
    };
    within(Duration::from_secs(3), done).await;
    if wanted.is_none() {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Leftovers::now(Some(spawner))
}

fn memory(spawner: i32) -> u64 {
    resident_kib(me()) + resident_kib(spawner)
}
