//! What is recorded.

use crate::durable::Durability;
use crate::marks::CallTrace;
use outboard_types::{Digest, ErrorCode, ExecutionId, Language, Principal, SessionName};
use serde::{Deserialize, Serialize};

macro_rules! status {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// Where an execution is in its life.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Status { $($(#[$doc])* #[serde(rename = $text)] $variant,)* }

        impl Status {
            /// Every status.
            pub const ALL: &'static [Status] = &[$(Status::$variant),*];

            /// The status as it appears in the journal, in reports and in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Status::$variant => $text,)* }
            }
        }
    };
}

status! {
    /// It waits for a worker.
    Queued = "queued",
    /// Its program runs.
    Running = "running",
    /// It waits for a person's decision.
    WaitingApproval = "waiting_approval",
    /// It has given its worker up and waits to be resumed.
    Suspended = "suspended",
    /// Its program finished.
    Succeeded = "succeeded",
    /// Its program, or what ran it, failed.
    Failed = "failed",
    /// Somebody stopped it.
    Cancelled = "cancelled",
    /// A limit stopped it.
    LimitExceeded = "limit_exceeded",
}

impl Status {
    /// Understands the text form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|status| status.as_str() == text)
    }

    /// Whether nothing more happens after it.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled | Self::LimitExceeded)
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An execution as it begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionRecord {
    /// Its id, unique for all time.
    pub id: ExecutionId,
    /// When it began, in milliseconds since 1970.
    pub started_ms: u64,
    /// On whose authority it runs.
    pub principal: Principal,
    /// In which session.
    pub session: SessionName,
    /// The language of its program.
    pub language: Language,
    /// The program's text.
    pub code: String,
    /// The program's input as JSON text, where it was given one.
    pub input: Option<String>,
    /// The number of the surface it sees.
    pub generation: u64,
    /// The digest of that surface.
    pub surface: Digest,
    /// A short description of the confinement it ran in.
    pub isolation: String,
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// One of the final statuses.
    pub status: Status,
    /// When it ended, in milliseconds since 1970.
    pub ended_ms: u64,
    /// The error code, where it failed.
    pub error_code: Option<String>,
    /// The size of its result, before it was cut for the model.
    pub result_bytes: u64,
    /// Tokens the model wrote for it.
    pub model_in: u64,
    /// Tokens the model read of it.
    pub model_out: u64,
    /// Processor time of the worker, in milliseconds.
    pub cpu_ms: u64,
    /// The worker's largest memory, in bytes.
    pub peak_memory: u64,
}

/// One tool call, once it is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecord {
    /// The execution it belongs to.
    pub execution: ExecutionId,
    /// Its number there, from 1.
    pub number: u64,
    /// The server's name.
    pub server: String,
    /// The tool's name there.
    pub tool: String,
    /// The digest of its arguments; the arguments themselves are not kept.
    pub arguments_digest: Digest,
    /// The size of the arguments.
    pub arguments_bytes: u64,
    /// The size of the answer.
    pub result_bytes: u64,
    /// When it was made, in milliseconds since 1970.
    pub started_ms: u64,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// Why it failed, where it did.
    pub error: Option<ErrorCode>,
    /// What policy decided, and by which rule.
    pub decision: String,
    /// What only a trace shows.
    #[serde(default)]
    pub trace: CallTrace,
}

/// Which executions to list; all by default.
#[derive(Debug, Clone, Default)]
pub struct ExecutionFilter {
    /// Where they are.
    pub status: Option<Status>,
    /// Of this session.
    pub session: Option<SessionName>,
    /// On this authority.
    pub principal: Option<Principal>,
    /// Begun no earlier, in milliseconds since 1970.
    pub since: Option<u64>,
}

/// An execution as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionRow {
    /// How it began.
    pub record: ExecutionRecord,
    /// Where it is.
    pub status: Status,
    /// How it ended, where it has.
    pub ending: Option<Ending>,
    /// What a replay needs, where it was begun with that.
    pub durability: Option<Durability>,
}
