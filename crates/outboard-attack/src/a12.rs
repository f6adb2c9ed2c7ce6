//! A12: every step of putting up a jail fails in turn. Nothing runs then, and the error says what and where.
//!
//! Steps fail in two ways. By place: the n-th step of the spawner, or of a worker before its program, reports an
//! error though the kernel did it, or the n-th call that a copy of a template is told to make does not exist; all
//! steps are met, whatever they are. By call: the kernel itself refuses a
//! system call to the spawner and to all that descends from it. A program that ran all the same must have run with
//! every layer, which the kernel's own account of the worker tells.

use crate::guests;
use crate::host::{descendants, me, spawner};
use crate::jail::Jail;
use crate::report::Report;
use crate::state;
use crate::table::Situation;
use anyhow::{Context as _, Result};
use futures::StreamExt;
use outboard_sandbox::{Engine, EngineKind, Grant, Limits, Options, PoolSize, Sandbox, SandboxError, Tier};
use outboard_types::Language;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);
const WIDTH: usize = 4;
/// EPERM, ENOMEM, EINTR.
const ERRORS: [i32; 3] = [1, 12, 4];
const ENOSYS: i32 = 38;
/// No jail takes more steps of one process than this.
const MOST_STEPS: u32 = 200;

/// What the spawner asks of the kernel to put up a jail, by its number on this machine.
#[rustfmt::skip]
const CALLS: [(&str, u32); 26] = [
    ("clone3", 435), ("unshare", 272), ("open_tree", 428), ("mount_setattr", 442), ("move_mount", 429),
    ("mount", 165), ("umount2", 166), ("pivot_root", 155), ("setgroups", 116), ("setresgid", 119),
    ("setresuid", 117), ("sethostname", 170), ("prctl", 157), ("capset", 126), ("prlimit64", 302),
    ("seccomp", 317), ("landlock_create_ruleset", 444), ("landlock_add_rule", 445), ("landlock_restrict_self", 446),
    ("close_range", 436), ("dup2", 33), ("fcntl", 72), ("socketpair", 53), ("fchdir", 81), ("chdir", 80), ("setns", 308),
];

/// What became of one attempt to run a program.
#[derive(Debug)]
struct Outcome {
    /// The error, where nothing ran.
    error: Option<String>,
    layer: Option<String>,
    /// Layers that were not as they must be when something ran.
    missing: Vec<String>,
    /// Best-effort layers that the sandbox said are off.
    said: Vec<String>,
    /// Whether the worker could be looked at.
    looked: bool,
}

#[derive(Debug, Default)]
struct Tally {
    tried: u64,
    refused: u64,
    whole: u64,
    layers: BTreeMap<String, u64>,
    unharmed: BTreeSet<String>,
    failures: Vec<String>,
}

pub(crate) async fn run(situation: Situation) -> Result<Report> {
    let jail = Jail::start().await?;
    let mut report = Report::of(jail.tier());
    jail.shutdown().await;
    let mut tally = Tally::default();
    for side in ["spawner", "worker", "copy"] {
        let steps = steps(side, situation, &mut tally).await?;
        report.count(&format!("steps of the {side}"), u64::from(steps));
        report.demand(steps >= 20, || format!("only {steps} steps of the {side} were met"));
    }
    let mut calls: Vec<(String, String)> = Vec::new();
    for (name, number) in CALLS {
        let all = errors(situation, number);
        calls.extend(all.into_iter().map(|errno| (name.to_owned(), format!("call {number} {errno}"))));
    }
    let runs = calls.into_iter().map(|(name, damage)| async move { (name, attempt(&damage).await) });
    let outcomes: Vec<_> = futures::stream::iter(runs).buffered(WIDTH).collect().await;
    for (name, outcome) in outcomes {
        tally.take(&name, outcome?, false);
    }
    tally.tell(&mut report);
    Ok(report)
}

/// Every error in turn; the quick second run takes one for each step.
fn errors(situation: Situation, number: u32) -> Vec<i32> {
    if situation.long || situation.root { ERRORS.to_vec() } else { vec![ERRORS[number as usize % ERRORS.len()]] }
}

/// Fails step after step until there are no more; gives their number.
async fn steps(side: &str, situation: Situation, tally: &mut Tally) -> Result<u32> {
    for first in (1..MOST_STEPS).step_by(WIDTH) {
        let batch: Vec<_> = (first..first + WIDTH as u32)
            .flat_map(|number| {
                // A call that does not exist fails in one way only.
                let errors = if side == "copy" { vec![ENOSYS] } else { errors(situation, number) };
                errors.into_iter().map(move |errno| (number, errno))
            })
            .collect();
        let runs = batch
            .iter()
            .map(|(number, errno)| async move { (*number, attempt(&format!("step {side} {number} {errno}")).await) });
        let outcomes: Vec<_> = futures::stream::iter(runs).buffered(WIDTH).collect().await;
        for (number, outcome) in outcomes {
            let outcome = outcome?;
            // The first number that nobody reaches; the last steps of the spawner come after the program began.
            if outcome.error.is_none() {
                let last = number - 1;
                tally.take(&format!("no step {number} of the {side}"), outcome, false);
                return Ok(last);
            }
            tally.take(&format!("step {number} of the {side}"), outcome, true);
        }
    }
    Ok(MOST_STEPS)
}

