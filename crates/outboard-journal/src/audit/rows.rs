//! The rows, and reading them.

use crate::error::JournalError;
use crate::journal::Journal;
use crate::read::{digest, int, understood};
use crate::write::int as sql;
use outboard_types::{Digest, ExecutionId, Principal};
use rusqlite::{Connection, Row, params};
use serde::Serialize;
use std::ops::ControlFlow;

/// Something that was decided or done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// On whose authority.
    pub principal: Principal,
    /// In which execution.
    pub execution: Option<ExecutionId>,
    /// The number of the call there.
    pub call: Option<u64>,
    /// The digest of the program.
    pub code_digest: Option<Digest>,
    /// The server's name.
    pub server: Option<String>,
    /// The tool's name there.
    pub tool: Option<String>,
    /// What kind of thing it is, such as `call` or `approval`.
    pub kind: String,
    /// The digest of the arguments.
    pub arguments_digest: Option<Digest>,
    /// What was decided.
    pub decision: String,
    /// By which rule.
    pub rule: Option<String>,
    /// The id of the approval.
    pub approval: Option<String>,
    /// `ok`, or the code of the error.
    pub outcome: Option<String>,
    /// How long it took, in microseconds.
    pub duration_us: Option<u64>,
}

impl AuditEntry {
    /// Of this kind, on somebody's authority, at a time in milliseconds since 1970; about nothing in particular yet.
    pub fn new(at_ms: u64, principal: Principal, kind: &str, decision: impl Into<String>) -> Self {
        Self {
            at_ms,
            principal,
            execution: None,
            call: None,
            code_digest: None,
            server: None,
            tool: None,
            kind: kind.to_owned(),
            arguments_digest: None,
            decision: decision.into(),
            rule: None,
            approval: None,
            outcome: None,
            duration_us: None,
        }
    }
}

/// An entry in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditRow {
    /// Its place, from 1, without gaps.
    pub seq: u64,
    /// What was decided or done.
    #[serde(flatten)]
    pub entry: AuditEntry,
    /// The hash of the row before it.
    pub prev: Digest,
    /// The hash of this row.
    pub hash: Digest,
}

/// Which rows to show; all by default.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Not before, in milliseconds since 1970.
    pub since: Option<u64>,
    /// Before.
    pub until: Option<u64>,
    /// Of this principal.
    pub principal: Option<Principal>,
    /// Of this execution.
    pub execution: Option<ExecutionId>,
    /// Of this server.
    pub server: Option<String>,
    /// Of this tool.
    pub tool: Option<String>,
    /// With this decision.
    pub decision: Option<String>,
    /// Behind this place: for the next page.
    pub after_seq: Option<u64>,
    /// At most so many.
    pub limit: Option<usize>,
}

pub(super) const COLUMNS: &str = "seq, at_ms, principal, execution, call, code_digest, server, tool, kind,
    arguments_digest, decision, rule, approval, outcome, duration_us, prev, hash";

impl Journal {
    /// The audit rows that fit a filter, oldest first.
    pub fn audit_rows(&self, filter: &AuditFilter) -> Result<Vec<AuditRow>, JournalError> {
        let limit = filter.limit.map_or(i64::MAX, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
        fitting(self, filter, "seq > ?1", (filter.after_seq.map_or(0, sql), "seq", limit))
    }
}

/// The rows that fit a filter, newest first, from before a place on.
pub(crate) fn newest_rows(
    journal: &Journal,
    filter: &AuditFilter,
    before: Option<u64>,
    limit: i64,
) -> Result<Vec<AuditRow>, JournalError> {
    fitting(journal, filter, "seq < ?1", (before.map_or(i64::MAX, sql), "seq DESC", limit))
}

/// Rows on one side of a place, in an order.
fn fitting(
    journal: &Journal,
    filter: &AuditFilter,
    side: &str,
    (place, order, limit): (i64, &str, i64),
) -> Result<Vec<AuditRow>, JournalError> {
    let text = format!("SELECT {COLUMNS} FROM audit WHERE {side} AND {FITS} ORDER BY {order} LIMIT ?9");
    let mut rows = Vec::new();
    each(journal, filter, (place, limit), &text, |_, found| {
        rows.push(row(found)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(rows)
}

/// Which rows a filter lets through, by the parameters that [`each`] gives.
pub(super) const FITS: &str = "(?2 IS NULL OR at_ms >= ?2) AND (?3 IS NULL OR at_ms < ?3)
    AND (?4 IS NULL OR principal = ?4) AND (?5 IS NULL OR execution = ?5) AND (?6 IS NULL OR server = ?6)
    AND (?7 IS NULL OR tool = ?7) AND (?8 IS NULL OR decision = ?8)";

/// Shows each row of a question: `?1` is a place, `?9` a limit, and what is between is for [`FITS`].
pub(super) fn each(
    journal: &Journal,
    filter: &AuditFilter,
    (place, limit): (i64, i64),
    text: &str,
    mut show: impl FnMut(&Connection, &Row<'_>) -> Result<ControlFlow<()>, JournalError>,
) -> Result<(), JournalError> {
    journal.read(|connection| {
        let mut statement = connection.prepare_cached(text)?;
        let mut rows = statement.query(params![
            place,
            filter.since.map(sql),
            filter.until.map(sql),
            filter.principal.as_ref().map(|principal| &*principal.0),
            filter.execution.as_ref().map(ExecutionId::as_str),
            filter.server,
            filter.tool,
            filter.decision,
            limit,
        ])?;
        while let Some(found) = rows.next()? {
            if show(connection, found)?.is_break() {
                break;
            }
        }
        Ok(())
    })
}

pub(super) fn row(row: &Row<'_>) -> Result<AuditRow, JournalError> {
    let optional = |column: usize| -> Result<Option<Digest>, JournalError> {
        let text: Option<String> = row.get(column)?;
        text.map(|text| understood("a digest", text, |text| Digest::try_from(text.to_owned()).ok())).transpose()
    };
    let entry = AuditEntry {
        at_ms: int(row, 1)?,
        principal: Principal(row.get::<_, String>(2)?.into()),
        execution: row.get::<_, Option<String>>(3)?.map(|id| ExecutionId(id.into())),
        call: row.get::<_, Option<i64>>(4)?.map(i64::cast_unsigned),
        code_digest: optional(5)?,
        server: row.get(6)?,
        tool: row.get(7)?,
        kind: row.get(8)?,
        arguments_digest: optional(9)?,
        decision: row.get(10)?,
        rule: row.get(11)?,
        approval: row.get(12)?,
        outcome: row.get(13)?,
        duration_us: row.get::<_, Option<i64>>(14)?.map(i64::cast_unsigned),
    };
    Ok(AuditRow { seq: int(row, 0)?, entry, prev: digest(row, 15)?, hash: digest(row, 16)? })
}
