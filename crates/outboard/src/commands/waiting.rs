//! Skills that wait for a person, among the questions of `outboard approvals`.

use super::agent::harmless;
use super::approvals::by;
use crate::failure::Failure;
use crate::output;
use outboard_execution::{Shelf, skill_error};
use outboard_journal::{AuditEntry, Journal};
use outboard_skills::{Change, Files, Skill, Waiting, What, difference};
use outboard_types::{Principal, now_ms};
use serde_json::{Value, json};
use std::process::ExitCode;
use std::sync::Arc;

/// Whether an id is that of a skill, not of a call.
pub(super) fn is_skill(id: &str) -> bool {
    id.starts_with("sk_")
}

/// Everything that waits.
pub(crate) fn all(shelf: &Shelf) -> Result<Vec<Waiting>, Failure> {
    Ok(shelf.collection().waiting().map_err(skill_error)?)
}

fn find(shelf: &Shelf, id: &str) -> Result<Waiting, Failure> {
    all(shelf)?.into_iter().find(|one| one.id == id).ok_or_else(|| super::approvals::unknown(id))
}

/// The fields of a row in the table of questions.
pub(super) fn row(one: &Waiting) -> [String; 5] {
    let kind = if one.replaces.is_some() { "change of skill" } else { "new skill" };
    let execution = one.saved.as_ref().and_then(|saved| saved.execution.clone()).unwrap_or_else(|| "–".into());
    let rule = "skills.approval".to_owned();
    [one.id.clone(), format!("{kind} {}", one.skill.name), rule, execution, "–".to_owned()]
}

/// One line, as it is told while somebody watches.
pub(super) fn line(one: &Waiting) -> String {
    format!("{} pending skill {} {}", one.id, one.skill.name, one.skill.version.short())
}

/// One record, with all that changes.
pub(crate) fn as_json(shelf: &Shelf, one: &Waiting) -> Value {
    json!({
        "id": one.id, "kind": "skill", "status": "pending", "skill": one.skill.name,
        "version": one.skill.version.short(), "session": one.session.display().to_string(),
        "replaces": one.replaces.as_ref().map(|skill| skill.version.short()),
        "execution": one.saved.as_ref().and_then(|saved| saved.execution.clone()),
        "created_ms": one.saved.as_ref().map(|saved| saved.at_ms),
        "rule": "skills.approval", "description": shelf.description(&one.skill), "diff": diff(one),
    })
}

fn diff(one: &Waiting) -> String {
    let nothing = Files::new();
    difference(one.replaces.as_ref().map_or(&nothing, |skill| &skill.files), &one.skill.files)
}

/// Shows one with what it changes.
pub(super) fn show(shelf: &Shelf, id: &str, json: bool) -> Result<ExitCode, Failure> {
    let one = find(shelf, id)?;
    if json {
        output::json(&as_json(shelf, &one));
        return Ok(ExitCode::SUCCESS);
    }
    let [_, what, rule, execution, _] = row(&one);
    output::data(&format!("{}: {what} (pending)", one.id));
    output::data(&format!("execution {execution}, session {}", one.session.display()));
    output::data(&format!("rule: {rule}"));
    output::data(&harmless(&format!("{}\n\n{}", shelf.description(&one.skill), diff(&one).trim_end())));
    Ok(ExitCode::SUCCESS)
}

/// A person's yes or no, told.
pub(super) fn answer(
    journal: &Journal,
    shelf: &Shelf,
    id: &str,
    said: (bool, Option<&str>),
    json: bool,
) -> Result<ExitCode, Failure> {
    let skill = answered(journal, shelf, id, said, &by())?;
    let status = word(said.0);
    match json {
        true => output::json(&json!({
            "id": id, "kind": "skill", "status": status, "skill": skill.name, "version": skill.version.short(),
        })),
        false => output::data(&format!("answered: {id} {status} skill {}", skill.name)),
    }
    Ok(ExitCode::SUCCESS)
}

/// A person's yes or no. It is in the audit log before it is told.
pub(crate) fn answered(
    journal: &Journal,
    shelf: &Shelf,
    id: &str,
    (yes, reason): (bool, Option<&str>),
    by: &str,
) -> Result<Arc<Skill>, Failure> {
    let one = find(shelf, id)?;
    let what = if yes { What::Approve } else { What::Deny };
    let execution = one.saved.as_ref().and_then(|saved| saved.execution.clone());
    let change = Change { what, by: by.to_owned(), execution: execution.clone(), at_ms: now_ms() };
    let library = shelf.collection();
    let answered = if yes { library.approve_waiting(id, &change) } else { library.deny_waiting(id, &change) };
    let skill = answered.map_err(skill_error)?;
    let because = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    journal.audit(AuditEntry {
        execution: execution.map(|id| outboard_types::ExecutionId(id.into())),
        code_digest: Some(skill.version),
        approval: Some(one.id.clone()),
        ..AuditEntry::new(change.at_ms, principal(&one), "skill", format!("{} {}{because}", word(yes), skill.name))
    });
    journal.flush()?;
    Ok(skill)
}

fn word(yes: bool) -> &'static str {
    if yes { "approved" } else { "denied" }
}

/// Whose session saved it, as the library names it.
fn principal(one: &Waiting) -> Principal {
    let first = one.session.iter().next().unwrap_or_default();
    Principal(first.to_string_lossy().as_ref().into())
}
