//! A1: every attempt to reach something of the host fails, and the same attempts succeed without a jail.

use crate::bait::Bait;
use crate::host;
use crate::jail::{Jail, interpreter};
use crate::report::Report;
use crate::state;
use crate::table::Situation;
use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

pub(crate) const PROBE: &str = include_str!("guest/probe.py");
const PARTS: [&str; 3] =
    [include_str!("guest/files.py"), include_str!("guest/others.py"), include_str!("guest/kernel.py")];
const LEAST_CHECKS: usize = 200;
/// How many of them must succeed without a jail, or the battery proves nothing.
const LEAST_OPEN_OUTSIDE: usize = 40;
/// The user of the run without a jail: never root, who could do harm.
const NOBODY: u32 = 65534;

/// One attempt and how it went.
pub(crate) struct Attempt {
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) open: bool,
    pub(crate) said: String,
}

pub(crate) async fn run(situation: Situation) -> Result<Report> {
    let jail = Jail::start().await?;
    let bait = Bait::lay()?;
    let inside = in_jail(&jail, &bait, &[]).await?;
    // Without a jail the attempts succeed: they get a victim that nobody needs, or this process would be stopped.
    let victim = bait.victim.id().cast_signed();
    let program = program(&bait.description(victim, Some(victim), &[]));
    bait.restore()?;
    let outside = attempts(outside(&bait, &program, situation)?)?;
    let mut report = Report::of(jail.tier());
    judge(&mut report, &inside, &outside);
    report.demand(bait.untouched(), || "the decoy or the read-only folder was changed".to_owned());
    jail.shutdown().await;
    Ok(report)
}

/// The battery in a jail, and what the host sees of the worker meanwhile.
pub(crate) async fn in_jail(jail: &Jail, bait: &Bait, only: &[String]) -> Result<Vec<Attempt>> {
    let program = program(&bait.description(host::me(), host::spawner(host::me()), only));
    let folders: [(&Path, &'static str, bool); 2] =
        [(&bait.workspace(), "/workspace", true), (&bait.servers(), "/servers", false)];
    let guest = jail.worker(&folders).await?;
    let mut found = state::of_worker()?;
    found.extend(attempts(guest.run(&program).await.context("the battery in the jail")?)?);
    Ok(found)
}

fn judge(report: &mut Report, inside: &[Attempt], outside: &[Attempt]) {
    let open = inside.iter().filter(|attempt| attempt.open).count();
    let open_outside = outside.iter().filter(|attempt| attempt.open).count();
    report.count("checks", inside.len() as u64);
    report.count("open", open as u64);
    report.count("open without a jail, as an ordinary user", open_outside as u64);
    let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
    inside.iter().for_each(|attempt| *groups.entry(&attempt.group).or_default() += 1);
    let groups: Vec<_> = groups.into_iter().map(|(group, count)| format!("{group} {count}")).collect();
    report.figure(groups.join(", "));
    for attempt in inside.iter().filter(|attempt| attempt.open) {
        report.failures.push(format!("{}: {}: {}", attempt.group, attempt.name, attempt.said));
    }
    report.demand(inside.len() >= LEAST_CHECKS, || format!("only {} checks of {LEAST_CHECKS}", inside.len()));
    report.demand(open_outside >= LEAST_OPEN_OUTSIDE, || {
        format!("only {open_outside} checks are open without a jail: the battery does not discriminate")
    });
}

/// The battery with what it is to look for.
fn program(bait: &Value) -> String {
    // JSON twice: a Python string literal of the object's text.
    let text = Value::String(bait.to_string()).to_string();
    format!("import json\nHOST = json.loads({text})\n{PROBE}\n{}", PARTS.join("\n"))
}

pub(crate) fn attempts(value: Value) -> Result<Vec<Attempt>> {
    let Value::Array(attempts) = value else { bail!("the battery gave {value}") };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(attempts
        .iter()
        .map(|one| Attempt {
            group: text(&one[0]),
            name: text(&one[1]),
            open: one[2].as_bool().unwrap_or(true),
            said: text(&one[3]),
        })
        .collect())
}

/// The same battery in a plain process that is nobody special.
fn outside(bait: &Bait, program: &str, situation: Situation) -> Result<Value> {
    // The channel is a socket on descriptor 3 in the jail; here any socket does.
    let before = "import socket, os\npair = socket.socketpair()\nchannel = pair[0]\nos.dup2(channel.fileno(), 3)\n";
    let file = bait.folder.path().join("battery.py");
    fs::write(&file, format!("{before}{program}\nprint(json.dumps(result))"))?;
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644))?;
    let mut command = Command::new(interpreter()?);
    command.arg("-I").arg(&file).current_dir("/").stdin(Stdio::null()).stderr(Stdio::piped());
    if situation.root {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output()?;
    let last = output.stdout.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty()).unwrap_or_default();
    serde_json::from_slice(last).with_context(|| {
        format!("the battery without a jail, {}: {}", output.status, String::from_utf8_lossy(&output.stderr))
    })
}