impl Tally {
    fn take(&mut self, name: &str, outcome: Outcome, names_layer: bool) {
        self.tried += 1;
        let Some(error) = outcome.error else {
            self.whole += 1;
            let without = if outcome.said.is_empty() {
                String::new()
            } else {
                format!(" (reported: no {})", outcome.said.join(", "))
            };
            self.unharmed.insert(format!("{name}{without}"));
            if name.starts_with("landlock") && outcome.said.is_empty() {
                self.failures.push(format!("{name}: a program ran without Landlock, and nobody was told"));
            }
            if !outcome.looked {
                self.failures.push(format!("{name}: a program ran and its worker could not be looked at"));
            }
            for layer in outcome.missing {
                self.failures.push(format!("{name}: a program ran with {layer}"));
            }
            return;
        };
        self.refused += 1;
        let advised = ["run `outboard doctor`", "allow user namespaces", "the kernel must"]
            .iter()
            .any(|hint| error.contains(hint));
        if !advised || (names_layer && outcome.layer.is_none()) {
            self.failures.push(format!("{name}: the error does not say what to do and where: {error}"));
        }
        *self.layers.entry(outcome.layer.unwrap_or_else(|| "the spawner itself".to_owned())).or_default() += 1;
    }

    fn tell(self, report: &mut Report) {
        report.count("failures injected", self.tried);
        report.count("starts refused", self.refused);
        report.count("programs that ran with every layer", self.whole);
        let layers: Vec<_> = self.layers.iter().map(|(layer, count)| format!("{layer} {count}")).collect();
        report.figure(format!("named by the errors: {}", layers.join(", ")));
        report
            .figure(format!("a whole jail all the same: {}", self.unharmed.into_iter().collect::<Vec<_>>().join(", ")));
        report.failures.extend(self.failures);
    }
}

/// Tries to run a program in a process whose spawner is damaged.
async fn attempt(damage: &str) -> Result<Outcome> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--role", "faulty", "--about", damage]).stdin(Stdio::null()).stderr(Stdio::piped());
    let output = tokio::task::spawn_blocking(move || command.output()).await??;
    let found: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("{damage}: {}", String::from_utf8_lossy(&output.stderr)))?;
    let texts = |name: &str| {
        let texts = found[name].as_array().into_iter().flatten();
        texts.filter_map(|text| text.as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    Ok(Outcome {
        error: found["error"].as_str().map(str::to_owned),
        layer: found["layer"].as_str().map(str::to_owned),
        missing: texts("open"),
        said: texts("said"),
        looked: found["looked"].as_u64().unwrap_or(0) > 10,
    })
}

/// The host of one attempt.
pub(crate) async fn faulty(damage: &str) -> Result<()> {
    crate::spawner::damage(damage)?;
    let found = match tokio::time::timeout(PATIENCE, start(damage)).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => {
            let layer = match &error {
                SandboxError::Layer { layer, .. } => Some(layer.as_str().to_owned()),
                SandboxError::TooWeak { missing, .. } => missing.split(' ').next().map(str::to_owned),
                _ => None,
            };
            json!({"error": error.to_string(), "layer": layer})
        }
        Err(_) => json!({"error": "nothing happened in time"}),
    };
    println!("{found}");
    // A spawner that was damaged badly enough may not hear that it is to end.
    std::process::exit(0)
}

/// A worker with a folder, without a pool. One whose own steps are to fail has a network too, as those workers are started
/// by themselves; others are copies of a template.
async fn start(damage: &str) -> Result<Value, SandboxError> {
    let path = guests::typescript().map_err(std::io::Error::other)?;
    let kind = EngineKind::Program { path };
    let engines = vec![Engine { name: "typescript".to_owned(), language: Language::TypeScript, kind }];
    let spawner = crate::spawner::command().map_err(std::io::Error::other)?;
    let options = Options { engines, pool: PoolSize::default(), limits: Limits::default(), minimum: Tier::A, spawner };
    let sandbox = Sandbox::start(options).await?;
    let said: Vec<_> = sandbox.ready().await?.missing.iter().map(|layer| layer.as_str()).collect();
    let folder = tempfile::tempdir()?;
    let grant = Grant::new(Language::TypeScript).writable(folder.path(), "/workspace");
    let grant = if damage.starts_with("step worker ") { grant.network() } else { grant };
    let worker = sandbox.worker(grant).await?;
    let pid = spawner_of().and_then(|spawner| descendants(spawner).into_iter().next_back());
    let state = pid.and_then(|pid| state::of(pid).ok()).unwrap_or_default();
    drop(worker);
    let open: Vec<_> = state.iter().filter(|one| one.open).map(|one| format!("{}: {}", one.name, one.said)).collect();
    Ok(json!({"open": open, "said": said, "looked": state.len()}))
}

fn spawner_of() -> Option<i32> {
    spawner(me())
}
