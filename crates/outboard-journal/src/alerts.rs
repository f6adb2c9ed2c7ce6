//! What was not as usual, as it was seen: for people who look later, in whatever process.

use crate::command::{Applied, Command, Context};
use crate::error::JournalError;
use crate::journal::Journal;
use crate::read::int;
use crate::write::int as sql;
use outboard_types::ExecutionId;
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Latest executions and calls that tell what is usual.
const SAMPLE: u32 = 1_000;

/// Something that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// When it was seen, in milliseconds since 1970.
    pub at_ms: u64,
    /// A word for what it is, such as `new_tool`.
    pub kind: String,
    /// What it is about; empty where it is about everything.
    pub of: String,
    /// The execution in which it was seen.
    pub execution: Option<ExecutionId>,
    /// What is unusual, in words and numbers; never content.
    pub text: String,
}

impl Journal {
    /// Records an alert unless there is one of the same kind about the same thing that is not older than `quiet_ms`;
    /// says whether it is new. Blocks the thread.
    pub fn alert(&self, alert: &Alert, quiet_ms: u64) -> Result<bool, JournalError> {
        let alert = alert.clone();
        let job = move |context: &Context<'_>| Ok(Applied::Removed(u64::from(insert(context, &alert, quiet_ms)?), 0));
        match self.wait(Command::Job("an alert", Box::new(job)))? {
            Applied::Removed(rows, _) => Ok(rows > 0),
            _ => Ok(false),
        }
    }

    /// The latest alerts of a span of time, in milliseconds since 1970, newest first.
    pub fn alerts(&self, within: Range<u64>, limit: usize) -> Result<Vec<Alert>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT at_ms, kind, subject, execution, text FROM alerts WHERE at_ms >= ?1 AND at_ms < ?2
                 ORDER BY at_ms DESC, id DESC LIMIT ?3",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            statement.query_and_then(params![sql(within.start), sql(within.end), limit], alert)?.collect()
        })
    }
}

/// What is usual, to tell what is not.
impl Journal {
    /// Whether a tool was called before a time.
    pub fn was_called_before(&self, server: &str, tool: &str, before_ms: u64) -> Result<bool, JournalError> {
        self.read(|connection| {
            let text = "SELECT EXISTS (SELECT 1 FROM calls WHERE server = ?1 AND tool = ?2 AND started_ms < ?3)";
            let mut statement = connection.prepare_cached(text)?;
            Ok(statement.query_row(params![server, tool, sql(before_ms)], |row| row.get(0))?)
        })
    }

    /// When the first execution began that is still recorded, in milliseconds since 1970.
    pub fn first_run(&self) -> Result<Option<u64>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT min(started_ms) FROM executions")?;
            let first: Option<i64> = statement.query_row([], |row| row.get(0))?;
            Ok(first.map(i64::cast_unsigned))
        })
    }

    /// The share of a tool's calls before a time that gave errors; none where there are fewer than ten.
    pub fn error_rate_before(&self, server: &str, tool: &str, before_ms: u64) -> Result<Option<f64>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT count(*), count(error) FROM (SELECT error FROM calls
                     WHERE server = ?1 AND tool = ?2 AND started_ms < ?3 ORDER BY started_ms DESC LIMIT ?4)",
            )?;
            let given = params![server, tool, sql(before_ms), SAMPLE];
            let (calls, errors): (f64, f64) = statement.query_row(given, |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok((calls >= 10.0).then(|| errors / calls))
        })
    }

    /// How many calls the latest executions made on average, and how many executions that is drawn from, without one.
    pub fn usual_run(&self, but: &ExecutionId) -> Result<(f64, u64), JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                // Calls are numbered: one look for each execution, however many it made.
                "SELECT coalesce(avg(calls), 0.0), count(*) FROM (SELECT
                     coalesce((SELECT max(number) FROM calls WHERE execution = executions.id), 0) AS calls
                     FROM executions WHERE ended_ms IS NOT NULL AND id <> ?1 ORDER BY started_ms DESC LIMIT ?2)",
            )?;
            let given = params![but.as_str(), SAMPLE];
            let (mean, runs): (f64, i64) = statement.query_row(given, |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok((mean, runs.cast_unsigned()))
        })
    }

    /// What calls and models cost since a time, in millionths of the unit.
    pub fn cost_since(&self, since_ms: u64) -> Result<u64, JournalError> {
        self.read(|connection| {
            let calls = "SELECT CAST(total(micros) AS INTEGER) FROM spending WHERE at_ms >= ?1";
            let models = "SELECT CAST(total(json_extract(what, '$.cost_micros')) AS INTEGER) FROM marks
                 WHERE json_extract(what, '$.kind') IN ('turn', 'request', 'agent')
                     AND json_extract(what, '$.kind') = 'agent' AND at_us >= ?1 * 1000";
            let mut sum = 0;
            for text in [calls, models] {
                sum += connection.prepare_cached(text)?.query_row([sql(since_ms)], |row| row.get::<_, i64>(0))?;
            }
            Ok(sum.cast_unsigned())
        })
    }
}

fn insert(context: &Context<'_>, alert: &Alert, quiet_ms: u64) -> rusqlite::Result<bool> {
    let mut statement = context.connection.prepare_cached(
        "INSERT INTO alerts (at_ms, kind, subject, execution, text) SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS
             (SELECT 1 FROM alerts WHERE kind = ?2 AND subject = ?3 AND at_ms > ?6)",
    )?;
    let since = sql(alert.at_ms.saturating_sub(quiet_ms));
    let execution = alert.execution.as_ref().map(ExecutionId::as_str);
    let rows = statement.execute(params![sql(alert.at_ms), alert.kind, alert.of, execution, alert.text, since])?;
    Ok(rows > 0)
}

fn alert(row: &Row<'_>) -> Result<Alert, JournalError> {
    Ok(Alert {
        at_ms: int(row, 0)?,
        kind: row.get(1)?,
        of: row.get(2)?,
        execution: row.get::<_, Option<String>>(3)?.map(|id| ExecutionId(id.into())),
        text: row.get(4)?,
    })
}
