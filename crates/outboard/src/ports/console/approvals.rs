//! Questions that wait, those that were answered, and what was asked before.

use super::{Office, calls, executions};
use crate::commands::{approvals, waiting};
use crate::failure::Failure;
use outboard_border::{Notes, Place};
use outboard_catalog::is_hidden;
use outboard_gateway::approvals::Question;
use outboard_journal::{ApprovalFilter, ApprovalStatus};
use serde_json::{Value, json};

/// Answered ones that are shown.
const CLOSED: usize = 30;
/// Rows among which they are looked for.
const LATEST: usize = 200;
/// Longest text of arguments, in bytes, as questions have it.
const LONGEST: usize = 4_096;

pub(super) fn all(office: &Office) -> Result<Value, Failure> {
    let open = office.parts.desk.pending().map_err(approvals::failed)?;
    let filter = ApprovalFilter { limit: Some(LATEST), ..ApprovalFilter::default() };
    let mut closed = office.parts.journal.approvals(&filter)?;
    closed.retain(|record| record.status != ApprovalStatus::Pending);
    closed.truncate(CLOSED);
    let open = open.iter().map(|question| asked(office, question)).collect::<Result<Vec<_>, Failure>>()?;
    let skills = waiting::all(&office.shelf)?;
    let skills = skills.iter().map(|one| waiting::as_json(&office.shelf, one));
    Ok(json!({"open": open, "skills": skills.collect::<Vec<_>>(), "closed": approvals::records(closed)}))
}

/// A question, with the line of the program that asks it where that is the latest.
fn asked(office: &Office, question: &Question) -> Result<Value, Failure> {
    let (mut shown, record) = (approvals::as_json(question), &question.record);
    let place = office.parts.journal.place(&record.execution)?.filter(|(call, _)| *call == record.call);
    if let (Some((_, line)), Some(row)) = (place, office.parts.journal.execution(&record.execution)?) {
        let text = row.record.code.lines().nth((line as usize).saturating_sub(1)).unwrap_or_default().trim();
        shown["line"] = json!(line);
        shown["source"] = json!(office.masked(&executions::place(&row), text));
    }
    Ok(shown)
}

/// The arguments of the call of the same tool that the same session made before.
pub(super) fn before(office: &Office, id: &str) -> Result<Value, Failure> {
    let record = approvals::find(&office.parts.desk, id)?.record;
    let tool = (record.server.as_str(), record.tool.as_str());
    let whose = (&record.principal, &record.session);
    let Some(intent) = office.parts.journal.call_before(tool, whose, record.created_ms)? else {
        return Ok(json!({"arguments": null}));
    };
    let text = calls::loaded(&office.parts.journal, &intent.arguments)?;
    let parsed: Option<Value> = serde_json::from_str(&text).ok();
    let pretty = parsed.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or(text);
    let place = Place { principal: record.principal, session: record.session };
    // As text, the way the question itself was written down, so that equal arguments look equal.
    let masked = match &office.parts.border {
        Some(border) => border.text(&place, &pretty, "console", &mut Notes::default()),
        None => pretty,
    };
    Ok(json!({"execution": intent.execution, "call": intent.number, "arguments": visible(&masked)}))
}

fn visible(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        if shown.len() > LONGEST {
            shown.push('…');
            break;
        }
        match is_hidden(c) && c != '\n' {
            true => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| shown.push_str(&format!("\\u{unit:04x}"))),
            false => shown.push(c),
        }
    }
    shown
}
