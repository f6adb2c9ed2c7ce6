//! How one row follows from another.
//!
//! The hash of a row is SHA-256 over these pieces, each preceded by its length as eight little-endian bytes:
//! the text `outboard-audit-1`; the hash of the row before it as 64 hexadecimal digits; then every column from
//! `seq` to `duration_us` in the order of the table. Numbers are eight little-endian bytes, texts are UTF-8,
//! digests are 64 hexadecimal digits. A column that may be NULL is one byte 0, or one byte 1 and its value.
//! The first row follows the digest of the text `outboard-audit-1`.

use super::rows::AuditEntry;
use crate::command::{Context, Fault};
use crate::write::int;
use outboard_types::Digest;
use rusqlite::{Connection, OptionalExtension, params};

const DOMAIN: &str = "outboard-audit-1";

/// What the first row follows.
pub(super) fn genesis() -> Digest {
    Digest::of(DOMAIN)
}

pub(super) fn hash(seq: u64, entry: &AuditEntry, prev: &Digest) -> Digest {
    let text = |value: Option<&str>| value.map_or_else(|| vec![0], |value| [&[1], value.as_bytes()].concat());
    let number = |value: Option<u64>| value.map_or_else(|| vec![0], |value| [&[1][..], &value.to_le_bytes()].concat());
    let digest = |value: Option<Digest>| text(value.map(|digest| digest.to_string()).as_deref());
    let pieces: [Vec<u8>; 17] = [
        DOMAIN.into(),
        prev.to_string().into_bytes(),
        seq.to_le_bytes().into(),
        entry.at_ms.to_le_bytes().into(),
        entry.principal.0.as_bytes().into(),
        text(entry.execution.as_ref().map(|id| id.as_str())),
        number(entry.call),
        digest(entry.code_digest),
        text(entry.server.as_deref()),
        text(entry.tool.as_deref()),
        entry.kind.as_bytes().into(),
        digest(entry.arguments_digest),
        entry.decision.as_bytes().into(),
        text(entry.rule.as_deref()),
        text(entry.approval.as_deref()),
        text(entry.outcome.as_deref()),
        number(entry.duration_us),
    ];
    Digest::of_all(pieces.iter().map(Vec::as_slice))
}

/// The last link: of the last row, or of what was removed before.
pub(super) fn tail(connection: &Connection) -> rusqlite::Result<(u64, Digest)> {
    let last =
        "SELECT seq, hash FROM audit UNION ALL SELECT seq, hash FROM audit_checkpoints ORDER BY seq DESC LIMIT 1";
    let found = connection.prepare_cached(last)?.query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)));
    match found.optional()? {
        None => Ok((0, genesis())),
        // A hash that was made unreadable breaks the chain here, and the check will say so.
        Some((seq, hash)) => {
            let hash: String = hash;
            let read = Digest::try_from(hash.clone()).unwrap_or_else(|_| Digest::of(hash));
            Ok((u64::try_from(seq).unwrap_or(0), read))
        }
    }
}

/// Adds an entry at the end. The transaction holds the write lock, so no other process adds one meanwhile.
pub(crate) fn append(context: &Context<'_>, entry: &AuditEntry) -> Result<(), Fault> {
    let (last, prev) = match context.tail.get() {
        Some(tail) => tail,
        None => tail(context.connection)?,
    };
    let seq = last + 1;
    let hash = hash(seq, entry, &prev);
    let mut statement = context.connection.prepare_cached(
        "INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    )?;
    statement.execute(params![
        int(seq),
        int(entry.at_ms),
        &*entry.principal.0,
        entry.execution.as_ref().map(|id| id.as_str()),
        entry.call.map(int),
        entry.code_digest.map(String::from),
        entry.server,
        entry.tool,
        entry.kind,
        entry.arguments_digest.map(String::from),
        entry.decision,
        entry.rule,
        entry.approval,
        entry.outcome,
        entry.duration_us.map(int),
        prev.to_string(),
        hash.to_string(),
    ])?;
    context.tail.set(Some((seq, hash)));
    Ok(())
}
