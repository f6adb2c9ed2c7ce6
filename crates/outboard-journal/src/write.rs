//! Each kind of record as a change of rows.

use crate::command::{Context, Fault};
use crate::durable::Claim;
use crate::owner::Owner;
use crate::records::{CallRecord, Ending, ExecutionRecord, Status};
use outboard_types::{ErrorCode, ExecutionId};
use rusqlite::{Connection, OptionalExtension, params};

/// SQLite's integers are signed; larger numbers do not occur and are cut.
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn begin(context: &Context<'_>, record: &ExecutionRecord) -> rusqlite::Result<()> {
    let mut statement = context.connection.prepare_cached(
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
        context.sealed.seal(&record.code),
        record.input.as_deref().map(|input| context.sealed.seal(input)),
        int(record.generation),
        record.surface.to_string(),
        record.isolation,
        context.owner,
        Status::Running.as_str(),
    ])?;
    Ok(())
}

pub(crate) fn end(context: &Context<'_>, id: &ExecutionId, ending: &Ending) -> Result<(), Fault> {
    let mut statement = context.connection.prepare_cached(
        "UPDATE executions SET status = ?2, ended_ms = ?3, error_code = ?4, result_bytes = ?5, model_in = ?6,
             model_out = ?7, cpu_ms = ?8, peak_memory = ?9
         WHERE id = ?1 AND owner = ?10",
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
        context.owner,
    ])?;
    if changed == 0 {
        return Err(not_ours(id));
    }
    // Nobody asks again.
    context.connection.prepare_cached("DELETE FROM state_changes WHERE execution = ?1")?.execute([id.as_str()])?;
    Ok(())
}

/// Records a status of an execution that goes on; its end is recorded with [`end`].
pub(crate) fn status(context: &Context<'_>, id: &ExecutionId, status: Status) -> Result<(), Fault> {
    if status.is_final() {
        return Err(Fault::Refused(format!("{status} is how an execution ends; record its ending")));
    }
    let mut statement = context
        .connection
        .prepare_cached("UPDATE executions SET status = ?2 WHERE id = ?1 AND owner = ?3 AND ended_ms IS NULL")?;
    let changed = statement.execute(params![id.as_str(), status.as_str(), context.owner])?;
    if changed == 0 { Err(not_ours(id)) } else { Ok(()) }
}

/// Refuses what a process writes about an execution that was taken over, is over, or never began.
pub(crate) fn require_ours(context: &Context<'_>, id: &ExecutionId) -> Result<(), Fault> {
    let mut statement = context
        .connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM executions WHERE id = ?1 AND owner = ?2 AND ended_ms IS NULL)")?;
    let ours: bool = statement.query_row([id.as_str(), context.owner], |row| row.get(0))?;
    if ours { Ok(()) } else { Err(not_ours(id)) }
}

fn not_ours(id: &ExecutionId) -> Fault {
    Fault::Refused(format!("{id} is not recorded as begun and under way in this process"))
}

/// Takes over an execution whose process is gone.
pub(crate) fn claim(context: &Context<'_>, id: &ExecutionId) -> Result<Claim, Fault> {
    let query = "SELECT owner, ended_ms IS NOT NULL FROM executions WHERE id = ?1";
    let found = context
        .connection
        .prepare_cached(query)?
        .query_row([id.as_str()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?)));
    let Some((owner, ended)) = found.optional()? else { return Ok(Claim::Unknown) };
    if ended {
        return Ok(Claim::Ended);
    }
    if owner != context.owner && !is_gone(&owner) {
        return Ok(Claim::Taken);
    }
    let mut statement = context.connection.prepare_cached("UPDATE executions SET owner = ?2 WHERE id = ?1")?;
    statement.execute([id.as_str(), context.owner])?;
    Ok(Claim::Ours)
}

/// Leaves an execution suspended and to whoever claims it.
pub(crate) fn disown(context: &Context<'_>, id: &ExecutionId) -> Result<(), Fault> {
    let mut statement =
        context.connection.prepare_cached("UPDATE executions SET owner = 'nobody', status = ?2 WHERE id = ?1")?;
    statement.execute([id.as_str(), Status::Suspended.as_str()])?;
    Ok(())
}

/// Whether the process is gone that this text tells of; a text that tells of none counts as gone.
pub(crate) fn is_gone(owner: &str) -> bool {
    Owner::parse(owner).is_none_or(|owner| owner.is_gone())
}

/// A call that was made again after a crash, as its answer had not been kept, has one row: that of the answer that counts.
pub(crate) fn call(connection: &Connection, record: &CallRecord) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO calls (execution, number, server, tool, arguments_digest, arguments_bytes, result_bytes,
             started_ms, duration_us, error, decision, trace)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
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
        record.trace.to_column(),
    ])?;
    Ok(())
}

/// Marks what processes that are gone left unfinished, unless it is to be resumed; gives how many that were.
///
/// Such an execution ended at its last sign of life: when its last call was over, or when it began.
pub(crate) fn give_up_lost(connection: &Connection) -> rusqlite::Result<usize> {
    let mut statement = connection.prepare("SELECT DISTINCT owner FROM executions WHERE ended_ms IS NULL")?;
    let owners = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    let mut marked = 0;
    for owner in owners.iter().filter(|owner| is_gone(owner)) {
        marked += connection.execute(
            "UPDATE executions SET status = ?2, error_code = ?3, result_bytes = 0, model_in = 0, model_out = 0,
                 cpu_ms = 0, peak_memory = 0, ended_ms = max(started_ms, coalesce(
                     (SELECT max(c.started_ms + c.duration_us / 1000) FROM calls c WHERE c.execution = id), 0))
             WHERE owner = ?1 AND ended_ms IS NULL AND coalesce(on_restart, 'fail') = 'fail'",
            params![owner, Status::Failed.as_str(), ErrorCode::WorkerLost.as_str()],
        )?;
    }
    Ok(marked)
}
