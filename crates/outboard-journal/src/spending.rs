//! What was spent, and what calls usually take: for budgets and forecasts.

use crate::command::Command;
use crate::error::JournalError;
use crate::journal::Journal;
use crate::write::int;
use outboard_types::Principal;
use rusqlite::{Connection, params};

/// How many of the latest calls are looked at for a forecast.
const SAMPLE: u32 = 1_000;

/// Latest calls that tell how many a run makes.
const RUNS_SAMPLE: u32 = 10_000;

/// Money or the like that a call took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spend {
    /// On whose authority.
    pub principal: Principal,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// The server's name.
    pub server: String,
    /// The tool's name there.
    pub tool: String,
    /// How much, in millionths of the unit.
    pub micros: u64,
}

/// How large the latest calls of a tool were, on average.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PastSizes {
    /// How many calls this is drawn from; at most 1,000.
    pub calls: u64,
    /// Bytes of arguments.
    pub arguments: f64,
    /// Bytes of the answer.
    pub result: f64,
}

/// How many calls of a tool its executions made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CallsPerRun {
    /// Executions that this is drawn from: the latest ones.
    pub runs: u64,
    /// The mean of them.
    pub mean: f64,
    /// The most of them.
    pub most: u64,
    /// When the tool was first called, in milliseconds since 1970.
    pub first_ms: u64,
}

impl Journal {
    /// Records what a call took; returns at once.
    pub fn record_spend(&self, spend: Spend) {
        self.enqueue(Command::Spend(Box::new(spend)));
    }

    /// What a principal spent since a time, in millionths; sees what is committed.
    pub fn spent(&self, principal: &Principal, since_ms: u64) -> Result<u64, JournalError> {
        self.read(|connection| {
            // A float cannot overflow, and is exact up to 9 thousand million units.
            let sum = "SELECT CAST(total(micros) AS INTEGER) FROM spending WHERE principal = ?1 AND at_ms >= ?2";
            let mut statement = connection.prepare_cached(sum)?;
            let spent: i64 = statement.query_row(params![&*principal.0, int(since_ms)], |row| row.get(0))?;
            Ok(u64::try_from(spent).unwrap_or(0))
        })
    }

    /// How many calls of a tool an execution that uses it makes, on average; `None` for a tool never called.
    pub fn usual_calls(&self, server: &str, tool: &str) -> Result<Option<f64>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT avg(calls) FROM (SELECT count(*) AS calls FROM (SELECT execution FROM calls
                     WHERE server = ?1 AND tool = ?2 ORDER BY started_ms DESC LIMIT ?3) GROUP BY execution)",
            )?;
            Ok(statement.query_row(params![server, tool, SAMPLE], |row| row.get(0))?)
        })
    }

    /// How many calls of a tool its executions made before a time, in milliseconds since 1970; `None` for a tool never
    /// called before.
    pub fn calls_per_run(&self, server: &str, tool: &str, before_ms: u64) -> Result<Option<CallsPerRun>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT count(*), avg(calls), max(calls), (SELECT min(started_ms) FROM calls
                     WHERE server = ?1 AND tool = ?2)
                 FROM (SELECT count(*) AS calls FROM (SELECT execution FROM calls
                     WHERE server = ?1 AND tool = ?2 AND started_ms < ?3 ORDER BY started_ms DESC LIMIT ?4)
                     GROUP BY execution)",
            )?;
            let given = params![server, tool, int(before_ms), RUNS_SAMPLE];
            let found = statement.query_row(given, |row| {
                let runs = row.get::<_, i64>(0)?.cast_unsigned();
                let figures = |mean| -> rusqlite::Result<CallsPerRun> {
                    let (most, first_ms) = (row.get::<_, i64>(2)?.cast_unsigned(), row.get::<_, i64>(3)?);
                    Ok(CallsPerRun { runs, mean, most, first_ms: first_ms.cast_unsigned() })
                };
                row.get::<_, Option<f64>>(1)?.map(figures).transpose()
            })?;
            Ok(found)
        })
    }

    /// How large the latest calls of a tool were; `None` for a tool never called.
    pub fn past_sizes(&self, server: &str, tool: &str) -> Result<Option<PastSizes>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT count(*), total(arguments_bytes), total(result_bytes) FROM (SELECT * FROM calls
                     WHERE server = ?1 AND tool = ?2 ORDER BY started_ms DESC LIMIT ?3)",
            )?;
            let (calls, arguments, result): (i64, f64, f64) = statement
                .query_row(params![server, tool, SAMPLE], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            let mean = |sum: f64| sum / calls as f64;
            let sizes = || PastSizes { calls: calls.cast_unsigned(), arguments: mean(arguments), result: mean(result) };
            Ok((calls > 0).then(sizes))
        })
    }
}

pub(crate) fn write(connection: &Connection, spend: &Spend) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached("INSERT INTO spending VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let Spend { principal, at_ms, server, tool, micros } = spend;
    statement.execute(params![&*principal.0, int(*at_ms), server, tool, int(*micros)])?;
    Ok(())
}
