//! An execution's calls and what was delivered to it, read back for a replay.

use crate::durable::{Effect, Event, EventKind, Intent, Value, What};
use crate::error::JournalError;
use crate::journal::Journal;
use crate::keys::CallKey;
use crate::read::{digest, id, int, understood};
use crate::seal::Sealed;
use outboard_types::ExecutionId;
use rusqlite::{Connection, Row, params};

/// Most rows of a page, whatever is asked for.
const PAGE: usize = 10_000;

pub(crate) const INTENT: &str = "SELECT execution, number, at_ms, branch, server, tool, arguments_digest, occurrence,
    effect, body, blob, bytes FROM intents";

/// Everything that a replay of one execution answers from.
///
/// Large values stay in their files until they are [loaded](Journal::load).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// The calls that were begun, by number.
    pub intents: Vec<Intent>,
    /// What was delivered, in order.
    pub events: Vec<Event>,
}

impl Journal {
    /// The whole history of an execution.
    pub fn history(&self, id: &ExecutionId) -> Result<History, JournalError> {
        self.read(|connection| {
            // One view for both, whatever is committed meanwhile.
            let view = connection.unchecked_transaction()?;
            Ok(History {
                intents: intents(&view, self.sealed(), id, 0, usize::MAX)?,
                events: events(&view, self.sealed(), id, 0, usize::MAX)?,
            })
        })
    }

    /// Intents after a number, at most `limit` and at most 10,000 of them.
    pub fn intents_after(&self, id: &ExecutionId, number: u64, limit: usize) -> Result<Vec<Intent>, JournalError> {
        self.read(|connection| intents(connection, self.sealed(), id, number, limit.min(PAGE)))
    }

    /// Events after a place in the order, at most `limit` and at most 10,000 of them.
    pub fn events_after(&self, id: &ExecutionId, order: u64, limit: usize) -> Result<Vec<Event>, JournalError> {
        self.read(|connection| events(connection, self.sealed(), id, order, limit.min(PAGE)))
    }

    /// The text of a value; a large one is read from its file and checked against its digest.
    pub fn load(&self, value: &Value) -> Result<String, JournalError> {
        match value {
            Value::Text(text) => Ok(text.clone()),
            Value::Blob { digest, .. } => {
                let missing = |reason: String| JournalError::Blob { digest: *digest, reason };
                let blobs = self.blobs().ok_or_else(|| missing("this journal is in memory".to_owned()))?;
                self.sealed().open(blobs.load(digest).map_err(|error| missing(error.to_string()))?)
            }
        }
    }
}

fn intents(
    connection: &Connection,
    sealed: &Sealed,
    id: &ExecutionId,
    after: u64,
    limit: usize,
) -> Result<Vec<Intent>, JournalError> {
    let mut statement = connection
        .prepare_cached(&format!("{INTENT} WHERE execution = ?1 AND number > ?2 ORDER BY number LIMIT ?3"))?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let found = statement.query_and_then(params![id.as_str(), after.cast_signed(), limit], intent)?;
    found.map(|intent| sealed.intent(intent?)).collect()
}

pub(crate) fn intent(row: &Row<'_>) -> Result<Intent, JournalError> {
    Ok(Intent {
        execution: id(row, 0)?,
        number: int(row, 1)?,
        at_ms: int(row, 2)?,
        key: CallKey {
            branch: row.get(3)?,
            server: row.get(4)?,
            tool: row.get(5)?,
            arguments: digest(row, 6)?,
            occurrence: row.get(7)?,
        },
        effect: understood("an effect", row.get(8)?, Effect::parse)?,
        arguments: value(row, 9)?,
    })
}

fn events(
    connection: &Connection,
    sealed: &Sealed,
    id: &ExecutionId,
    after: u64,
    limit: usize,
) -> Result<Vec<Event>, JournalError> {
    let mut statement = connection.prepare_cached(
        "SELECT execution, ord, at_ms, kind, call, body, blob, bytes
         FROM events WHERE execution = ?1 AND ord > ?2 ORDER BY ord LIMIT ?3",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let found = statement.query_and_then(params![id.as_str(), after.cast_signed(), limit], |row| event(row, sealed))?;
    found.map(|event| sealed.event(event?)).collect()
}

fn event(row: &Row<'_>, sealed: &Sealed) -> Result<Event, JournalError> {
    let kind: String = row.get(3)?;
    let what = match kind.as_str() {
        "result" => What::Completed { call: int(row, 4)?, outcome: Ok(value(row, 5)?) },
        "error" => {
            let text = sealed.open(row.get(5)?)?;
            let error = understood("an error", text, |text| serde_json::from_str(text).ok())?;
            What::Completed { call: int(row, 4)?, outcome: Err(error) }
        }
        _ => What::Noted { kind: understood("an event", kind, EventKind::parse)?, body: value(row, 5)? },
    };
    Ok(Event { execution: id(row, 0)?, order: int(row, 1)?, at_ms: int(row, 2)?, what })
}

/// Three columns: text, digest, size.
pub(crate) fn value(row: &Row<'_>, column: usize) -> Result<Value, JournalError> {
    Ok(match row.get::<_, Option<String>>(column)? {
        Some(text) => Value::Text(text),
        None => Value::Blob { digest: digest(row, column + 1)?, bytes: int(row, column + 2)? },
    })
}
