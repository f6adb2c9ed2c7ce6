//! What programs of a session keep for later programs: JSON by key, in the same file as their history.
//!
//! A change and what it answered are one transaction: a program that is run again over its history, or whose process
//! ended between a change and its answer, gets the answer again and changes nothing twice.

use crate::command::{Applied, Command, Context, Fault, Job};
use crate::error::JournalError;
use crate::journal::Journal;
use crate::read::understood;
use crate::write::{int, require_ours};
use outboard_types::{ExecutionId, Principal, SessionName};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

/// Whose state it is: one session of one principal sees nothing of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateScope {
    /// On whose authority programs run.
    pub principal: Principal,
    /// Their session.
    pub session: SessionName,
}

/// How much a session may keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateLimits {
    /// Bytes of one value, as JSON.
    pub value_bytes: u64,
    /// Keys.
    pub keys: u64,
    /// Bytes of all values and keys.
    pub bytes: u64,
}

impl Default for StateLimits {
    fn default() -> Self {
        Self { value_bytes: 1 << 20, keys: 10_000, bytes: 64 << 20 }
    }
}

/// A value that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateEntry {
    /// JSON text.
    pub value: String,
    /// Another one after each change, never one that was given out before.
    pub version: u64,
}

/// What is to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateChange {
    /// Keeps a value.
    Set {
        /// Its name.
        key: String,
        /// JSON text.
        value: String,
        /// Only over this version, 0 for a key that is not there; whatever is there without it.
        over: Option<u64>,
    },
    /// Forgets a value.
    Delete {
        /// Its name.
        key: String,
    },
}

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateAnswer {
    /// The value is kept.
    Kept,
    /// Another version is there; nothing was changed.
    Outdated,
    /// Whether there was something to forget.
    Deleted(bool),
    /// The value is too large; nothing was changed.
    ValueTooLarge,
    /// The session has too many keys; nothing was changed.
    TooManyKeys,
    /// The session's values together would be too large; nothing was changed.
    Full,
}

impl Journal {
    /// The value of a key; sees what is committed.
    pub fn state(&self, scope: &StateScope, key: &str) -> Result<Option<StateEntry>, JournalError> {
        let found = self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT value, version FROM state WHERE principal = ?1 AND session = ?2 AND key = ?3",
            )?;
            let given = params![&*scope.principal.0, scope.session.as_str(), key];
            let row = statement.query_row(given, |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)));
            Ok(row.optional()?)
        })?;
        let open = |(value, version): (String, i64)| {
            Ok(StateEntry { value: self.sealed().open(value)?, version: version.cast_unsigned() })
        };
        found.map(open).transpose()
    }

    /// The keys that begin so, in their order.
    pub fn state_keys(&self, scope: &StateScope, prefix: &str) -> Result<Vec<String>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT key FROM state WHERE principal = ?1 AND session = ?2 AND substr(key, 1, length(?3)) = ?3
                 ORDER BY key",
            )?;
            let keys =
                statement.query_map(params![&*scope.principal.0, scope.session.as_str(), prefix], |row| row.get(0))?;
            Ok(keys.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Changes the state for a call of an execution, once however often it is asked; sent when this is called, on the
    /// disk when it resolves.
    pub fn change_state(
        &self,
        call: (&ExecutionId, u64),
        scope: &StateScope,
        change: StateChange,
        limits: StateLimits,
        at_ms: u64,
    ) -> impl Future<Output = Result<StateAnswer, JournalError>> + Send + use<> {
        let (execution, number, scope) = (call.0.clone(), call.1, scope.clone());
        let job = move |context: &Context<'_>| {
            require_ours(context, &execution)?;
            let answer = match answered(context.connection, &execution, number)? {
                Some(answer) => answer,
                None => {
                    let answer = apply(context, &scope, &change, limits, at_ms)?;
                    note(context.connection, &execution, number, answer)?;
                    answer
                }
            };
            Ok(Applied::State(answer))
        };
        let asked = self.ask(Command::Job("a change of state", Box::new(job)));
        async move {
            match asked.await? {
                Applied::State(answer) => Ok(answer),
                _ => Err(JournalError::Stopped),
            }
        }
    }

    /// Sessions with executions that began or ended since a time, or are not over.
    pub fn sessions_since(&self, since_ms: u64) -> Result<Vec<(Principal, SessionName)>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT DISTINCT principal, session FROM executions
                 WHERE ended_ms IS NULL OR ended_ms >= ?1 OR started_ms >= ?1",
            )?;
            let names = |row: &rusqlite::Row<'_>| -> Result<_, JournalError> {
                let session = understood("a session name", row.get(1)?, |name| SessionName::new(name).ok())?;
                Ok((Principal(row.get::<_, String>(0)?.into()), session))
            };
            statement.query_and_then([int(since_ms)], names)?.collect()
        })
    }

    /// Forgets what sessions keep that nobody used since a time: none of their executions, no change of their state.
    /// Blocks the thread.
    pub fn forget_idle_state(&self, before_ms: u64) -> Result<u64, JournalError> {
        let job = move |context: &Context<'_>| {
            let rows = context.connection.execute(
                "DELETE FROM state WHERE (principal, session) NOT IN
                     (SELECT principal, session FROM state WHERE changed_ms >= ?1 UNION
                      SELECT principal, session FROM executions
                          WHERE ended_ms IS NULL OR ended_ms >= ?1 OR started_ms >= ?1)",
                [int(before_ms)],
            )?;
            Ok(Applied::Removed(rows as u64, 0))
        };
        self.removed("forgetting old state", Box::new(job))
    }

    fn removed(&self, what: &'static str, job: Job) -> Result<u64, JournalError> {
        match self.wait(Command::Job(what, job))? {
            Applied::Removed(rows, _) => Ok(rows),
            _ => Ok(0),
        }
    }

    /// Forgets what a session keeps; how many keys there were. Blocks the thread.
    pub fn forget_state(&self, scope: &StateScope) -> Result<u64, JournalError> {
        let scope = scope.clone();
        let job = move |context: &Context<'_>| {
            let text = "DELETE FROM state WHERE principal = ?1 AND session = ?2";
            let rows = context.connection.execute(text, params![&*scope.principal.0, scope.session.as_str()])?;
            Ok(Applied::Removed(rows as u64, 0))
        };
        self.removed("forgetting a session's state", Box::new(job))
    }
}

