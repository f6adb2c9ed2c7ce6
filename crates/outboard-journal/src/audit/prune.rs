//! Removes old rows, and leaves a signed statement of where the chain goes on.

use super::signer::Signer;
use crate::command::{Context, Fault};
use crate::write::int;
use outboard_types::Digest;
use rusqlite::{OptionalExtension, params};

/// Removes the rows before a time, as far as they are the oldest; gives how many those were.
pub(crate) fn prune(context: &Context<'_>, before_ms: u64, now_ms: u64) -> Result<u64, Fault> {
    let connection = context.connection;
    let signer =
        context.signer.ok_or_else(|| Fault::Refused("there is no key to sign a checkpoint with".to_owned()))?;
    // Rows of several processes may stand a little out of time: the first one to be kept decides.
    let kept: i64 = connection.query_row(
        "SELECT coalesce(min(seq), (SELECT coalesce(max(seq), 0) + 1 FROM audit)) FROM audit WHERE at_ms >= ?1",
        [int(before_ms)],
        |row| row.get(0),
    )?;
    let last = "SELECT seq, hash FROM audit WHERE seq < ?1 ORDER BY seq DESC LIMIT 1";
    let last = connection.query_row(last, [kept], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)));
    let Some((seq, hash)) = last.optional()? else { return Ok(0) };
    let hash = Digest::try_from(hash).map_err(Fault::Refused)?;
    checkpoint(context, signer, seq, hash, now_ms)?;
    without_guard(context, seq)
}

fn checkpoint(context: &Context<'_>, signer: &Signer, seq: i64, hash: Digest, now_ms: u64) -> Result<(), Fault> {
    let point = signer.sign("checkpoint", seq.cast_unsigned(), hash, now_ms);
    context.connection.execute("DELETE FROM audit_checkpoints", [])?;
    context.connection.execute(
        "INSERT INTO audit_checkpoints VALUES (?1, ?2, ?3, ?4)",
        params![seq, hash.to_string(), int(now_ms), point.signature],
    )?;
    Ok(())
}

/// The trigger is gone only within this transaction.
fn without_guard(context: &Context<'_>, seq: i64) -> Result<u64, Fault> {
    let guard: String =
        context
            .connection
            .query_row("SELECT sql FROM sqlite_schema WHERE name = 'audit_keeps_rows'", [], |row| row.get(0))?;
    context.connection.execute_batch("DROP TRIGGER audit_keeps_rows")?;
    let removed = context.connection.execute("DELETE FROM audit WHERE seq <= ?1", [seq])?;
    context.connection.execute_batch(&guard)?;
    Ok(removed as u64)
}
