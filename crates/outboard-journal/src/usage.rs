//! What was used, added up: executions, calls, and what they put through a model.

use crate::error::JournalError;
use crate::journal::Journal;
use crate::write::int;
use rusqlite::{Row, params};
use std::ops::Range;

/// By what usage is added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageBy {
    /// The day on which an execution began, in UTC.
    Day,
    /// The session.
    Session,
    /// On whose authority.
    Principal,
    /// Each execution by itself.
    Execution,
    /// The tool that was called, as `server.tool`; calls made without a program are in here alone.
    Tool,
}

/// The sums of one day, session, principal, execution or tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// Which one.
    pub of: String,
    /// Executions that ended; for a tool, those that called it.
    pub executions: u64,
    /// Those of them that did not succeed; not told for a tool.
    pub failed: u64,
    /// Calls.
    pub calls: u64,
    /// Calls that gave an error.
    pub errors: u64,
    /// Tokens that models wrote for executions.
    pub written: u64,
    /// Tokens that models read of them.
    pub read: u64,
    /// Bytes of arguments of all calls.
    pub arguments_bytes: u64,
    /// Bytes of answers of all calls.
    pub result_bytes: u64,
}

impl UsageBy {
    fn key(self) -> &'static str {
        match self {
            Self::Day => "date(e.started_ms / 1000, 'unixepoch')",
            Self::Session => "e.session",
            Self::Principal => "e.principal",
            Self::Execution => "e.id",
            Self::Tool => "server || '.' || tool",
        }
    }

    fn query(self) -> String {
        let key = self.key();
        if self == Self::Tool {
            return format!(
                "SELECT {key}, count(DISTINCT execution), 0, count(*), count(error), 0, 0,
                     CAST(total(arguments_bytes) AS INTEGER), CAST(total(result_bytes) AS INTEGER)
                 FROM calls WHERE started_ms >= ?1 AND started_ms < ?2 GROUP BY server, tool ORDER BY server, tool"
            );
        }
        format!(
            "WITH c AS (SELECT execution, count(*) AS calls, count(error) AS errors,
                 total(arguments_bytes) AS arguments, total(result_bytes) AS results FROM calls GROUP BY execution)
             SELECT {key}, count(*), sum(e.status <> 'succeeded'), CAST(total(c.calls) AS INTEGER),
                 CAST(total(c.errors) AS INTEGER), CAST(total(e.model_in) AS INTEGER),
                 CAST(total(e.model_out) AS INTEGER), CAST(total(c.arguments) AS INTEGER),
                 CAST(total(c.results) AS INTEGER)
             FROM executions e LEFT JOIN c ON c.execution = e.id
             WHERE e.ended_ms IS NOT NULL AND e.started_ms >= ?1 AND e.started_ms < ?2 GROUP BY 1 ORDER BY 1"
        )
    }
}

impl Journal {
    /// What was used in a span of time, in milliseconds since 1970; sees what is committed.
    pub fn usage(&self, by: UsageBy, within: Range<u64>) -> Result<Vec<Usage>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&by.query())?;
            statement.query_and_then(params![int(within.start), int(within.end)], usage)?.collect()
        })
    }
}

fn usage(row: &Row<'_>) -> Result<Usage, JournalError> {
    let number = |column| crate::read::int(row, column);
    Ok(Usage {
        of: row.get(0)?,
        executions: number(1)?,
        failed: number(2)?,
        calls: number(3)?,
        errors: number(4)?,
        written: number(5)?,
        read: number(6)?,
        arguments_bytes: number(7)?,
        result_bytes: number(8)?,
    })
}
