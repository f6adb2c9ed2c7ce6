//! Asking an execution to end, and telling it what became of a call.

use super::known;
use crate::failure::Failure;
use crate::output;
use outboard_journal::{
    AuditEntry, Claim, Effect, Ending, ExecutionRow, Intent, Journal, Order, Status, Verdict, What,
};
use outboard_types::{ErrorCode, ExecutionId, Principal, now_ms};
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Duration;

/// How long a living process is given to see an order.
const PATIENCE: Duration = Duration::from_secs(10);

/// Calls of an unfinished execution that left and have no answer; those that may not be repeated are in doubt
/// once their process is gone.
pub(super) fn open(journal: &Journal, row: &ExecutionRow) -> Result<Vec<Intent>, Failure> {
    if row.status.is_final() {
        return Ok(Vec::new());
    }
    let mut history = journal.history(&row.record.id)?;
    let answered = |number: u64| {
        history.events.iter().any(|event| matches!(event.what, What::Completed { call, .. } if call == number))
    };
    history.intents = history.intents.iter().filter(|intent| !answered(intent.number)).cloned().collect();
    Ok(history.intents)
}

pub(crate) fn intent_json(intent: &Intent) -> Value {
    json!({
        "id": intent.number, "server": intent.key.server, "tool": intent.key.tool, "at_ms": intent.at_ms,
        "may_be_repeated": intent.effect != Effect::Effectful,
    })
}

pub(super) async fn cancel(journal: &Journal, id: &str) -> Result<ExitCode, Failure> {
    let Some(id) = ask_to_end(journal, id, "").await? else {
        output::talk("cancelled; its process was gone");
        return Ok(ExitCode::SUCCESS);
    };
    for _ in 0..PATIENCE.as_millis() / 50 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if known(journal, id.as_str())?.status.is_final() {
            output::talk("cancelled");
            return Ok(ExitCode::SUCCESS);
        }
    }
    let late = format!("{id} was asked to end and has not yet");
    Err(Failure::new(ErrorCode::Timeout, late)
        .hint("look again with `outboard executions show`; its process may be stopped"))
}

/// Ends an execution whose process is gone, or asks the process to: then its id comes back. `who` ends the audit row's
/// words.
pub(crate) async fn ask_to_end(journal: &Journal, id: &str, who: &str) -> Result<Option<ExecutionId>, Failure> {
    let id = unfinished(journal, id)?.record.id;
    // Where this process runs it itself, a claim would succeed and nobody would end the program.
    let is_left = journal.unfinished()?.iter().any(|row| row.record.id == id);
    if is_left && journal.claim(&id).await? == Claim::Ours {
        journal.end(&id, ended(Status::Cancelled, ErrorCode::Cancelled));
        written(journal, entry(&id, "cancel", None, &format!("its process was gone{who}")))?;
        return Ok(None);
    }
    journal.order(&id, &Principal::default(), now_ms(), &Order::Cancel).await?;
    written(journal, entry(&id, "cancel", None, &format!("asked{who}")))?;
    Ok(Some(id))
}

/// What the flags say.
pub(super) fn verdict(done: Option<&str>, not_done: bool) -> Result<Verdict, Failure> {
    match done {
        Some(answer) => {
            serde_json::from_str::<Value>(answer)
                .map_err(|error| Failure::usage(format!("--done is not JSON: {error}")))?;
            Ok(Verdict::Done(answer.to_owned()))
        }
        None if not_done => Ok(Verdict::NotDone),
        None => Ok(Verdict::Unknown),
    }
}

/// What a word says, with the answer where there was one.
pub(crate) fn verdict_of(word: &str, answer: Option<String>) -> Result<Verdict, Failure> {
    match (word, answer) {
        ("done", answer) => Ok(Verdict::Done(answer.unwrap_or_else(|| "null".into()))),
        ("not_done", None) => Ok(Verdict::NotDone),
        ("unknown", None) => Ok(Verdict::Unknown),
        _ => Err(Failure::usage("a call was `done`, with its answer, or it was `not_done`, or that is `unknown`")),
    }
}

pub(super) async fn resolve(journal: &Journal, id: &str, call: u64, verdict: Verdict) -> Result<ExitCode, Failure> {
    note_verdict(journal, id, call, verdict, "").await?;
    output::talk("noted; an execution whose process is gone takes it up with `outboard resume`");
    Ok(ExitCode::SUCCESS)
}

/// Writes down what became of a call, for the process that goes on with its execution. `who` ends the audit row's words.
pub(crate) async fn note_verdict(
    journal: &Journal,
    id: &str,
    call: u64,
    verdict: Verdict,
    who: &str,
) -> Result<(), Failure> {
    let row = unfinished(journal, id)?;
    let open = open(journal, &row)?;
    let Some(intent) = open.iter().find(|intent| intent.number == call) else {
        let numbers: Vec<_> = open.iter().map(|intent| intent.number.to_string()).collect();
        let which = if numbers.is_empty() { "none".to_owned() } else { numbers.join(", ") };
        return Err(Failure::new(
            ErrorCode::InvalidRequest,
            format!("call {call} of {id} is not open; open are: {which}"),
        ));
    };
    let said = match &verdict {
        Verdict::Done(_) => "done",
        Verdict::NotDone => "not done",
        Verdict::Unknown => "unknown",
    };
    let id = row.record.id;
    let mut row = entry(&id, "resolve", Some(call), &format!("{said}{who}"));
    (row.server, row.tool) = (Some(intent.key.server.clone()), Some(intent.key.tool.clone()));
    row.arguments_digest = Some(intent.key.arguments);
    journal.order(&id, &Principal::default(), now_ms(), &Order::Resolve { call, verdict }).await?;
    written(journal, row)
}

fn unfinished(journal: &Journal, id: &str) -> Result<ExecutionRow, Failure> {
    let row = known(journal, id)?;
    match row.status.is_final() {
        true => Err(Failure::new(ErrorCode::InvalidRequest, format!("{id} is over: {}", row.status))),
        false => Ok(row),
    }
}

/// Writes an audit row; it is on the disk when this returns.
pub(crate) fn written(journal: &Journal, entry: AuditEntry) -> Result<(), Failure> {
    journal.audit(entry);
    Ok(journal.flush()?)
}

pub(crate) fn entry(id: &ExecutionId, kind: &str, call: Option<u64>, decision: &str) -> AuditEntry {
    AuditEntry { execution: Some(id.clone()), call, ..AuditEntry::new(now_ms(), Principal::default(), kind, decision) }
}

fn ended(status: Status, code: ErrorCode) -> Ending {
    Ending {
        status,
        ended_ms: now_ms(),
        error_code: Some(code.to_string()),
        result_bytes: 0,
        model_in: 0,
        model_out: 0,
        cpu_ms: 0,
        peak_memory: 0,
    }
}
