//! A skill over its recorded executions: nothing is called.

use super::failed;
use crate::compose::{self, Everything};
use crate::failure::Failure;
use crate::output;
use outboard_catalog::Catalogue;
use outboard_config::Settings;
use outboard_execution::{CaseRun, Drift, Follower, Replay, ReplayedCall, Shelf, drift, skills_of};
use outboard_journal::{ExecutionRow, Journal, Status};
use outboard_skills::{Case, CaseKind, Skill};
use outboard_types::{ExecutionId, ServerName};
use serde_json::json;
use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::Arc;

/// Executions in which uses of the skill are looked for, and uses that become cases.
const RECENT: usize = 100;
const USES: usize = 3;

/// Sees the calls of a replay and says nothing.
struct Quiet;

impl Follower for Quiet {
    fn call(&self, _call: ReplayedCall) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

pub(super) async fn run(
    settings: &Settings,
    shelf: &Shelf,
    name: &str,
    refresh: bool,
    json: bool,
) -> Result<ExitCode, Failure> {
    let (_, skill) = shelf.collection().get(name).map_err(failed)?;
    super::checked(settings, shelf, &skill).await?;
    let journal = compose::journal(settings)?;
    let kept = shelf.collection().cases(&skill.name);
    let changes = changed(settings, &kept, &journal, refresh).await?;
    let mut runs = Vec::new();
    for (id, kind) in cases(&kept, &journal, &skill) {
        runs.push(one(settings, shelf, &journal, &skill, &id, kind).await?);
    }
    show(&skill, &runs, &changes, json);
    let failed = runs.iter().any(|run| run.status == "failed") || !changes.is_empty();
    Ok(ExitCode::from(u8::from(failed || runs.iter().all(|run| run.status == "missing"))))
}

/// What was kept for it, and the latest programs that imported it and succeeded.
fn cases(kept: &[Case], journal: &Journal, skill: &Skill) -> Vec<(ExecutionId, CaseKind)> {
    let id = |text: &str| ExecutionId(text.into());
    let mut found: Vec<_> = kept.iter().map(|case| (id(&case.execution), case.kind)).collect();
    let rows = journal.executions(RECENT).unwrap_or_default();
    let uses = rows.into_iter().filter(|row| row.status == Status::Succeeded).map(|row| row.record.id).filter(|id| {
        let used = skills_of(journal, id).map(|report| report.used).unwrap_or_default();
        used.iter().any(|one| one.name == skill.name.as_str()) && !found.iter().any(|(known, _)| known == id)
    });
    let uses: Vec<_> = uses.take(USES).map(|id| (id, CaseKind::Program)).collect();
    found.extend(uses);
    found
}

async fn one(
    settings: &Settings,
    shelf: &Shelf,
    journal: &Journal,
    skill: &Skill,
    id: &ExecutionId,
    kind: CaseKind,
) -> Result<CaseRun, Failure> {
    let told = |status, text: String| CaseRun { id: id.to_string(), status, text };
    let Some(row) = journal.execution(id)? else {
        return Ok(told("missing", "it is no longer in the journal".into()));
    };
    let code = match kind {
        CaseKind::Program => None,
        CaseKind::Call => match shelf.caller(skill, row.record.language) {
            Some(code) => Some(code),
            None => {
                return Ok(told("failed", format!("the skill exports nothing for {}", row.record.language.as_str())));
            }
        },
    };
    let folder = tempfile::tempdir()?;
    let app = compose::replay(settings, journal, id, folder.path(), Arc::new(Quiet)).await?;
    let replayed = app.executions.replay(Replay { id: id.clone(), code }).await;
    app.close().await;
    let replayed = replayed?;
    Ok(match replayed.is_same() {
        Some(true) => told("passed", String::new()),
        Some(false) => told("failed", why(&replayed.report)),
        None => told("missing", missing(&row)),
    })
}

fn why(report: &outboard_execution::Report) -> String {
    match &report.error {
        Some(error) => format!("{}: {}", error.code, error.message),
        None => format!("it ended as {} with another result", report.status),
    }
}

fn missing(row: &ExecutionRow) -> String {
    format!("it was never recorded to its end: {}", row.status)
}

/// What changed outside since the cases were kept.
async fn changed(settings: &Settings, kept: &[Case], journal: &Journal, refresh: bool) -> Result<Vec<Drift>, Failure> {
    let catalog = compose::catalog(settings, &Everything)?;
    let mut servers: Vec<&str> = kept.iter().flat_map(|case| &case.tools).map(|tool| tool.server.as_str()).collect();
    servers.sort_unstable();
    servers.dedup();
    // As the servers list them: where definitions are pinned, programs see those that were accepted.
    let mut listings = Vec::new();
    for server in servers.into_iter().filter_map(|server| ServerName::new(server).ok()) {
        match catalog.upstreams.listing(&server, refresh).await {
            Ok(listing) => listings.push(listing),
            Err(error) => tracing::warn!(%server, %error, "not listed"),
        }
    }
    catalog.upstreams.shutdown().await;
    let catalogue = Catalogue::build(0, listings);
    let mut found: Vec<Drift> = Vec::new();
    for change in kept.iter().flat_map(|case| drift(case, &catalogue, journal)) {
        if !found.contains(&change) {
            found.push(change);
        }
    }
    Ok(found)
}

fn show(skill: &Skill, runs: &[CaseRun], changes: &[Drift], json: bool) {
    if json {
        let failed = runs.iter().any(|run| run.status == "failed");
        let status = if failed {
            "failed"
        } else if changes.is_empty() {
            "passed"
        } else {
            "drifted"
        };
        return output::json(&json!({
            "id": skill.name, "version": skill.version.short(), "status": status, "cases": runs, "drift": changes,
        }));
    }
    for run in runs {
        let text = if run.text.is_empty() { String::new() } else { format!("  {}", run.text) };
        output::data(&format!("{} {}{text}", run.status, run.id));
    }
    for change in changes {
        output::data(&format!("drift {}.{}: {}: {}", change.server, change.tool, change.kind, change.text));
    }
    if runs.is_empty() {
        output::talk("there is no recorded execution to test it against: run a program that imports it");
    } else if !changes.is_empty() {
        output::talk(
            "what it was recorded against has changed; look at the skill, then save it again from a new execution",
        );
    }
}
