//! What the writer is asked to do, and what it answers.

use crate::approvals::Answered;
use crate::audit::{AuditEntry, Signer};
use crate::blobs::Blobs;
use crate::durable::{Begun, Claim, Durability, Event, Intent};
use crate::error::JournalError;
use crate::marks::{self, Mark};
use crate::records::{CallRecord, Ending, ExecutionRecord, Status};
use crate::seal::Sealed;
use crate::spending::Spend;
use crate::state::StateAnswer;
use crate::tokens::{self, Counted};
use crate::{audit, durable, spending, write};
use futures::channel::oneshot;
use outboard_types::{Digest, ExecutionId};
use rusqlite::Connection;
use std::cell::Cell;
use std::sync::mpsc::SyncSender;

/// A change that is made within the writer's transaction; it may be tried more than once.
pub(crate) type Job = Box<dyn Fn(&Context<'_>) -> Result<Applied, Fault> + Send>;

/// What is to be written.
pub(crate) enum Command {
    Begin(Box<ExecutionRecord>),
    BeginDurable(Box<(ExecutionRecord, Durability)>),
    Status(ExecutionId, Status),
    End(ExecutionId, Box<Ending>),
    Call(Box<CallRecord>),
    Intent(Box<Intent>),
    Event(Box<Event>),
    Audit(Box<AuditEntry>),
    Spend(Box<Spend>),
    Mark(Box<Mark>),
    Counted(Vec<Counted>),
    /// Something rare; the text says what it is.
    Job(&'static str, Job),
    /// Answer once all that came before is committed.
    Flush,
}

/// What came of it.
pub(crate) enum Applied {
    Done,
    Begun(Begun),
    Answered(Box<Answered>),
    Claimed(Claim),
    /// How many and how many bytes.
    Removed(u64, u64),
    State(StateAnswer),
}

/// Why a record was not applied.
pub(crate) enum Fault {
    Sql(rusqlite::Error),
    Refused(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Refused(error.to_string())
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sql(error) => error.fmt(f),
            Self::Refused(reason) => f.write_str(reason),
        }
    }
}

/// What a change may use.
pub(crate) struct Context<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) owner: &'a str,
    /// None in memory, where everything stays in its row.
    pub(crate) blobs: Option<&'a Blobs>,
    pub(crate) signer: Option<&'a Signer>,
    pub(crate) sealed: &'a Sealed,
    /// The last link of the audit chain, once a change of this transaction looked it up.
    pub(crate) tail: Cell<Option<(u64, Digest)>>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        connection: &'a Connection,
        owner: &'a str,
        blobs: Option<&'a Blobs>,
        signer: Option<&'a Signer>,
        sealed: &'a Sealed,
    ) -> Self {
        Self { connection, owner, blobs, signer, sealed, tail: Cell::new(None) }
    }
}

impl Command {
    pub(crate) fn apply(&self, context: &Context<'_>) -> Result<Applied, Fault> {
        match self {
            Self::Begin(record) => write::begin(context, record)?,
            Self::BeginDurable(both) => return durable::begin(context, &both.0, &both.1),
            Self::Status(id, status) => write::status(context, id, *status)?,
            Self::End(id, ending) => write::end(context, id, ending)?,
            Self::Call(record) => write::call(context.connection, record)?,
            Self::Intent(intent) => durable::intent(context, intent)?,
            Self::Event(event) => durable::event(context, event)?,
            Self::Audit(entry) => audit::append(context, entry)?,
            Self::Spend(spend) => spending::write(context.connection, spend)?,
            Self::Mark(mark) => marks::write(context, mark)?,
            Self::Counted(rows) => tokens::write(context, rows)?,
            Self::Job(_, job) => return whole(context, job),
            Self::Flush => {}
        }
        Ok(Applied::Done)
    }

    pub(crate) fn refusal(&self, fault: &Fault) -> String {
        match self {
            Self::Begin(record) => format!("the beginning of {}: {fault}", record.id),
            Self::BeginDurable(both) => format!("the beginning of {}: {fault}", both.0.id),
            Self::Status(id, _) => format!("a status of {id}: {fault}"),
            Self::End(id, _) => format!("the ending of {id}: {fault}"),
            Self::Call(record) => format!("call {} of {}: {fault}", record.number, record.execution),
            Self::Intent(intent) => format!("the intent of call {} of {}: {fault}", intent.number, intent.execution),
            Self::Event(event) => format!("event {} of {}: {fault}", event.order, event.execution),
            Self::Audit(entry) => format!("an audit entry about {}: {fault}", entry.kind),
            Self::Spend(spend) => format!("spending of {}: {fault}", spend.principal.0),
            Self::Mark(mark) => format!("a mark of {}: {fault}", mark.execution),
            Self::Counted(rows) => format!("{} counts of tokens: {fault}", rows.len()),
            Self::Job(what, _) => format!("{what}: {fault}"),
            Self::Flush => fault.to_string(),
        }
    }
}

/// Does a job wholly or not at all.
fn whole(context: &Context<'_>, job: &Job) -> Result<Applied, Fault> {
    context.connection.execute_batch("SAVEPOINT job")?;
    let result = job(context);
    let end = if result.is_ok() { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
    context.connection.execute_batch(end)?;
    result
}

/// Who waits for an answer.
pub(crate) enum Waiter {
    Task(oneshot::Sender<Result<Applied, JournalError>>),
    Thread(SyncSender<Result<Applied, JournalError>>),
}

/// A command on its way to the writer.
pub(crate) struct Message {
    pub(crate) command: Command,
    pub(crate) waiter: Option<Waiter>,
}

impl Message {
    /// Whether somebody still wants the answer: a future that was dropped does not.
    pub(crate) fn is_awaited(&self) -> bool {
        match &self.waiter {
            Some(Waiter::Task(sender)) => !sender.is_canceled(),
            Some(Waiter::Thread(_)) => true,
            None => false,
        }
    }

    pub(crate) fn answer(self, answer: Result<Applied, String>) {
        let answer = answer.map_err(|reason| JournalError::Refused { reason });
        self.send(answer);
    }

    /// Tells whoever waits that the transaction failed; a record for which nobody waits comes back.
    pub(crate) fn failed(mut self, reason: &str) -> Option<Self> {
        if self.is_awaited() {
            self.send(Err(JournalError::Write { reason: reason.to_owned() }));
            return None;
        }
        self.waiter = None;
        Some(self)
    }

    fn send(self, answer: Result<Applied, JournalError>) {
        // Whoever asked may have given up meanwhile.
        match self.waiter {
            Some(Waiter::Task(sender)) => drop(sender.send(answer)),
            Some(Waiter::Thread(sender)) => drop(sender.send(answer)),
            None => {}
        }
    }
}
