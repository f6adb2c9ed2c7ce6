//! What only traces tell of executions and calls: names, times and numbers, never content.

use crate::command::{Command, Context};
use crate::error::JournalError;
use crate::journal::Journal;
use crate::read::{id, int};
use crate::write::int as sql;
use outboard_types::{ErrorCode, ExecutionId, TraceOrigin, TraceParent, Wire};
use rusqlite::params;
use serde::{Deserialize, Serialize};

/// Most marks of an execution that are read.
const MOST: u32 = 10_000;

/// What a trace shows of a call beside its row. Times count from the call's beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallTrace {
    /// Microseconds of its beginning beyond the whole milliseconds of the row.
    #[serde(skip_serializing_if = "is_default")]
    pub started_us: u64,
    /// What it was, where it was no tool call.
    #[serde(skip_serializing_if = "is_default")]
    pub kind: Option<String>,
    /// The line of the program that made it.
    #[serde(skip_serializing_if = "is_default")]
    pub line: Option<u32>,
    /// The rules that decided.
    #[serde(skip_serializing_if = "is_default")]
    pub rule: Option<String>,
    /// The question to a person.
    #[serde(skip_serializing_if = "is_default")]
    pub asked: Option<AskedNote>,
    /// How often it was sent.
    #[serde(skip_serializing_if = "is_default")]
    pub attempts: u32,
    /// The attempts that were not the last.
    #[serde(skip_serializing_if = "is_default")]
    pub failed: Vec<FailedAttempt>,
    /// How it went to its server; none where it never left.
    #[serde(skip_serializing_if = "is_default")]
    pub wire: Option<Wire>,
}

/// How long a person was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedNote {
    /// The id of the approval.
    pub approval: Option<String>,
    /// When it was asked.
    pub at_us: u64,
    /// How long until there was an answer.
    pub took_us: u64,
}

/// An attempt after which the call was sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedAttempt {
    /// When it failed.
    pub at_us: u64,
    /// How.
    pub code: ErrorCode,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl CallTrace {
    /// As a column; nothing where nothing is known.
    pub(crate) fn to_column(&self) -> Option<String> {
        if is_default(self) { None } else { serde_json::to_string(self).ok() }
    }

    /// A column of a later version may hold what is not understood here: then nothing is known.
    pub(crate) fn from_column(text: Option<String>) -> Self {
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }
}

/// Something that happened to an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The execution.
    pub execution: ExecutionId,
    /// When it began, in microseconds since 1970.
    pub at_us: u64,
    /// What it was.
    pub what: MarkKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MarkKind {
    /// Its client named the trace that it belongs to.
    Trace {
        /// The span that asked, as `traceparent`.
        parent: String,
        /// The `tracestate` with it.
        state: Option<String>,
        /// Another span that has to do with it.
        link: Option<String>,
    },
    /// A worker ran the program, or a part of it.
    Worker {
        /// Which one it was, from 1.
        attempt: u32,
        /// The engine.
        engine: String,
        /// How long it took to get it, in microseconds.
        ready_us: u64,
        /// How long it was needed in all.
        took_us: u64,
        /// What it computed.
        cpu_us: u64,
        /// Its largest memory, in bytes.
        peak_memory: u64,
        /// `ended`, `suspended` or `lost`.
        end: String,
    },
    /// What its end cost the model, in tokens; estimates where nothing counts exactly.
    Tokens {
        /// What the model wrote.
        model_out: u64,
        /// What it read at most.
        model_in: u64,
        /// What direct calls would have put into its context.
        direct_equivalent: u64,
        /// Bytes that passed between tools and the program.
        bytes: u64,
    },
    /// The program was looked at before it ran.
    Preflight {
        /// How long that took, in microseconds.
        took_us: u64,
        /// The code with which it was refused.
        refused: Option<String>,
    },
    /// Where the program is: the latest call that it made. Only the latest one is kept.
    Place {
        /// The number of the call.
        call: u64,
        /// The line that made it, from 1.
        line: u32,
    },
    /// A model asked for something else than a program: a search, a listing, one call.
    Request {
        /// The tool of ours, or the method.
        tool: String,
        /// On whose authority.
        principal: String,
        /// How long the answer took, in microseconds; none where a call of its own tells.
        took_us: Option<u64>,
        /// The code of its error.
        #[serde(default, skip_serializing_if = "is_default")]
        error: Option<String>,
    },
    /// What became a token in a direct call, as a text that is sealed in the file.
    Private {
        /// The notes.
        notes: String,
    },
    /// A model was asked for its next words.
    Turn {
        /// When its run began, in microseconds since 1970.
        run_us: u64,
        /// Its number in the run, from 1.
        turn: u32,
        /// Who provides the model.
        provider: String,
        /// The model.
        model: String,
        /// How long the answer took, in microseconds.
        took_us: u64,
        /// Tokens that it read, by its provider's count.
        input: u64,
        /// Those of them that came from the provider's cache.
        cached: u64,
        /// Tokens that it wrote.
        output: u64,
        /// Calls that it asked for.
        calls: u64,
        /// Whether it answered.
        ok: bool,
    },
    /// A model's run is over.
    Agent {
        /// Who provides the model.
        provider: String,
        /// The model.
        model: String,
        /// `direct` or `code`.
        mode: String,
        /// How long it took, in microseconds.
        took_us: u64,
        /// Its turns.
        turns: u32,
        /// The status that it ended with.
        status: String,
        /// What it cost, in millionths of a US dollar, where prices are known.
        cost_micros: Option<u64>,
    },
}

