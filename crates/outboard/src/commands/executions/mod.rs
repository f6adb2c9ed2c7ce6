//! `outboard executions`: what ran, runs and waits.

mod exchange;
pub(crate) mod orders;

use crate::cli::{self, Cli, ExecutionAction};
use crate::failure::Failure;
use crate::{compose, output};
use comfy_table::{Table, presets};
use outboard_config::Settings;
use outboard_journal::{CallRecord, ExecutionFilter, ExecutionRow, Journal, Status};
use outboard_types::{ErrorCode, ExecutionId, SessionName, now_ms};
use serde_json::{Value, json};
use std::process::ExitCode;

pub(super) async fn run(cli: &Cli, args: &cli::Executions) -> Result<ExitCode, Failure> {
    let settings = compose::settings(cli)?;
    let journal = compose::journal(&settings)?;
    match args.action.as_ref().unwrap_or(&ExecutionAction::List) {
        ExecutionAction::List => list(&journal, args),
        ExecutionAction::Show { id } => show(&journal, id, args.json),
        ExecutionAction::Cancel { id } => orders::cancel(&journal, id).await,
        ExecutionAction::Resolve { id, call, done, not_done, .. } => {
            orders::resolve(&journal, id, *call, orders::verdict(done.as_deref(), *not_done)?).await
        }
        ExecutionAction::Export { id, file, plain } => exchange::export(&journal, &settings, (id, file), *plain),
        ExecutionAction::Import { file } => exchange::import(&journal, file, args.json),
        ExecutionAction::Prune => prune(&journal, &settings, args.json),
    }
}

fn prune(journal: &Journal, settings: &Settings, json: bool) -> Result<ExitCode, Failure> {
    let super::retention::Pruned { journal: removed, sessions, files } = super::retention::prune(journal, settings)?;
    if json {
        output::json(&json!({
            "executions": removed.executions, "blobs": removed.blobs, "blob_bytes": removed.blob_bytes,
            "audit_rows": removed.audit_rows, "sessions": sessions,
            "replays_without_files": files.executions, "file_bytes": files.bytes,
        }));
    } else {
        let (executions, rows) = (removed.executions, removed.audit_rows);
        output::talk(&format!("{executions} executions, {rows} audit rows and {sessions} sessions forgotten"));
        if files.executions > 0 {
            output::talk(&format!("{} executions lost the files that a replay begins with", files.executions));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The record of an id that somebody typed.
pub(crate) fn known(journal: &Journal, id: &str) -> Result<ExecutionRow, Failure> {
    journal.execution(&meant(journal, id)?)?.ok_or_else(|| unknown(id))
}

pub(crate) fn unknown(id: &str) -> Failure {
    Failure::new(ErrorCode::UnknownExecution, format!("no execution {id} is in the journal"))
        .hint("`outboard executions` lists the latest")
}

/// The id that somebody typed, or that of the youngest execution for `latest`.
pub(crate) fn meant(journal: &Journal, id: &str) -> Result<ExecutionId, Failure> {
    let youngest = if id == "latest" { journal.executions(1)?.pop() } else { None };
    Ok(youngest.map_or_else(|| ExecutionId(id.into()), |row| row.record.id))
}

pub(crate) fn as_json(row: &ExecutionRow) -> Value {
    let record = &row.record;
    json!({
        "id": record.id,
        "status": row.status.as_str(),
        "language": record.language.as_str(),
        "session": record.session,
        "principal": record.principal.0,
        "started_ms": record.started_ms,
        "ended_ms": row.ending.as_ref().map(|ending| ending.ended_ms),
        "error_code": row.ending.as_ref().and_then(|ending| ending.error_code.clone()),
        "isolation": record.isolation,
        "surface": record.surface.to_string(),
    })
}

fn filter(args: &cli::Executions) -> Result<ExecutionFilter, Failure> {
    let status = args.status.as_deref().map(|text| {
        Status::parse(text).ok_or_else(|| {
            let known: Vec<_> = Status::ALL.iter().map(|status| status.as_str()).collect();
            Failure::usage(format!("unknown status {text:?}")).hint(format!("use one of {}", known.join(", ")))
        })
    });
    let session =
        args.session.as_deref().map(|name| SessionName::new(name).map_err(|error| Failure::usage(error.to_string())));
    let since = args.since.as_deref().map(|text| {
        let span =
            outboard_config::span(text).ok_or_else(|| Failure::usage(format!("--since {text:?} is not a span")))?;
        Ok::<_, Failure>(now_ms().saturating_sub(span.as_millis() as u64))
    });
    Ok(ExecutionFilter {
        status: status.transpose()?,
        session: session.transpose()?,
        since: since.transpose()?,
        ..ExecutionFilter::default()
    })
}

fn list(journal: &Journal, args: &cli::Executions) -> Result<ExitCode, Failure> {
    let rows = journal.executions_like(&filter(args)?, args.limit)?;
    if args.json {
        output::json(&rows.iter().map(as_json).collect::<Vec<_>>());
    } else if rows.is_empty() {
        output::talk("nothing ran yet");
    } else {
        output::data(&table(&rows));
    }
    Ok(ExitCode::SUCCESS)
}

fn table(rows: &[ExecutionRow]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["ID", "STATUS", "LANGUAGE", "SESSION", "TOOK", "ERROR"]);
    for row in rows {
        let took = row.ending.as_ref().map(|ending| ending.ended_ms.saturating_sub(row.record.started_ms));
        table.add_row([
            row.record.id.to_string(),
            row.status.as_str().to_owned(),
            row.record.language.as_str().to_owned(),
            row.record.session.to_string(),
            took.map(|ms| format!("{ms} ms")).unwrap_or_default(),
            row.ending.as_ref().and_then(|ending| ending.error_code.clone()).unwrap_or_default(),
        ]);
    }
    table.trim_fmt()
}

pub(crate) fn call_json(call: &CallRecord) -> Value {
    json!({
        "id": call.number, "server": call.server, "tool": call.tool, "decision": call.decision,
        "error": call.error.map(|code| code.as_str()), "started_ms": call.started_ms, "duration_us": call.duration_us,
        "arguments_bytes": call.arguments_bytes, "result_bytes": call.result_bytes, "line": call.trace.line,
    })
}

fn show(journal: &Journal, id: &str, json: bool) -> Result<ExitCode, Failure> {
    let row = known(journal, id)?;
    let id = row.record.id.clone();
    let open = orders::open(journal, &row)?;
    let calls = journal.calls(&id)?;
    if json {
        let mut shown = as_json(&row);
        shown["code"] = json!(row.record.code);
        shown["calls"] = calls.iter().map(call_json).collect();
        shown["open_calls"] = open.iter().map(orders::intent_json).collect();
        output::json(&shown);
        return Ok(ExitCode::SUCCESS);
    }
    output::data(&table(std::slice::from_ref(&row)));
    output::data(&format!("isolation: {}\n\n{}\n", row.record.isolation, row.record.code));
    for call in &calls {
        let error = call.error.map(|code| format!(" {code}")).unwrap_or_default();
        let took = call.duration_us as f64 / 1000.0;
        output::data(&format!(
            "{:>5} {}.{} {took:.1} ms, {}{error}",
            call.number, call.server, call.tool, call.decision
        ));
    }
    for intent in &open {
        output::data(&format!("{:>5} {}.{} has no answer", intent.number, intent.key.server, intent.key.tool));
    }
    Ok(ExitCode::SUCCESS)
}
