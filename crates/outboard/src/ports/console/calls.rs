//! The calls of an execution, and what the journal has of them.

use super::{Office, executions};
use crate::commands::executions::{call_json, known};
use crate::failure::Failure;
use outboard_border::Place;
use outboard_journal::{CallRecord, Journal, Value as Kept};
use outboard_types::{ErrorCode, ExecutionId, ToolError};
use serde_json::{Value, json};

/// Rows of a page.
const PAGE: usize = 500;

pub(super) fn page(office: &Office, id: &ExecutionId, after: u64, limit: Option<usize>) -> Result<Value, Failure> {
    let rows = office.parts.journal.calls_after(id, after, limit.unwrap_or(PAGE))?;
    let total = office.parts.journal.call_count(id)?;
    Ok(json!({"rows": rows.iter().map(row).collect::<Vec<_>>(), "total": total}))
}

fn row(call: &CallRecord) -> Value {
    let mut shown = call_json(call);
    shown["started_us"] = json!(call.started_ms * 1_000 + call.trace.started_us);
    shown["rule"] = json!(call.trace.rule);
    shown["attempts"] = json!(call.trace.attempts);
    shown["asked_ms"] = json!(call.trace.asked.as_ref().map(|asked| asked.took_us / 1_000));
    shown
}

pub(super) fn one(office: &Office, id: &ExecutionId, number: u64) -> Result<Value, Failure> {
    let texts = Texts::read(&office.parts.journal, id.as_str(), number)?;
    let masked = |text: &str| office.masked(&texts.place, text);
    let (result, error) = match &texts.answer {
        Some(Ok(text)) => (Some(masked(text)), None),
        Some(Err(error)) => (None, Some(json!({"code": error.code, "message": masked(&error.message)}))),
        None => (None, None),
    };
    Ok(json!({
        "id": number, "effect": texts.effect, "arguments": texts.arguments.as_deref().map(masked),
        "result": result, "error": error,
    }))
}

/// What went to a tool and what came back, as it was.
pub(super) struct Texts {
    pub(super) place: Place,
    pub(super) execution: ExecutionId,
    pub(super) effect: Option<&'static str>,
    pub(super) arguments: Option<String>,
    pub(super) answer: Option<Result<String, ToolError>>,
}

impl Texts {
    pub(super) fn read(journal: &Journal, id: &str, number: u64) -> Result<Self, Failure> {
        let record = known(journal, id)?;
        let place = executions::place(&record);
        let execution = record.record.id;
        let intents = journal.intents_after(&execution, number.saturating_sub(1), 1)?;
        let intent = intents.into_iter().find(|intent| intent.number == number);
        let answer = match journal.answer_of(&execution, number)? {
            Some(found) => Some(match found.outcome {
                Ok(value) => Ok(loaded(journal, &value)?),
                Err(error) => Err(error),
            }),
            None => None,
        };
        if intent.is_none() && answer.is_none() {
            return Err(Failure::new(ErrorCode::InvalidRequest, format!("nothing is kept of call {number} of {id}"))
                .hint("calls that were refused before they left, and those of no program, have no texts"));
        }
        let arguments = intent.as_ref().map(|intent| loaded(journal, &intent.arguments)).transpose()?;
        Ok(Self { place, execution, effect: intent.map(|intent| intent.effect.as_str()), arguments, answer })
    }
}

/// A text, unless it is too large to be looked at.
pub(super) fn loaded(journal: &Journal, value: &Kept) -> Result<String, Failure> {
    match value {
        Kept::Blob { bytes, .. } if *bytes as usize > super::LARGEST => {
            Ok(format!("({bytes} bytes; too much to be shown here)"))
        }
        value => Ok(journal.load(value)?),
    }
}

pub(super) fn events(office: &Office, id: &ExecutionId, after: u64, limit: Option<usize>) -> Result<Value, Failure> {
    let rows = office.parts.journal.event_rows(id, after, limit.unwrap_or(PAGE))?;
    let shown = rows.iter().map(
        |row| json!({"id": row.order, "at_ms": row.at_ms, "kind": row.kind, "call": row.call, "bytes": row.bytes}),
    );
    Ok(json!({"rows": shown.collect::<Vec<_>>()}))
}