impl From<&TraceOrigin> for MarkKind {
    fn from(origin: &TraceOrigin) -> Self {
        Self::Trace {
            parent: origin.parent.to_string(),
            state: origin.state.as_deref().map(str::to_owned),
            link: origin.link.map(|link| link.to_string()),
        }
    }
}

impl MarkKind {
    /// What a client said, read back.
    pub fn origin(&self) -> Option<TraceOrigin> {
        let Self::Trace { parent, state, link } = self else { return None };
        let link = link.as_deref().and_then(TraceParent::parse);
        Some(TraceOrigin { link, ..TraceOrigin::read(parent, state.as_deref())? })
    }
}

impl Journal {
    /// Records what only a trace shows; returns at once.
    pub fn mark(&self, mark: Mark) {
        self.enqueue(Command::Mark(Box::new(mark)));
    }

    /// The marks of an execution in the order of time; those of a later version are left out.
    pub fn marks(&self, execution: &ExecutionId) -> Result<Vec<Mark>, JournalError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT execution, at_us, what FROM marks WHERE execution = ?1 ORDER BY at_us, rowid LIMIT ?2",
            )?;
            let rows = statement.query_and_then(params![execution.as_str(), MOST], |row| {
                Ok::<_, JournalError>((id(row, 0)?, int(row, 1)?, row.get::<_, String>(2)?))
            })?;
            let mut marks = Vec::new();
            for row in rows {
                let (execution, at_us, what) = row?;
                marks.extend(serde_json::from_str(&what).ok().map(|what| Mark { execution, at_us, what }));
            }
            Ok(marks)
        })
    }

    /// The call that a program made last, as far as it said, and the line that made it.
    pub fn place(&self, execution: &ExecutionId) -> Result<Option<(u64, u32)>, JournalError> {
        Ok(self.marks(execution)?.iter().find_map(|mark| match mark.what {
            MarkKind::Place { call, line } => Some((call, line)),
            _ => None,
        }))
    }

    /// The last of the notes on what became a token in a direct call.
    pub fn noted(&self, call: &ExecutionId) -> Result<Option<String>, JournalError> {
        let notes = self.marks(call)?.into_iter().rev().find_map(|mark| match mark.what {
            MarkKind::Private { notes } => Some(notes),
            _ => None,
        });
        self.sealed().open_some(notes)
    }

    /// The trace that an execution's client named.
    pub fn trace_origin(&self, execution: &ExecutionId) -> Result<Option<TraceOrigin>, JournalError> {
        Ok(self.marks(execution)?.iter().find_map(|mark| mark.what.origin()))
    }
}

/// Puts a place where the one before was; false for the first of its execution.
fn moved(context: &Context<'_>, mark: &Mark, what: &str) -> rusqlite::Result<bool> {
    let mut statement = context.connection.prepare_cached(
        "UPDATE marks SET at_us = ?2, what = ?3 WHERE execution = ?1 AND json_extract(what, '$.kind') = 'place'",
    )?;
    Ok(statement.execute(params![mark.execution.as_str(), sql(mark.at_us), what])? > 0)
}

pub(crate) fn write(context: &Context<'_>, mark: &Mark) -> rusqlite::Result<()> {
    let what = match &mark.what {
        MarkKind::Private { notes } => serde_json::to_string(&MarkKind::Private { notes: context.sealed.seal(notes) }),
        what => serde_json::to_string(what),
    };
    let what = what.unwrap_or_default();
    if matches!(mark.what, MarkKind::Place { .. }) && moved(context, mark, &what)? {
        return Ok(());
    }
    let mut statement =
        context.connection.prepare_cached("INSERT INTO marks (execution, at_us, what) VALUES (?1, ?2, ?3)")?;
    statement.execute(params![mark.execution.as_str(), sql(mark.at_us), what])?;
    Ok(())
}
