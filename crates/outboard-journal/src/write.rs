//! Each kind of record as a change of rows.

use crate::owner::Owner;
use crate::records::{CallRecord, Ending, ExecutionRecord, Status};
use outboard_types::{ErrorCode, ExecutionId};
use rusqlite::{Connection, params};

/// SQLite's integers are signed; larger numbers do not occur and are cut.
fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn begin(connection: &Connection, record: &ExecutionRecord, owner: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO executions (id, started_ms, principal, session, language, code, input, generation, surface,
             isolation, owner, status)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?;
    statement.execute(params![
        record.id.as_str(),
        int(record.started_ms),
        &*record.principal.0,
        record.session.as_str(),
        record.language.as_str(),
        record.code,
        record.input,
        int(record.generation),
        record.surface.to_string(),
        record.isolation,
        owner,
        Status::Running.as_str(),
    ])?;
    Ok(())
}

pub(crate) fn end(connection: &Connection, id: &ExecutionId, ending: &Ending) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "UPDATE executions SET status = ?2, ended_ms = ?3, error_code = ?4, result_bytes = ?5, model_in = ?6,
             model_out = ?7, cpu_ms = ?8, peak_memory = ?9
         WHERE id = ?1",
    )?;
    let changed = statement.execute(params![
        id.as_str(),
        ending.status.as_str(),
        int(ending.ended_ms),
        ending.error_code,
        int(ending.result_bytes),
        int(ending.model_in),
        int(ending.model_out),
        int(ending.cpu_ms),
        int(ending.peak_memory),
    ])?;
    if changed == 0 { Err(rusqlite::Error::StatementChangedRows(0)) } else { Ok(()) }
}

pub(crate) fn call(connection: &Connection, record: &CallRecord) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO calls (execution, number, server, tool, arguments_digest, arguments_bytes, result_bytes,
             started_ms, duration_us, error, decision)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    statement.execute(params![
        record.execution.as_str(),
        int(record.number),
        record.server,
        record.tool,
        record.arguments_digest.to_string(),
        int(record.arguments_bytes),
        int(record.result_bytes),
        int(record.started_ms),
        int(record.duration_us),
        record.error.map(ErrorCode::as_str),
        record.decision,
    ])?;
    Ok(())
}

/// Marks what processes that are gone left unfinished; gives how many executions that were.
///
/// Such an execution ended at its last sign of life: when its last call was over, or when it began.
pub(crate) fn give_up_lost(connection: &Connection) -> rusqlite::Result<usize> {
    let mut statement = connection
        .prepare("SELECT DISTINCT owner FROM executions WHERE status IN ('queued', 'running', 'waiting_approval')")?;
    let owners = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    let mut marked = 0;
    for owner in owners.iter().filter(|owner| Owner::parse(owner).is_none_or(|owner| owner.is_gone())) {
        marked += connection.execute(
            "UPDATE executions SET status = ?2, error_code = ?3, result_bytes = 0, model_in = 0, model_out = 0,
                 cpu_ms = 0, peak_memory = 0, ended_ms = max(started_ms, coalesce(
                     (SELECT max(c.started_ms + c.duration_us / 1000) FROM calls c WHERE c.execution = id), 0))
             WHERE owner = ?1 AND status IN ('queued', 'running', 'waiting_approval')",
            params![owner, Status::Failed.as_str(), ErrorCode::WorkerLost.as_str()],
        )?;
    }
    Ok(marked)
}
