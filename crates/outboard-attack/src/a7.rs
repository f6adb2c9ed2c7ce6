//! A7: whoever of host, spawner and worker is killed, and whenever: nothing is left a second later, or, on a machine that is
//! too busy to let what is killed have its turn to end, as soon as it had.

use crate::host::{Leftovers, alive, descendants, me, ms, spawner, within};
use crate::jail::{Jail, Most};
use crate::report::Report;
use crate::table::Situation;
use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, set_child_subreaper, wait};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const AFTER: Duration = Duration::from_secs(1);
/// What is there now was not killed, however busy the machine is.
const LATEST: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Copy)]
enum Victim {
    Host,
    Spawner,
    Worker,
}

/// What became of one kill.
#[derive(Debug, Default)]
struct Outcome {
    hit: bool,
    survivors: usize,
    files: usize,
    /// How long it took until nothing was left.
    slowest: Duration,
}

impl Outcome {
    /// Waits until nothing is left, and notes how long that took.
    async fn wait(&mut self, is_gone: impl Fn() -> bool) -> bool {
        let start = Instant::now();
        let gone = within(LATEST, is_gone).await;
        self.slowest = self.slowest.max(start.elapsed());
        gone
    }
}

/// Whether more processes wait for a processor than there are.
fn is_busy() -> bool {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = text.split(' ').next().and_then(|word| word.parse::<f64>().ok()).unwrap_or(0.0);
    load > std::thread::available_parallelism().map_or(1.0, |count| count.get() as f64)
}

pub(crate) async fn run(situation: Situation) -> Result<Report> {
    let tier = tier().await?;
    let mut report = Report::of(tier);
    // What loses its parent becomes ours, so that no survivor hides.
    set_child_subreaper(Some(Pid::INIT)).context("become the parent of orphans")?;
    let before = Leftovers::now(None);
    let points = situation.count(6, 100);
    let (mut worst, mut slowest) = (0, Duration::ZERO);
    for (victim, name) in [(Victim::Host, "host"), (Victim::Spawner, "spawner"), (Victim::Worker, "worker")] {
        let mut hits = 0;
        for point in 0..points {
            let outcome = kill_one(victim, delay(point, points)).await?;
            hits += u64::from(outcome.hit);
            worst = worst.max(outcome.survivors);
            slowest = slowest.max(outcome.slowest);
            let in_time = outcome.slowest <= AFTER || is_busy();
            report.demand(in_time, || format!("what the {name} left took {} to end", ms(outcome.slowest)));
            report.demand(outcome.survivors == 0, || format!("{} survive the {name}", outcome.survivors));
            report.demand(outcome.files == 0, || format!("{} files left by the {name}", outcome.files));
        }
        report.count(&format!("kills of the {name}"), hits);
        report.demand(hits * 10 >= points as u64 * 7, || format!("only {hits} of {points} found a {name} to kill"));
    }
    // Empty control groups of a killed spawner wait for the next start, which sweeps them.
    self::tier().await?;
    let no_more =
        |now: Leftovers| now.cgroups <= before.cgroups && Leftovers { cgroups: before.cgroups, ..now } == before;
    let same = within(AFTER, || no_more(Leftovers::now(None))).await;
    report.demand(same, || format!("left behind: {:?}, before {before:?}", Leftovers::now(None)));
    report.figure(format!("survivors at most {worst}, the last one gone after {}", ms(slowest)));
    set_child_subreaper(None).context("stop being the parent of orphans")?;
    Ok(report)
}

async fn tier() -> Result<String> {
    let jail = Jail::start().await?;
    let tier = jail.tier();
    jail.shutdown().await;
    Ok(tier)
}

/// Points spread over the start and the first work of a host; the odd factor mixes their order.
fn delay(point: usize, points: usize) -> Duration {
    let spread = (point * 7919) % points;
    Duration::from_millis(20 + (spread * 480 / points) as u64)
}

async fn kill_one(victim: Victim, after: Duration) -> Result<Outcome> {
    let folder = tempfile::tempdir()?;
    let mut host = begin(folder.path())?;
    let pid = host.id().cast_signed();
    tokio::time::sleep(after).await;
    let target = match victim {
        Victim::Host => Some(pid),
        Victim::Spawner => find(|| spawner(pid)).await,
        Victim::Worker => find(|| descendants(spawner(pid)?).first().copied()).await,
    };
    let doomed = target.map(|target| [vec![target], descendants(target)].concat()).unwrap_or_default();
    let hit = target.is_some_and(kill);
    let mut outcome = Outcome { hit, ..Outcome::default() };
    if hit && !matches!(victim, Victim::Host) {
        outcome.wait(|| !doomed.iter().any(|pid| alive(*pid))).await;
        outcome.survivors = doomed.iter().filter(|pid| alive(**pid)).count();
    }
    finish(&mut host, &mut outcome).await;
    outcome.files = std::fs::read_dir(folder.path())?.count();
    Ok(outcome)
}

/// Kills the host too, and counts what of it is still there.
async fn finish(host: &mut Child, outcome: &mut Outcome) {
    kill(host.id().cast_signed());
    let _ = host.wait();
    let none = || descendants(me()).into_iter().all(|pid| !alive(pid));
    if !outcome.wait(none).await {
        let left: Vec<i32> = descendants(me()).into_iter().filter(|pid| alive(*pid)).collect();
        outcome.survivors += left.len();
        left.into_iter().filter(|pid| kill(*pid)).for_each(|_| ());
    }
    while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
}

/// Waits a while for a process to be there.
async fn find(what: impl Fn() -> Option<i32>) -> Option<i32> {
    within(Duration::from_secs(3), || what().is_some()).await;
    what()
}

fn begin(folder: &Path) -> Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--role", "host"]).env("TMPDIR", folder).env("XDG_RUNTIME_DIR", folder);
    Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

fn kill(pid: i32) -> bool {
    Pid::from_raw(pid).is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok())
}

/// The host that is killed: always starting workers, some of which have started more processes.
pub(crate) async fn host() -> Result<()> {
    let jail = Jail::with(Most::default(), 1).await?;
    jail.warm()?;
    let mut held = std::collections::VecDeque::new();
    loop {
        let Ok(mut guest) = jail.worker(&[]).await else { continue };
        let code =
            "import os, time\nfor _ in range(2): os.fork()\nos.setsid() if os.getpid() != 1 else 0\ntime.sleep(60)";
        let _ = guest.begin(code).await;
        held.push_back(guest);
        if held.len() > 3 {
            held.pop_front();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
