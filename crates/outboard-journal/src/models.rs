//! What models did beside programs: turns, as their providers counted them, and requests that ran no program.

use crate::error::JournalError;
use crate::journal::Journal;
use crate::read::{id, int};
use crate::write::int as sql;
use outboard_types::{ExecutionId, TraceId};
use rusqlite::{Row, params};
use serde::Serialize;
use std::ops::Range;

/// Most executions of one trace that are looked up.
const MOST: u32 = 1_000;

/// Turns of one model in a span of time, by its provider's count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelUsage {
    /// The model.
    pub model: String,
    /// Its turns.
    pub turns: u64,
    /// Those that gave no answer.
    pub failed: u64,
    /// Tokens that it read, those from a cache included.
    pub input: u64,
    /// Tokens of them that its provider had in a cache.
    pub cached: u64,
    /// Tokens that it wrote.
    pub output: u64,
}

/// Requests of models for one tool of ours, or for listings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequestUsage {
    /// The tool, or `tools/list`.
    pub of: String,
    /// How many.
    pub requests: u64,
    /// Those that gave an error.
    pub errors: u64,
    /// Tokens that models wrote for them, as far as they were counted.
    pub written: u64,
    /// Tokens that models read of them, as far as they were counted.
    pub read: u64,
    /// Requests whose answer was counted.
    pub counted: u64,
}

impl Journal {
    /// What models' providers counted.
    pub fn model_usage(&self, within: Range<u64>) -> Result<Vec<ModelUsage>, JournalError> {
        let number = |key: &str| format!("CAST(total(json_extract(what, '$.{key}')) AS INTEGER)");
        let text = format!(
            "SELECT json_extract(what, '$.model'), count(*), sum(json_extract(what, '$.ok') = 0), {}, {}, {}
             FROM marks WHERE json_extract(what, '$.kind') IN ('turn', 'request', 'agent')
                 AND json_extract(what, '$.kind') = 'turn' AND at_us >= ?1 * 1000 AND at_us < ?2 * 1000
             GROUP BY 1 ORDER BY 1",
            number("input"),
            number("cached"),
            number("output")
        );
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&text)?;
            statement.query_and_then(params![sql(within.start), sql(within.end)], model)?.collect()
        })
    }

    /// What models asked for beside programs.
    pub fn request_usage(&self, within: Range<u64>) -> Result<Vec<RequestUsage>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT json_extract(what, '$.tool'), count(*), count(json_extract(what, '$.error')),
                     CAST(total(a.tokens) AS INTEGER), CAST(total(r.tokens) AS INTEGER), count(r.tokens)
                 FROM marks m
                     LEFT JOIN tokens a ON a.execution = m.execution AND a.part = 'arguments' AND a.call = 0
                     LEFT JOIN tokens r ON r.execution = m.execution AND r.part IN ('results', 'definitions')
                         AND r.call = 0
                 WHERE json_extract(what, '$.kind') IN ('turn', 'request', 'agent')
                     AND json_extract(what, '$.kind') = 'request' AND at_us >= ?1 * 1000 AND at_us < ?2 * 1000
                 GROUP BY 1 ORDER BY 1",
            )?;
            statement.query_and_then(params![sql(within.start), sql(within.end)], request)?.collect()
        })
    }

    /// Executions and requests whose client named a span of this trace, in the order of time.
    pub fn in_trace(&self, trace: &TraceId) -> Result<Vec<ExecutionId>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT execution FROM marks WHERE json_extract(what, '$.kind') = 'trace'
                     AND json_extract(what, '$.parent') >= ?1 AND json_extract(what, '$.parent') < ?2
                 ORDER BY at_us LIMIT ?3",
            )?;
            // What follows the trace begins with a dash; a dot is the next sign.
            let given = params![format!("00-{trace}-"), format!("00-{trace}."), MOST];
            statement.query_and_then(given, |row| id(row, 0))?.collect()
        })
    }
}

fn model(row: &Row<'_>) -> Result<ModelUsage, JournalError> {
    Ok(ModelUsage {
        model: row.get::<_, Option<String>>(0)?.unwrap_or_default(),
        turns: int(row, 1)?,
        failed: int(row, 2)?,
        input: int(row, 3)?,
        cached: int(row, 4)?,
        output: int(row, 5)?,
    })
}

fn request(row: &Row<'_>) -> Result<RequestUsage, JournalError> {
    Ok(RequestUsage {
        of: row.get::<_, Option<String>>(0)?.unwrap_or_default(),
        requests: int(row, 1)?,
        errors: int(row, 2)?,
        written: int(row, 3)?,
        read: int(row, 4)?,
        counted: int(row, 5)?,
    })
}
