//! Reports as they are kept in the journal, so that a client finds one after a restart.

use crate::executions::Deps;
use crate::inspection::Findings;
use crate::report::{CallCount, Failure, HostCount, Report};
use crate::skills::SkillReport;
use crate::traced;
use outboard_border::Notes;
use outboard_journal::{ExecutionRow, Journal, MarkKind, Status};
use outboard_types::ExecutionId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::time::Duration;

/// The kept form; what can be found elsewhere in the journal is left out.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: String,
    result: Option<Box<RawValue>>,
    stdout: String,
    stdout_dropped: u64,
    error: Option<Failure>,
    calls: Vec<CallCount>,
    #[serde(default)]
    network: Vec<HostCount>,
    #[serde(default)]
    privacy: Notes,
    findings: Findings,
    #[serde(default, skip_serializing_if = "SkillReport::is_empty")]
    skills: SkillReport,
    wall_ms: u64,
    cpu_ms: u64,
    bytes: u64,
    direct_equivalent: u64,
    model_out: u64,
}

impl Report {
    /// The report as JSON text.
    pub(crate) fn to_json(&self) -> String {
        let kept = Kept {
            status: self.status.as_str().to_owned(),
            result: self.result.clone(),
            stdout: self.stdout.clone(),
            stdout_dropped: self.stdout_dropped,
            error: self.error.clone(),
            calls: self.calls.clone(),
            network: self.network.clone(),
            privacy: self.privacy.clone(),
            findings: self.findings.clone(),
            skills: self.skills.clone(),
            wall_ms: self.wall.as_millis() as u64,
            cpu_ms: self.cpu.as_millis() as u64,
            bytes: self.bytes,
            direct_equivalent: self.direct_equivalent,
            model_out: self.model_out,
        };
        serde_json::to_string(&kept).unwrap_or_default()
    }
}

/// What became a token in an execution that ended, or in a direct call.
pub fn privacy_of(journal: &Journal, id: &ExecutionId) -> Option<Notes> {
    let of_call = || serde_json::from_str(&journal.noted(id).ok()??).ok();
    kept(journal, id).map(|kept| kept.privacy).or_else(of_call)
}

/// Keeps what became a token in a direct call, which has no report.
pub fn keep_privacy(journal: &Journal, id: &ExecutionId, notes: &Notes) {
    if !notes.is_empty() {
        let notes = serde_json::to_string(notes).unwrap_or_default();
        traced::note(journal, id, Duration::ZERO, MarkKind::Private { notes });
    }
}

/// What an execution that ended had to do with skills.
pub fn skills_of(journal: &Journal, id: &ExecutionId) -> Option<SkillReport> {
    Some(kept(journal, id)?.skills)
}

fn kept(journal: &Journal, id: &ExecutionId) -> Option<Kept> {
    serde_json::from_str(&journal.last_state(id).ok()??).ok()
}

/// The kept report of an execution that ended.
pub(crate) fn report(deps: &Deps, row: &ExecutionRow) -> Option<Report> {
    let kept = kept(&deps.journal, &row.record.id)?;
    Some(Report {
        execution: row.record.id.clone(),
        status: Status::parse(&kept.status)?,
        result: kept.result,
        stdout: kept.stdout,
        stdout_dropped: kept.stdout_dropped,
        error: kept.error,
        calls: kept.calls,
        network: kept.network,
        privacy: kept.privacy,
        findings: kept.findings,
        skills: kept.skills,
        wall: Duration::from_millis(kept.wall_ms),
        cpu: Duration::from_millis(kept.cpu_ms),
        bytes: kept.bytes,
        direct_equivalent: kept.direct_equivalent,
        model_out: kept.model_out,
        workspace: deps.state.workspace(&row.record.principal, &row.record.session).ok()?,
    })
}
