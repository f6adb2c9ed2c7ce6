//! Tokens that texts have, counted aside from the path of calls: numbers, never the texts.

use crate::command::{Command, Context};
use crate::durable::words;
use crate::error::JournalError;
use crate::journal::Journal;
use crate::read::{id, int, understood};
use crate::write::int as sql;
use outboard_types::ExecutionId;
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use std::ops::Range;

words! {
    /// What a counted text is.
    TextPart {
        /// Tool definitions that a model was given.
        Definitions = "definitions",
        /// Arguments of a call or of a request.
        Arguments = "arguments",
        /// What a call or a request gave.
        Results = "results",
        /// A program with its input.
        Code = "code",
        /// What a model was told of an execution, each time that it was told.
        Reports = "reports",
    }
}

/// The tokens of one text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The execution, direct call or request that it belongs to.
    pub execution: ExecutionId,
    /// What the text is.
    pub part: TextPart,
    /// The number of its call; 0 for what belongs to the whole.
    pub call: u64,
    /// When it was counted, in milliseconds since 1970.
    pub at_ms: u64,
    /// How many.
    pub tokens: u64,
    /// By which tokenizer, such as `o200k`.
    pub counter: String,
}

impl Journal {
    /// Records counts; returns at once. Reports add up, of everything else the last count stands.
    pub fn counted(&self, rows: Vec<Counted>) {
        self.enqueue(Command::Counted(rows));
    }

    /// The counts that belong to an execution, a direct call or a request.
    pub fn tokens(&self, execution: &ExecutionId) -> Result<Vec<Counted>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT execution, part, call, at_ms, tokens, counter FROM tokens WHERE execution = ?1
                 ORDER BY part, call",
            )?;
            statement.query_and_then([execution.as_str()], counted)?.collect()
        })
    }

    /// Sums of those counts by what the texts are.
    pub fn token_sums(&self, execution: &ExecutionId) -> Result<Vec<(TextPart, u64)>, JournalError> {
        self.read(|connection| {
            let text = "SELECT part, sum(tokens) FROM tokens WHERE execution = ?1 GROUP BY part";
            let mut statement = connection.prepare_cached(text)?;
            let sum = |row: &Row<'_>| -> Result<_, JournalError> {
                Ok((understood("a part of a conversation", row.get(0)?, TextPart::parse)?, int(row, 1)?))
            };
            statement.query_and_then([execution.as_str()], sum)?.collect()
        })
    }

    /// The tokenizers that counted in a span of time, in milliseconds since 1970.
    pub fn tokenizers(&self, within: Range<u64>) -> Result<Vec<String>, JournalError> {
        self.read(|connection| {
            let text = "SELECT DISTINCT counter FROM tokens WHERE at_ms >= ?1 AND at_ms < ?2 ORDER BY counter";
            let mut statement = connection.prepare_cached(text)?;
            let names = statement.query_map(params![sql(within.start), sql(within.end)], |row| row.get(0))?;
            Ok(names.collect::<rusqlite::Result<_>>()?)
        })
    }
}

fn counted(row: &Row<'_>) -> Result<Counted, JournalError> {
    Ok(Counted {
        execution: id(row, 0)?,
        part: understood("a part of a conversation", row.get(1)?, TextPart::parse)?,
        call: int(row, 2)?,
        at_ms: int(row, 3)?,
        tokens: int(row, 4)?,
        counter: row.get(5)?,
    })
}

pub(crate) fn write(context: &Context<'_>, rows: &[Counted]) -> rusqlite::Result<()> {
    let mut statement = context.connection.prepare_cached(
        "INSERT INTO tokens (execution, part, call, at_ms, tokens, counter) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET at_ms = excluded.at_ms, counter = excluded.counter,
             tokens = excluded.tokens + CASE excluded.part WHEN 'reports' THEN tokens ELSE 0 END",
    )?;
    for row in rows {
        let (call, at, tokens) = (sql(row.call), sql(row.at_ms), sql(row.tokens));
        statement.execute(params![row.execution.as_str(), row.part.as_str(), call, at, tokens, row.counter])?;
    }
    Ok(())
}
