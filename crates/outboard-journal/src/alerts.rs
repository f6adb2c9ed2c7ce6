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
