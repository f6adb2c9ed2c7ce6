//! The durable record of what was run and called, in one SQLite file.
//!
//! Writing is asynchronous: records go through a bounded queue to one writer thread, which commits whatever
//! waits as one transaction. A record is durable once a [`Journal::flush`] that was asked for after it has
//! returned `Ok`. Reading happens on connections of its own and sees what is committed.
//!
//! Several processes may have one journal open. An execution belongs to the process that began or claimed it,
//! and only that one writes about it. When the process is gone, the next one to open the journal marks what it
//! left unfinished as failed with `worker_lost`, unless it was begun to be resumed: then it is listed by
//! [`Journal::unfinished`] until somebody [claims](Journal::claim) it. Nobody touches the executions of a
//! process that lives, or of which it cannot be told: one in another PID namespace.
//!
//! Beside the database lie `blobs/` with large values, and key and head of the audit log; a folder holds one
//! journal. It has to be on a disk of this machine.
//!
//! Never here: policy, settings, upstreams, the clock (times come with the records), or a decision on what is
//! fit to be recorded; what must not be kept has to be left out or masked by the caller.

mod activity;
mod alerts;
mod approvals;
mod audit;
mod blobs;
#[cfg(any(test, feature = "faults"))]
mod byhand;
mod command;
mod database;
mod durable;
mod error;
mod exchange;
mod faults;
mod follow;
mod gather;
mod history;
mod journal;
mod keys;
mod marks;
mod matcher;
mod models;
mod network;
mod orders;
mod owner;
mod pages;
mod read;
mod records;
mod retention;
mod schema;
mod seal;
mod series;
mod spending;
mod state;
mod tokens;
mod usage;
mod write;
mod writer;

pub use activity::{ServerActivity, UnderWay};
pub use alerts::Alert;
pub use approvals::{Answer, Answered, ApprovalFilter, ApprovalRecord, ApprovalScope, ApprovalStatus};
pub use audit::{
    AuditEntry, AuditFault, AuditFilter, AuditLook, AuditPage, AuditRow, AuditWords, Shown, Tampering, Verification,
};
#[cfg(any(test, feature = "faults"))]
pub use byhand::{Disk, Platter};
pub use durable::{Begun, Claim, Completion, Durability, Effect, Event, EventKind, Intent, OnRestart, Value, What};
pub use error::JournalError;
#[cfg(any(test, feature = "faults"))]
pub use faults::{FaultKind, Faults};
pub use follow::{Fact, Follower};
pub use gather::{Giver, Taker, gather};
pub use history::History;
#[cfg(any(test, feature = "faults"))]
pub use journal::open_with_faults;
pub use journal::{Journal, memory, open, open_sealed};
pub use keys::{CallKey, Keys};
pub use marks::{AskedNote, CallTrace, FailedAttempt, Mark, MarkKind};
pub use matcher::{Match, Matcher, Mismatch};
pub use models::{ModelUsage, RequestUsage};
pub use orders::{Order, OrderRecord, Verdict};
pub use pages::{CallAnswer, EventRow, PageKey};
pub use records::{CallRecord, Ending, ExecutionFilter, ExecutionRecord, ExecutionRow, Status};
pub use retention::{Removed, Retention};
pub use seal::Seal;
pub use series::{ServerFigures, Span};
pub use spending::{CallsPerRun, PastSizes, Spend};
pub use state::{StateAnswer, StateChange, StateEntry, StateLimits, StateScope};
pub use tokens::{Counted, TextPart};
pub use usage::{Usage, UsageBy};
