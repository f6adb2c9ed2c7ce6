//! A11: a worker leaves canaries wherever it can; a worker of another session, at the same time, sees none.

use crate::jail::{Guest, Jail, Most};
use crate::report::Report;
use crate::table::Situation;
use anyhow::{Result, bail};
use outboard_worker_protocol::FromWorker;
use serde_json::Value;
use std::path::Path;

pub(crate) async fn run(situation: Situation) -> Result<Report> {
    let jail = Jail::with(Most::default(), 2).await?;
    jail.warm()?;
    let mut report = Report::of(jail.tier());
    let pairs = situation.count(40, 1000);
    let mut left = 0;
    for number in 0..pairs {
        let canary = format!("canary{:x}n{number}", std::time::UNIX_EPOCH.elapsed()?.as_nanos());
        let (ours, theirs) = (tempfile::tempdir()?, tempfile::tempdir()?);
        let (leaver, places) = leave(&jail, ours.path(), &canary).await?;
        left += places;
        for place in look(&jail, theirs.path(), ours.path(), &canary).await? {
            report.failures.push(format!("pair {number}: seen at {place}"));
        }
        // And once more after its end, when its memory and its place are free.
        if number % 8 == 0 {
            control(&jail, ours.path(), &canary, &mut report).await?;
        }
        drop(leaver);
        for place in look(&jail, theirs.path(), ours.path(), &canary).await? {
            report.failures.push(format!("pair {number}, afterwards: seen at {place}"));
        }
    }
    report.count("pairs", pairs as u64);
    report.count("canaries left", left);
    report.count("looks", 2 * pairs as u64);
    report.count("canaries crossed", report.failures.len() as u64);
    jail.shutdown().await;
    Ok(report)
}

async fn leave(jail: &Jail, folder: &Path, canary: &str) -> Result<(Guest, u64)> {
    let mut guest = jail.worker(&[(folder, "/workspace", true)]).await?;
    guest.begin(&format!("CANARY = '{canary}'\n{}", include_str!("guest/leave.py"))).await?;
    while let Some(message) = guest.next().await {
        match message {
            FromWorker::Console { text, .. } => return Ok((guest, text.parse()?)),
            FromWorker::Error { error, .. } => bail!("leaving canaries: {}", error.message),
            _ => {}
        }
    }
    bail!("the worker that leaves canaries vanished")
}

async fn look(jail: &Jail, folder: &Path, theirs: &Path, canary: &str) -> Result<Vec<String>> {
    let backwards: String = canary.chars().rev().collect();
    let code = format!("NEEDLE = '{backwards}'\nTHEIRS = [{:?}]\n{}", theirs, include_str!("guest/look.py"));
    let found = jail.run(&[(folder, "/workspace", true)], &code).await?;
    Ok(found.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// The look does find canaries in a folder that is shared on purpose.
async fn control(jail: &Jail, shared: &Path, canary: &str, report: &mut Report) -> Result<()> {
    let seen = look(jail, shared, Path::new("/nowhere"), canary).await?;
    report.demand(!seen.is_empty(), || "the look misses a canary in a shared folder".to_owned());
    Ok(())
}
