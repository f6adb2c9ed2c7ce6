//! A2: each part of the jail is left out in turn, and the checks of the battery that notice are named.
//!
//! What only stands behind another part is left out together with that one: the second line of defence shows when
//! the first is gone. Each variant runs in a host process of its own, because what is left out counts for a process.

use crate::a1::{Attempt, attempts, in_jail};
use crate::bait::Bait;
use crate::host::{alive, descendants, me, spawner, within};
use crate::jail::Jail;
use crate::report::Report;
use crate::table::Situation;
use anyhow::{Context as _, Result, bail};
use futures::StreamExt;
use rustix::process::{Pid, Signal, kill_process, set_child_subreaper};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::Duration;

/// What stands in the environment of the host of a variant, as secrets do.
const MARK: &str = "OUTBOARD_ATTACK_MARK";
/// Variants under way at once: most of their time they wait.
const WIDTH: usize = 4;

/// A jail without some parts.
struct Variant {
    /// What is left out.
    without: &'static str,
    /// What is left out on both sides of the comparison.
    beside: &'static str,
    /// The groups of checks that are meant to notice.
    groups: &'static [&'static str],
}

const fn variant(without: &'static str, beside: &'static str, groups: &'static [&'static str]) -> Variant {
    Variant { without, beside, groups }
}

const SURFACE: &[&str] = &["kernel surface", "namespaces", "network", "ioctl", "prctl"];
const HOST: &[&str] = &["seen by the host"];

const VARIANTS: &[Variant] = &[
    variant("detached-root", "", &["files by trick"]),
    variant("read-only", "", &["writes"]),
    variant("landlock", "read-only", &["writes"]),
    variant("network", "", HOST),
    variant("processes", "", &["processes"]),
    variant("ipc", "", HOST),
    variant("rlimits", "", &["limits"]),
    variant("capabilities", "", HOST),
    variant("no_new_privs", "", HOST),
    variant("no_new_privs", "capabilities", HOST),
    variant("seccomp", "", SURFACE),
    variant("landlock", "seccomp", SURFACE),
    variant("network", "seccomp,landlock", SURFACE),
    variant("descriptors", "", &["descriptors"]),
    variant("environment", "", &["descriptors"]),
    variant("lifetime", "", HOST),
    variant("late-lifetime", "", HOST),
];

/// What became of the battery in a damaged jail.
enum Outcome {
    /// No program runs at all, for this reason.
    Refused(String),
    Ran(Vec<Attempt>),
}

pub(crate) async fn run(situation: Situation) -> Result<Report> {
    let jail = Jail::start().await?;
    let mut report = Report::of(jail.tier());
    jail.shutdown().await;
    // An ordinary user's worker changes no credentials, so that the early signal is as good.
    let wanted = VARIANTS.iter().filter(|variant| situation.root || variant.without != "late-lifetime");
    let wanted: Vec<_> = wanted.collect();
    let runs = wanted.iter().map(|variant| compare(variant, situation));
    let rows: Vec<_> = futures::stream::iter(runs).buffered(WIDTH).collect().await;
    report.count("variants", wanted.len() as u64);
    for (variant, row) in wanted.iter().zip(rows) {
        let also = if variant.beside.is_empty() { String::new() } else { format!(" (beside {})", variant.beside) };
        let name = format!("without {}{also}", variant.without);
        match row {
            Ok(noticed) if noticed.is_empty() => report.failures.push(format!("{name}: no check notices")),
            Ok(noticed) => report.figure(format!("{name}: {}", told(&noticed))),
            Err(error) => report.failures.push(format!("{name}: {error:#}")),
        }
    }
    Ok(report)
}

fn told(noticed: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = noticed.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
    let more = noticed.len().saturating_sub(SHOWN);
    format!("{} noticed: {shown}{}", noticed.len(), if more > 0 { format!("; and {more} more") } else { String::new() })
}

