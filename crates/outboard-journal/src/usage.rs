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
    /// Tokens of arguments of all calls.
    pub arguments: u64,
    /// Tokens of answers of all calls.
    pub results: u64,
    /// Texts that make up those tokens: programs, reports, arguments, answers.
    pub texts: u64,
    /// Those of them that were counted; the others are taken for a token every four bytes.
    pub counted: u64,
}

impl Usage {
    /// Whether no figure of it is an estimate.
    pub fn is_exact(&self) -> bool {
        self.counted >= self.texts
    }
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
                "SELECT {key}, count(DISTINCT execution), 0, count(*), count(error), 0, 0, {CALLS} FROM ({COUNTED})
                 WHERE started_ms >= ?1 AND started_ms < ?2 GROUP BY server, tool ORDER BY server, tool"
            );
        }
        let sum = |column: &str| format!("CAST(total({column}) AS INTEGER)");
        let (calls, errors, written, read) = (sum("c.calls"), sum("c.errors"), sum("written"), sum("read"));
        let [a_bytes, r_bytes] = ["c.a_bytes", "c.r_bytes"].map(sum);
        let [a_tokens, r_tokens] = ["c.a_tokens", "c.r_tokens"].map(sum);
        let (texts, counted) = (sum("2 + coalesce(c.texts, 0)"), sum("e.counted + coalesce(c.counted, 0)"));
        format!(
            "WITH e AS (SELECT executions.*, coalesce(code.tokens, model_in) AS written,
                     coalesce(reports.tokens, model_out) AS read,
                     (code.tokens IS NOT NULL) + (reports.tokens IS NOT NULL) AS counted
                 FROM executions
                     LEFT JOIN tokens code ON code.execution = id AND code.part = 'code' AND code.call = 0
                     LEFT JOIN tokens reports ON reports.execution = id AND reports.part = 'reports'
                         AND reports.call = 0
                 WHERE ended_ms IS NOT NULL AND started_ms >= ?1 AND started_ms < ?2),
             c (execution, calls, errors, a_bytes, r_bytes, a_tokens, r_tokens, texts, counted) AS
                 (SELECT execution, count(*), count(error), {CALLS} FROM ({COUNTED} WHERE calls.execution IN
                     (SELECT id FROM e)) GROUP BY execution)
             SELECT {key}, count(*), sum(e.status <> 'succeeded'), {calls}, {errors}, {written}, {read}, {a_bytes},
                 {r_bytes}, {a_tokens}, {r_tokens}, {texts}, {counted}
             FROM e LEFT JOIN c ON c.execution = e.id GROUP BY 1 ORDER BY 1"
        )
    }
}

/// Calls with their counts, which old ones and those under way lack.
const COUNTED: &str = "SELECT calls.*, a.tokens AS a, r.tokens AS r FROM calls
    LEFT JOIN tokens a ON a.execution = calls.execution AND a.part = 'arguments' AND a.call = calls.number
    LEFT JOIN tokens r ON r.execution = calls.execution AND r.part = 'results' AND r.call = calls.number";

/// The sums of such calls: bytes and tokens both ways, texts, texts that were counted.
const CALLS: &str = "CAST(total(arguments_bytes) AS INTEGER), CAST(total(result_bytes) AS INTEGER),
    CAST(total(coalesce(a, arguments_bytes / 4)) AS INTEGER), CAST(total(coalesce(r, result_bytes / 4)) AS INTEGER),
    2 * count(*), count(a) + count(r)";

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
        arguments: number(9)?,
        results: number(10)?,
        texts: number(11)?,
        counted: number(12)?,
    })
}
