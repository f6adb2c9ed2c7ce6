//! What is recorded so that a program can be run again after a crash, and go on where it was.

use crate::blobs::INLINE;
use crate::command::{Applied, Context, Fault};
use crate::keys::CallKey;
use crate::records::ExecutionRecord;
use crate::write::{self, int};
use outboard_types::{Digest, ExecutionId, ToolError};
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$about:meta])* $type:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $type { $($(#[$doc])* #[serde(rename = $text)] $variant,)* }

        impl $type {
            /// The text form, in the journal and in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Understands the text form.
            pub fn parse(text: &str) -> Option<Self> {
                [$(Self::$variant),*].into_iter().find(|word| word.as_str() == text)
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What becomes of an execution whose process is gone.
    OnRestart {
        /// It is marked as failed when the journal is next opened.
        Fail = "fail",
        /// It waits until somebody resumes it.
        Suspend = "suspend",
        /// The next host resumes it.
        Resume = "resume",
    }
}

words! {
    /// What repeating a call may do.
    Effect {
        /// Nothing changes; its intent need not be on the disk before it leaves.
        ReadOnly = "read_only",
        /// Doing it twice is the same as once.
        Repeatable = "repeatable",
        /// Doing it twice may do its work twice.
        Effectful = "effectful",
    }
}

words! {
    /// What else is delivered to a program, or marked on its way.
    EventKind {
        /// A timer ended.
        Timer = "timer",
        /// Randomness, time or an id was drawn.
        Draw = "draw",
        /// Output up to here was shown.
        Console = "console",
        /// An approval was answered.
        Approval = "approval",
        /// The execution changed its status.
        State = "state",
    }
}

/// What a replay needs beside the program: fixed when the execution begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Durability {
    /// The policy that was in force.
    pub policy_version: Digest,
    /// The build of the runtime that ran the program.
    pub runtime: String,
    /// The client's key: unique per principal and session.
    pub idempotency_key: Option<String>,
    /// The digest of the program's text.
    pub code_digest: Digest,
    /// The seed of everything random.
    pub seed: u64,
    /// What the program's clock said at the start, in milliseconds since 1970.
    pub clock_ms: u64,
    /// Layers of confinement that this machine does not offer.
    pub missing_layers: Vec<String>,
    /// What was found in the program before it ran, as JSON text.
    pub inspection: Option<String>,
    /// What becomes of it when its process is gone.
    pub on_restart: OnRestart,
}

/// Whether an execution began, or had begun before under the same idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is recorded now.
    Started,
    /// The execution that the key belongs to.
    Exists(ExecutionId),
}

/// What came of claiming an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It belongs to this process now.
    Ours,
    /// It belongs to another process that lives, or of which nothing can be known.
    Taken,
    /// It is over.
    Ended,
    /// There is none of that id.
    Unknown,
}

/// A text, or where it is kept; load it with [`Journal::load`](crate::Journal::load).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// The text itself.
    Text(String),
    /// A large text, kept in a file of its own.
    Blob {
        /// Its digest.
        digest: Digest,
        /// Its size.
        bytes: u64,
    },
}

impl<T: Into<String>> From<T> for Value {
    fn from(text: T) -> Self {
        Self::Text(text.into())
    }
}

/// A call that is about to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// The execution it belongs to.
    pub execution: ExecutionId,
    /// Its number there, from 1.
    pub number: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// What it is recognised by in a replay; names server and tool.
    pub key: CallKey,
    /// Its arguments as JSON text.
    pub arguments: Value,
    /// What repeating it may do.
    pub effect: Effect,
}

/// How a call ended, and when its answer reached the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The execution it belongs to.
    pub execution: ExecutionId,
    /// The number of the call.
    pub number: u64,
    /// Its place, from 1, among everything delivered to the program: completions and events count together.
    pub order: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// The result as JSON text, or the error.
    pub outcome: Result<Value, ToolError>,
}

/// Something delivered to a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The execution it belongs to.
    pub execution: ExecutionId,
    /// Its place, from 1, among everything delivered to the program.
    pub order: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// What it is.
    pub what: What,
}

/// What was delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The answer to a call.
    Completed {
        /// The number of the call.
        call: u64,
        /// The result as JSON text, or the error.
        outcome: Result<Value, ToolError>,
    },
    /// Anything else.
    Noted {
        /// Its kind.
        kind: EventKind,
        /// What belongs to it, as text.
        body: Value,
    },
}

