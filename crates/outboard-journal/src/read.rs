//! Rows as records.

use crate::durable::{Durability, OnRestart};
use crate::error::JournalError;
use crate::marks::CallTrace;
use crate::records::{CallRecord, Ending, ExecutionFilter, ExecutionRecord, ExecutionRow, Status};
use outboard_types::{Digest, ErrorCode, ExecutionId, Language, Principal, SessionName};
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(crate) const EXECUTION: &str =
    "SELECT id, started_ms, principal, session, language, code, input, generation, surface,
    isolation, status, ended_ms, error_code, result_bytes, model_in, model_out, cpu_ms, peak_memory,
    policy_version, runtime, idempotency_key, code_digest, seed, clock_ms, missing_layers, inspection, on_restart
    FROM executions";

pub(crate) const CALL: &str = "SELECT execution, number, server, tool, arguments_digest, arguments_bytes,
    result_bytes, started_ms, duration_us, error, decision, trace FROM calls";

/// The latest executions that fit, newest first.
pub(crate) fn executions(
    connection: &Connection,
    filter: &ExecutionFilter,
    limit: usize,
) -> Result<Vec<ExecutionRow>, JournalError> {
    let mut statement = connection.prepare_cached(&format!(
        "{EXECUTION} WHERE (?1 IS NULL OR status = ?1) AND (?2 IS NULL OR session = ?2)
             AND (?3 IS NULL OR principal = ?3) AND started_ms >= ?4
         ORDER BY started_ms DESC, id DESC LIMIT ?5"
    ))?;
    let given = params![
        filter.status.map(Status::as_str),
        filter.session.as_ref().map(SessionName::as_str),
        filter.principal.as_ref().map(|principal| &*principal.0),
        crate::write::int(filter.since.unwrap_or(0)),
        i64::try_from(limit).unwrap_or(i64::MAX),
    ];
    statement.query_and_then(given, execution_row)?.collect()
}

pub(crate) fn execution(connection: &Connection, id: &ExecutionId) -> Result<Option<ExecutionRow>, JournalError> {
    let mut statement = connection.prepare_cached(&format!("{EXECUTION} WHERE id = ?1"))?;
    statement.query_row([id.as_str()], |row| Ok(execution_row(row))).optional()?.transpose()
}

/// The calls of an execution, by number.
pub(crate) fn calls(connection: &Connection, id: &ExecutionId) -> Result<Vec<CallRecord>, JournalError> {
    let mut statement = connection.prepare_cached(&format!("{CALL} WHERE execution = ?1 ORDER BY number"))?;
    statement.query_and_then([id.as_str()], call_record)?.collect()
}

pub(crate) fn execution_row(row: &Row<'_>) -> Result<ExecutionRow, JournalError> {
    let status = understood("a status", row.get(10)?, Status::parse)?;
    let record = ExecutionRecord {
        id: id(row, 0)?,
        started_ms: int(row, 1)?,
        principal: Principal(row.get::<_, String>(2)?.into()),
        session: understood("a session name", row.get(3)?, |name| SessionName::new(name).ok())?,
        language: understood("a language", row.get(4)?, Language::parse)?,
        code: row.get(5)?,
        input: row.get(6)?,
        generation: int(row, 7)?,
        surface: digest(row, 8)?,
        isolation: row.get(9)?,
    };
    let ended: Option<i64> = row.get(11)?;
    Ok(ExecutionRow {
        record,
        status,
        ending: ended.map(|_| ending(row, status)).transpose()?,
        durability: durability(row)?,
    })
}

fn durability(row: &Row<'_>) -> Result<Option<Durability>, JournalError> {
    if row.get::<_, Option<String>>(18)?.is_none() {
        return Ok(None);
    }
    Ok(Some(Durability {
        policy_version: digest(row, 18)?,
        runtime: row.get(19)?,
        idempotency_key: row.get(20)?,
        code_digest: digest(row, 21)?,
        seed: row.get::<_, i64>(22)?.cast_unsigned(),
        clock_ms: int(row, 23)?,
        missing_layers: understood("layers", row.get(24)?, |text| serde_json::from_str(text).ok())?,
        inspection: row.get(25)?,
        on_restart: understood("a policy of restart", row.get(26)?, OnRestart::parse)?,
    }))
}

/// Executions that are not over, with their owners.
pub(crate) fn unfinished(connection: &Connection) -> Result<Vec<(String, ExecutionRow)>, JournalError> {
    let query = EXECUTION.replace("FROM executions", ", owner FROM executions");
    let mut statement =
        connection.prepare_cached(&format!("{query} WHERE ended_ms IS NULL ORDER BY started_ms, id"))?;
    statement.query_and_then([], |row| Ok((row.get(27)?, execution_row(row)?)))?.collect()
}

fn ending(row: &Row<'_>, status: Status) -> Result<Ending, JournalError> {
    Ok(Ending {
        status,
        ended_ms: int(row, 11)?,
        error_code: row.get(12)?,
        result_bytes: int(row, 13)?,
        model_in: int(row, 14)?,
        model_out: int(row, 15)?,
        cpu_ms: int(row, 16)?,
        peak_memory: int(row, 17)?,
    })
}

pub(crate) fn call_record(row: &Row<'_>) -> Result<CallRecord, JournalError> {
    let code = |text: &str| ErrorCode::ALL.iter().copied().find(|code| code.as_str() == text);
    Ok(CallRecord {
        execution: id(row, 0)?,
        number: int(row, 1)?,
        server: row.get(2)?,
        tool: row.get(3)?,
        arguments_digest: digest(row, 4)?,
        arguments_bytes: int(row, 5)?,
        result_bytes: int(row, 6)?,
        started_ms: int(row, 7)?,
        duration_us: int(row, 8)?,
        error: row.get::<_, Option<String>>(9)?.map(|text| understood("an error code", text, code)).transpose()?,
        decision: row.get(10)?,
        trace: CallTrace::from_column(row.get(11)?),
    })
}

pub(crate) fn id(row: &Row<'_>, column: usize) -> Result<ExecutionId, JournalError> {
    Ok(ExecutionId(row.get::<_, String>(column)?.into()))
}

pub(crate) fn int(row: &Row<'_>, column: usize) -> Result<u64, JournalError> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}

pub(crate) fn digest(row: &Row<'_>, column: usize) -> Result<Digest, JournalError> {
    understood("a digest", row.get(column)?, |text| Digest::try_from(text.to_owned()).ok())
}

pub(crate) fn understood<T>(
    what: &'static str,
    text: String,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, JournalError> {
    let value = parse(&text);
    value.ok_or_else(|| JournalError::Unreadable { what, value: text.chars().take(80).collect() })
}

pub(crate) fn shares_session(connection: &Connection, id: &ExecutionId) -> Result<bool, JournalError> {
    let mut statement = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM executions this JOIN executions other
             ON other.principal = this.principal AND other.session = this.session AND other.id <> this.id
             WHERE this.id = ?1 AND (other.ended_ms IS NULL OR other.ended_ms > this.started_ms))",
    )?;
    Ok(statement.query_row([id.as_str()], |row| row.get(0))?)
}
