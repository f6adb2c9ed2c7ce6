//! A5: a host full of open files and secrets shows its workers none of either.

use crate::jail::Jail;
use crate::report::Report;
use crate::table::Situation;
use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write;
use std::process::{Command, Stdio};

const FILES: usize = 100;
const SECRETS: usize = 50;
const MARK: &str = "OUTBOARD_ATTACK_MARK";

pub(crate) async fn run(_situation: Situation) -> Result<Report> {
    // The environment is set before the host starts, as an operator would.
    let mark = format!("hush{:x}{:x}", std::process::id(), std::time::UNIX_EPOCH.elapsed()?.as_nanos());
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--role", "secrets"]).env(MARK, &mark).stdin(Stdio::null()).stderr(Stdio::piped());
    for number in 0..SECRETS {
        command.env(format!("SECRET_{number}"), format!("{mark}-{number}"));
    }
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    let found: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("the host of secrets: {}", String::from_utf8_lossy(&output.stderr)))?;
    let mut report = Report::of(found["tier"].as_str().unwrap_or("?").to_owned());
    judge(&mut report, &found);
    Ok(report)
}

fn judge(report: &mut Report, found: &Value) {
    let number = |name: &str| found[name].as_u64().unwrap_or(0);
    report.count("files open in the host", number("open"));
    report.count("secrets", SECRETS as u64);
    report.count("pages of memory searched", number("pages"));
    report.count("files searched", number("files"));
    report.demand(number("open") >= FILES as u64, || "the host did not hold its files open".to_owned());
    report.demand(number("pages") > 2 && number("files") > 10, || "the search found nothing to search".to_owned());
    report.demand(number("control") > 0, || "the search misses a secret that is there".to_owned());
    let seen: Vec<i64> = found["descriptors"].as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
    report.demand(seen == [0, 1, 2, 3], || format!("descriptors in the worker: {seen:?}"));
    for place in found["found"].as_array().into_iter().flatten() {
        report.failures.push(format!("a secret in the worker's {place}"));
    }
}

/// The host of this test: holds files and secrets, runs the search in a worker, prints what it found.
pub(crate) async fn host_of_secrets() -> Result<()> {
    let Ok(mark) = std::env::var(MARK) else { bail!("no {MARK} in the environment") };
    let folder = tempfile::tempdir()?;
    let mut held = Vec::new();
    for number in 0..FILES {
        let mut file = File::create_new(folder.path().join(number.to_string()))?;
        write!(file, "{mark}-file-{number}")?;
        // Inherited by every child, as descriptors of a careless library are.
        rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty())?;
        held.push(file);
    }
    let jail = Jail::start().await?;
    let backwards: String = mark.chars().rev().collect();
    let search = format!("NEEDLE = '{backwards}'\n{}", include_str!("guest/secrets.py"));
    let mut found = jail.run(&[], &search).await?;
    // The search must find a secret where there is one.
    let shown = tempfile::tempdir()?;
    std::fs::write(shown.path().join("shown"), &mark)?;
    let control = jail.run(&[(shown.path(), "/servers", false)], &search).await?;
    found["control"] = json!(control["found"].as_array().map_or(0, Vec::len));
    found["open"] = json!(held.len());
    found["tier"] = json!(jail.tier());
    println!("{found}");
    jail.shutdown().await;
    Ok(())
}