fn answered(connection: &Connection, id: &ExecutionId, call: u64) -> Result<Option<StateAnswer>, Fault> {
    let text = "SELECT answer FROM state_changes WHERE execution = ?1 AND call = ?2";
    let mut statement = connection.prepare_cached(text)?;
    let found = statement.query_row(params![id.as_str(), int(call)], |row| row.get::<_, String>(0)).optional()?;
    let read = |text: String| serde_json::from_str(&text).map_err(|error| Fault::Refused(error.to_string()));
    found.map(read).transpose()
}

fn note(connection: &Connection, id: &ExecutionId, call: u64, answer: StateAnswer) -> Result<(), Fault> {
    let answer = serde_json::to_string(&answer).map_err(|error| Fault::Refused(error.to_string()))?;
    let mut statement = connection.prepare_cached("INSERT INTO state_changes VALUES (?1, ?2, ?3)")?;
    statement.execute(params![id.as_str(), int(call), answer])?;
    Ok(())
}

fn apply(
    context: &Context<'_>,
    scope: &StateScope,
    change: &StateChange,
    limits: StateLimits,
    at_ms: u64,
) -> Result<StateAnswer, Fault> {
    let (principal, session) = (&*scope.principal.0, scope.session.as_str());
    let remove = |key: &str| -> Result<bool, Fault> {
        let text = "DELETE FROM state WHERE principal = ?1 AND session = ?2 AND key = ?3";
        Ok(context.connection.prepare_cached(text)?.execute(params![principal, session, key])? > 0)
    };
    let (key, value, over) = match change {
        StateChange::Delete { key } => return Ok(StateAnswer::Deleted(remove(key)?)),
        StateChange::Set { key, value, over } => (key, value, *over),
    };
    let there = Stored::of(context.connection, scope, key)?;
    if over.is_some_and(|over| over != there.version) {
        return Ok(StateAnswer::Outdated);
    }
    if let Some(refusal) = there.refusal(key.len() as u64, value.len() as u64, limits) {
        return Ok(refusal);
    }
    remove(key)?;
    let mut statement = context.connection.prepare_cached(
        "INSERT INTO state (principal, session, key, changed_ms, bytes, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let (at, bytes) = (int(at_ms), int((key.len() + value.len()) as u64));
    statement.execute(params![principal, session, key, at, bytes, context.sealed.seal(value)])?;
    Ok(StateAnswer::Kept)
}

/// What a session keeps before a change.
struct Stored {
    /// Of the key; 0 where it is not there.
    version: u64,
    /// Of the key and its value.
    bytes: u64,
    all_keys: u64,
    all_bytes: u64,
}

impl Stored {
    fn of(connection: &Connection, scope: &StateScope, key: &str) -> Result<Self, Fault> {
        let (principal, session) = (&*scope.principal.0, scope.session.as_str());
        let text = "SELECT version, bytes FROM state WHERE principal = ?1 AND session = ?2 AND key = ?3";
        let mut one = connection.prepare_cached(text)?;
        let pair = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
        let (version, bytes) = one.query_row(params![principal, session, key], pair).optional()?.unwrap_or_default();
        let text = "SELECT count(*), coalesce(sum(bytes), 0) FROM state WHERE principal = ?1 AND session = ?2";
        let (keys, all) = connection.prepare_cached(text)?.query_row(params![principal, session], pair)?;
        let [version, bytes, all_keys, all_bytes] = [version, bytes, keys, all].map(i64::cast_unsigned);
        Ok(Self { version, bytes, all_keys, all_bytes })
    }

    fn refusal(&self, key: u64, value: u64, limits: StateLimits) -> Option<StateAnswer> {
        if value > limits.value_bytes {
            Some(StateAnswer::ValueTooLarge)
        } else if self.version == 0 && self.all_keys >= limits.keys {
            Some(StateAnswer::TooManyKeys)
        } else if self.all_bytes.saturating_sub(self.bytes) + key + value > limits.bytes {
            Some(StateAnswer::Full)
        } else {
            None
        }
    }
}
