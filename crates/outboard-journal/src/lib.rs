//! The durable record of what was run and called, in one SQLite file.
//!
//! Writing is asynchronous: records go through a bounded queue to one writer thread, which commits whatever
//! waits as one transaction. A record is durable once a [`Journal::flush`] that was asked for after it has
//! returned `Ok`. Reading happens on connections of its own and sees what is committed.
//!
//! Several processes may have one journal open. An execution belongs to the process that began it; when that
//! process is gone, the next one to open the journal marks what it left unfinished as failed with
//! `worker_lost`. Nobody marks the executions of a process that lives, or of which it cannot be told: one in
//! another PID namespace.
//!
//! Never here: policy, settings, upstreams, the clock (times come with the records), or a decision on what is
//! fit to be recorded; what must not be kept has to be left out or masked by the caller.

mod database;
mod error;
mod journal;
mod owner;
mod read;
mod records;
mod schema;
mod write;
mod writer;

pub use error::JournalError;
pub use journal::{Journal, memory, open};
pub use records::{CallRecord, Ending, ExecutionRecord, ExecutionRow, Status};