impl From<Completion> for Event {
    fn from(completion: Completion) -> Self {
        let Completion { execution, number, order, at_ms, outcome } = completion;
        Self { execution, order, at_ms, what: What::Completed { call: number, outcome } }
    }
}

pub(crate) fn begin(
    context: &Context<'_>,
    record: &ExecutionRecord,
    durability: &Durability,
) -> Result<Applied, Fault> {
    if let Some(key) = &durability.idempotency_key
        && let Some(id) = begun_under(context, record, key)?
    {
        return Ok(Applied::Begun(Begun::Exists(id)));
    }
    write::begin(context, record)?;
    let missing = serde_json::to_string(&durability.missing_layers).unwrap_or_default();
    let mut statement = context.connection.prepare_cached(
        "UPDATE executions SET policy_version = ?2, runtime = ?3, idempotency_key = ?4, code_digest = ?5, seed = ?6,
             clock_ms = ?7, missing_layers = ?8, inspection = ?9, on_restart = ?10
         WHERE id = ?1",
    )?;
    statement.execute(params![
        record.id.as_str(),
        durability.policy_version.to_string(),
        durability.runtime,
        durability.idempotency_key,
        durability.code_digest.to_string(),
        durability.seed.cast_signed(),
        int(durability.clock_ms),
        missing,
        durability.inspection.as_deref().map(|text| context.sealed.seal(text)),
        durability.on_restart.as_str(),
    ])?;
    Ok(Applied::Begun(Begun::Started))
}

fn begun_under(context: &Context<'_>, record: &ExecutionRecord, key: &str) -> rusqlite::Result<Option<ExecutionId>> {
    let mut statement = context
        .connection
        .prepare_cached("SELECT id FROM executions WHERE principal = ?1 AND session = ?2 AND idempotency_key = ?3")?;
    let found =
        statement.query_row(params![&*record.principal.0, record.session.as_str(), key], |row| row.get::<_, String>(0));
    Ok(found.optional()?.map(|id| ExecutionId(id.into())))
}

pub(crate) fn intent(context: &Context<'_>, intent: &Intent) -> Result<(), Fault> {
    write::require_ours(context, &intent.execution)?;
    let (body, blob, bytes) = placed(context, &intent.arguments)?;
    let mut statement = context.connection.prepare_cached(
        "INSERT INTO intents (execution, number, at_ms, branch, server, tool, arguments_digest, occurrence, effect,
             body, blob, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?;
    statement.execute(params![
        intent.execution.as_str(),
        int(intent.number),
        int(intent.at_ms),
        intent.key.branch,
        intent.key.server,
        intent.key.tool,
        intent.key.arguments.to_string(),
        intent.key.occurrence,
        intent.effect.as_str(),
        body,
        blob,
        bytes,
    ])?;
    Ok(())
}

pub(crate) fn event(context: &Context<'_>, event: &Event) -> Result<(), Fault> {
    write::require_ours(context, &event.execution)?;
    let error;
    let (kind, call, value) = match &event.what {
        What::Completed { call, outcome: Ok(value) } => ("result", Some(int(*call)), value),
        What::Completed { call, outcome: Err(failure) } => {
            error = Value::Text(serde_json::to_string(failure).map_err(|error| Fault::Refused(error.to_string()))?);
            ("error", Some(int(*call)), &error)
        }
        What::Noted { kind, body } => (kind.as_str(), None, body),
    };
    let (body, blob, bytes) = placed(context, value)?;
    let mut statement = context.connection.prepare_cached(
        "INSERT INTO events (execution, ord, at_ms, kind, call, body, blob, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let (id, order, at) = (event.execution.as_str(), int(event.order), int(event.at_ms));
    statement.execute(params![id, order, at, kind, call, body, blob, bytes])?;
    Ok(())
}

/// Keeps a value sealed in its row, or in a file when it is large: text, digest, size.
fn placed(context: &Context<'_>, value: &Value) -> Result<(Option<String>, Option<String>, i64), Fault> {
    Ok(match (value, context.blobs) {
        (Value::Blob { digest, bytes }, _) => (None, Some(digest.to_string()), int(*bytes)),
        (Value::Text(text), Some(blobs)) if text.len() > INLINE => {
            (None, Some(blobs.keep(&context.sealed.seal(text))?.to_string()), int(text.len() as u64))
        }
        (Value::Text(text), _) => (Some(context.sealed.seal(text)), None, int(text.len() as u64)),
    })
}
