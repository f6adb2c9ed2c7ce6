//! What goes on now, in whatever process: for screens that show it.

use crate::error::JournalError;
use crate::journal::Journal;
use crate::read::{self, int};
use crate::records::ExecutionRow;
use crate::write::{int as sql, is_gone};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

/// An execution that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnderWay {
    /// What is known of it.
    pub row: ExecutionRow,
    /// Calls that are over.
    pub calls: u64,
    /// The last of them, as `server.tool`.
    pub last_call: Option<String>,
    /// The line that made the latest call, over or not.
    pub line: Option<u32>,
    /// Whether its process is known to be gone.
    pub is_left: bool,
}

/// What a server did lately.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ServerActivity {
    /// Its name.
    pub server: String,
    /// Calls that are over.
    pub calls: u64,
    /// Those that gave an error.
    pub errors: u64,
    /// How many gave which error, the most frequent first.
    pub codes: Vec<(String, u64)>,
    /// How long they took on average, in microseconds.
    pub mean_us: u64,
    /// When the last one began, in milliseconds since 1970.
    pub last_ms: u64,
}

impl ServerActivity {
    /// Adds calls with the same outcome; the mean is a sum until all are there.
    fn add(&mut self, code: Option<String>, [calls, took_us, last_ms]: [u64; 3]) {
        self.calls += calls;
        self.mean_us += took_us;
        self.last_ms = self.last_ms.max(last_ms);
        if let Some(code) = code {
            self.errors += calls;
            self.codes.push((code, calls));
        }
    }
}

impl Journal {
    /// Executions that are not over, of all processes, oldest first; at most `limit`.
    pub fn under_way(&self, limit: usize) -> Result<Vec<UnderWay>, JournalError> {
        let all = self.read(|connection| {
            let rows = read::unfinished(connection)?.into_iter().take(limit);
            rows.map(|(owner, row)| {
                let (calls, last_call) = called(connection, row.record.id.as_str())?;
                Ok(UnderWay { row, calls, last_call, line: None, is_left: is_gone(&owner) })
            })
            .collect::<Result<Vec<_>, JournalError>>()
        })?;
        let whole = |one: UnderWay| {
            let line = self.place(&one.row.record.id)?.map(|(_, line)| line);
            Ok(UnderWay { row: self.opened(one.row)?, line, ..one })
        };
        all.into_iter().map(whole).collect()
    }

    /// What servers did since a time, by name.
    pub fn server_activity(&self, since_ms: u64) -> Result<Vec<ServerActivity>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT server, error, count(*), sum(duration_us), max(started_ms) FROM calls WHERE started_ms >= ?1
                 GROUP BY server, error ORDER BY server, count(*) DESC",
            )?;
            let group = |row: &rusqlite::Row<'_>| -> Result<_, JournalError> {
                Ok((row.get(0)?, row.get::<_, Option<String>>(1)?, [int(row, 2)?, int(row, 3)?, int(row, 4)?]))
            };
            let mut all: Vec<ServerActivity> = Vec::new();
            for found in statement.query_and_then([sql(since_ms)], group)? {
                let (server, code, figures) = found?;
                if all.last().is_none_or(|last| last.server != server) {
                    all.push(ServerActivity { server, ..ServerActivity::default() });
                }
                all.iter_mut().next_back().into_iter().for_each(|last| last.add(code.clone(), figures));
            }
            all.iter_mut().for_each(|one| one.mean_us /= one.calls.max(1));
            Ok(all)
        })
    }
}

fn called(connection: &Connection, id: &str) -> Result<(u64, Option<String>), JournalError> {
    let count = "SELECT count(*) FROM calls WHERE execution = ?1";
    let calls = connection.prepare_cached(count)?.query_row([id], |row| row.get::<_, i64>(0))?;
    let last = "SELECT server || '.' || tool FROM calls WHERE execution = ?1 ORDER BY number DESC LIMIT 1";
    let last = connection.prepare_cached(last)?.query_row(params![id], |row| row.get(0)).optional()?;
    Ok((calls.cast_unsigned(), last))
}