/// The checks that are open without a part and shut with it.
async fn compare(variant: &Variant, situation: Situation) -> Result<Vec<String>> {
    // A long run takes the whole battery, so that the table says everything that depends on a part.
    let groups: Vec<&str> = if situation.long { Vec::new() } else { variant.groups.to_vec() };
    let all = [variant.beside, variant.without].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>();
    let damaged = outcome(&all.join(","), &groups).await?;
    let whole = match outcome(variant.beside, &groups).await? {
        Outcome::Ran(attempts) => attempts,
        Outcome::Refused(why) => bail!("nothing to compare with: {why}"),
    };
    let open = |attempts: &[Attempt]| -> BTreeSet<String> {
        let open = attempts.iter().filter(|attempt| attempt.open);
        open.map(|attempt| format!("{}: {}", attempt.group, attempt.name)).collect()
    };
    let before = open(&whole);
    if variant.beside.is_empty() && !before.is_empty() {
        bail!("open with the whole jail: {before:?}");
    }
    Ok(match damaged {
        Outcome::Refused(why) => vec![format!("no program starts: {why}")],
        Outcome::Ran(attempts) => open(&attempts).difference(&before).cloned().collect(),
    })
}

/// Runs the battery in a process whose jails lack these parts.
async fn outcome(without: &str, groups: &[&str]) -> Result<Outcome> {
    let about = json!({"without": without, "groups": groups}).to_string();
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--role", "ablated", "--about", &about]).env(MARK, "a secret of the host");
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    let found: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("without {without}: {}", String::from_utf8_lossy(&output.stderr)))?;
    match found["refused"].as_str() {
        Some(why) => Ok(Outcome::Refused(why.to_owned())),
        None => Ok(Outcome::Ran(attempts(found["attempts"].clone())?)),
    }
}

/// The host of one variant.
pub(crate) async fn ablated(about: &str) -> Result<()> {
    let about: Value = serde_json::from_str(about)?;
    let without = about["without"].as_str().unwrap_or_default();
    if !without.is_empty() {
        crate::spawner::damage(&format!("without {without}"))?;
    }
    // What loses its parent becomes ours, so that nothing that a damaged jail leaves behind stays.
    set_child_subreaper(Some(Pid::INIT)).context("become the parent of orphans")?;
    let folder = tempfile::tempdir()?;
    let careless = std::fs::File::create(folder.path().join("open"))?;
    rustix::io::fcntl_setfd(&careless, rustix::io::FdFlags::empty())?;
    let groups: Vec<String> = serde_json::from_value(about["groups"].clone())?;
    let found = battery(&groups).await;
    for pid in descendants(me()) {
        Pid::from_raw(pid).map(|pid| kill_process(pid, Signal::KILL));
    }
    println!("{}", found.unwrap_or_else(|error| json!({"refused": format!("{error:#}")})));
    Ok(())
}

async fn battery(groups: &[String]) -> Result<Value> {
    let jail = Jail::start().await?;
    let bait = Bait::lay()?;
    let mut found = in_jail(&jail, &bait, groups).await?;
    // A program that could change its engine spoils it for the next one.
    let spoilt = |error: anyhow::Error| Attempt {
        group: HOST[0].to_owned(),
        name: "a program spoils the next one's worker".to_owned(),
        open: true,
        said: format!("{error:#}"),
    };
    found.push(orphan(&jail).await.unwrap_or_else(spoilt));
    let rows: Vec<Value> = found.iter().map(|one| json!([one.group, one.name, one.open, one.said])).collect();
    Ok(json!({"attempts": rows}))
}

/// Whether a worker lives on when its spawner is killed; the jail is useless after this.
async fn orphan(jail: &Jail) -> Result<Attempt> {
    let mut guest = jail.worker(&[]).await?;
    guest.begin("import time\ntime.sleep(60)").await?;
    let spawner = spawner(me()).context("find the spawner")?;
    let worker = descendants(spawner).into_iter().next_back().context("find the worker")?;
    Pid::from_raw(spawner).map(|pid| kill_process(pid, Signal::KILL)).transpose().context("kill the spawner")?;
    let gone = within(Duration::from_secs(2), || !alive(worker)).await;
    // Held until here: a worker also ends when its channel does.
    drop(guest);
    let group = HOST[0].to_owned();
    Ok(Attempt { group, name: "lives longer than its spawner".to_owned(), open: !gone, said: worker.to_string() })
}
