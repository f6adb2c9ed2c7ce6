//! Executions: a page of them, and one.

use super::Office;
use crate::commands::{approvals, executions, orders};
use crate::failure::Failure;
use outboard_border::Place;
use outboard_console::ExecutionsLook;
use outboard_journal::{ApprovalFilter, ExecutionFilter, ExecutionRow, MarkKind, PageKey, Status};
use outboard_types::{ExecutionId, Language, Principal, SessionName};
use serde_json::{Value, json};

/// Rows of a page, and the most that are looked through for a text at once.
const PAGE: usize = 50;
const MOST: usize = 200;
const SEARCHED: usize = 5_000;
/// Rows that are read at once while looking for a text.
const STEP: usize = 500;
/// Longest first line of a program in a list.
const TITLE: usize = 160;

pub(super) fn page(office: &Office, look: &ExecutionsLook) -> Result<Value, Failure> {
    let (filter, language) = filter(look)?;
    let limit = look.limit.unwrap_or(PAGE).clamp(1, MOST);
    let text = look.text.as_deref().map(str::to_lowercase);
    let mut key = look.before_ms.map(|started_ms| PageKey {
        started_ms,
        id: ExecutionId(look.before_id.as_deref().unwrap_or_default().into()),
    });
    let (mut rows, mut looked_at, mut more) = (Vec::new(), 0, true);
    while more && rows.len() < limit && looked_at < SEARCHED {
        let step = if text.is_some() { STEP } else { limit };
        let found = office.parts.journal.executions_before(&filter, language, key.as_ref(), step)?;
        more = found.len() == step;
        for row in found {
            if rows.len() == limit {
                more = true;
                break;
            }
            looked_at += 1;
            key = Some(PageKey { started_ms: row.record.started_ms, id: row.record.id.clone() });
            if text.as_deref().is_none_or(|text| holds(&row, text)) {
                rows.push(line(office, &row));
            }
        }
    }
    let next = key.filter(|_| more).map(|key| json!({"started_ms": key.started_ms, "id": key.id}));
    Ok(json!({"rows": rows, "next": next, "looked_at": looked_at}))
}

fn filter(look: &ExecutionsLook) -> Result<(ExecutionFilter, Option<Language>), Failure> {
    let unknown = |what: &str, text: &str| Failure::usage(format!("there is no {what} {text:?}"));
    let status = look.status.as_deref().map(|text| Status::parse(text).ok_or_else(|| unknown("status", text)));
    let language = look.language.as_deref().map(|text| Language::parse(text).ok_or_else(|| unknown("language", text)));
    let session = look.session.as_deref();
    let session = session.map(|name| SessionName::new(name).map_err(|error| Failure::usage(error.to_string())));
    let filter = ExecutionFilter {
        status: status.transpose()?,
        session: session.transpose()?,
        principal: look.principal.as_deref().map(|name| Principal(name.into())),
        since: None,
    };
    Ok((filter, language.transpose()?))
}

/// Whether a text, in lower case, is in what somebody may look for.
fn holds(row: &ExecutionRow, text: &str) -> bool {
    let error = row.ending.as_ref().and_then(|ending| ending.error_code.as_deref()).unwrap_or_default();
    [row.record.id.as_str(), error, &row.record.code].iter().any(|own| own.to_lowercase().contains(text))
}

fn line(office: &Office, row: &ExecutionRow) -> Value {
    let mut shown = executions::as_json(row);
    let first = row.record.code.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let title = office.masked(&place(row), first);
    shown["title"] = json!(title.chars().take(TITLE).collect::<String>());
    shown
}

/// Whose values an execution holds.
pub(super) fn place(row: &ExecutionRow) -> Place {
    Place { principal: row.record.principal.clone(), session: row.record.session.clone() }
}

/// The row of an execution that somebody may see; to all others it is as unknown as one that never was.
fn seen(office: &Office, id: &str, only: &Option<Principal>) -> Result<ExecutionRow, Failure> {
    let row = executions::known(&office.parts.journal, id)?;
    match only.as_ref().is_none_or(|principal| *principal == row.record.principal) {
        true => Ok(row),
        false => Err(executions::unknown(id)),
    }
}

/// Its id, checked.
pub(super) fn of(office: &Office, id: &str, only: &Option<Principal>) -> Result<ExecutionId, Failure> {
    seen(office, id, only).map(|row| row.record.id)
}

pub(super) fn one(office: &Office, id: &str, only: &Option<Principal>) -> Result<Value, Failure> {
    let row = seen(office, id, only)?;
    let (id, place) = (&row.record.id, place(&row));
    let masked = |text: &str| office.masked(&place, text);
    let report = report(office, &row)?;
    let text = |key: &str| report[key].as_str().filter(|text| !text.is_empty()).map(masked);
    let filter = ApprovalFilter { execution: Some(id.clone()), limit: Some(200), ..ApprovalFilter::default() };
    let mut shown = executions::as_json(&row);
    shown["code"] = json!(masked(&row.record.code));
    shown["input"] = json!(row.record.input.as_deref().map(masked));
    shown["result"] =
        json!(report.get("result").filter(|result| !result.is_null()).map(|result| masked(&result.to_string())));
    shown["stdout"] = json!(text("stdout"));
    shown["error"] = error(&report["error"], &masked);
    shown["tokens"] = tokens(office, &row)?;
    shown["cpu_ms"] = json!(row.ending.as_ref().map(|ending| ending.cpu_ms));
    shown["total_calls"] = json!(office.parts.journal.call_count(id)?);
    shown["open_calls"] = match row.status.is_final() {
        true => json!([]),
        false => office.parts.journal.open_intents(id)?.iter().map(orders::intent_json).collect(),
    };
    shown["place"] = json!(office.parts.journal.place(id)?.map(|(call, line)| json!({"call": call, "line": line})));
    shown["approvals"] = json!(approvals::records(office.parts.journal.approvals(&filter)?));
    Ok(shown)
}

/// What an execution that is over said about its end.
pub(super) fn report(office: &Office, row: &ExecutionRow) -> Result<Value, Failure> {
    if !row.status.is_final() {
        return Ok(Value::Null);
    }
    let text = office.parts.journal.last_state(&row.record.id)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

fn error(error: &Value, masked: &dyn Fn(&str) -> String) -> Value {
    let text = |key: &str| error[key].as_str().map(masked);
    match error.is_object() {
        true => json!({
            "code": error["code"], "message": text("message"), "hint": text("hint"),
            "line": error["line"], "column": error["column"],
        }),
        false => Value::Null,
    }
}

/// What it put through the model, and what direct calls would have; estimates where nothing was counted.
fn tokens(office: &Office, row: &ExecutionRow) -> Result<Value, Failure> {
    let marks = office.parts.journal.marks(&row.record.id)?;
    let counted = marks.iter().rev().find_map(|mark| match mark.what {
        MarkKind::Tokens { model_out, model_in, direct_equivalent, .. } => {
            Some((model_out, model_in, direct_equivalent))
        }
        _ => None,
    });
    Ok(match counted {
        Some((model_out, model_in, direct)) => {
            json!({"model_out": model_out, "model_in": model_in, "direct_equivalent": direct})
        }
        None => Value::Null,
    })
}
