//! The handle that the rest of the program holds.

use crate::database::Database;
use crate::error::JournalError;
use crate::owner::Owner;
use crate::records::{CallRecord, Ending, ExecutionRecord, ExecutionRow};
use crate::writer::{self, Message, Troubles};
use crate::{read, schema, write};
use outboard_types::ExecutionId;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender};
use std::thread::JoinHandle;

/// Most records that wait to be written.
const QUEUE: usize = 4_096;

/// A handle on a journal; clones share one writer, which drains its queue when the last of them is dropped.
#[derive(Clone)]
pub struct Journal(Arc<Inner>);

struct Inner {
    database: Database,
    /// `None` only while being dropped: the writer ends when it is gone.
    queue: Option<SyncSender<Message>>,
    troubles: Troubles,
    thread: Option<JoinHandle<()>>,
}

/// Opens the journal at `path`, making it if absent, and gives up what vanished processes left unfinished.
pub fn open(path: &Path) -> Result<Journal, JournalError> {
    start(Database::file(path)?)
}

/// Makes a journal in memory that behaves like one in a file and is gone with its last handle; for tests.
pub fn memory() -> Result<Journal, JournalError> {
    start(Database::memory())
}

fn start(database: Database) -> Result<Journal, JournalError> {
    let mut connection = database.writer()?;
    schema::prepare(&mut connection, &database)?;
    let lost = give_up_lost(&mut connection).map_err(|error| database.explain(error))?;
    if lost > 0 {
        tracing::warn!(executions = lost, "executions of processes that are gone were marked as failed");
    }
    let troubles = Troubles::default();
    let (queue, waiting) = mpsc::sync_channel(QUEUE);
    let (owner, kept) = (Owner::current().to_string(), troubles.clone());
    let thread = std::thread::Builder::new()
        .name("journal".to_owned())
        .spawn(move || writer::run(connection, &owner, &waiting, &kept))
        .map_err(|error| JournalError::Open { path: database.path().to_owned(), reason: error.to_string() })?;
    Ok(Journal(Arc::new(Inner { database, queue: Some(queue), troubles, thread: Some(thread) })))
}

fn give_up_lost(connection: &mut Connection) -> rusqlite::Result<usize> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let lost = write::give_up_lost(&transaction)?;
    transaction.commit()?;
    Ok(lost)
}

impl Journal {
    /// Records that an execution begins, in status `running`.
    ///
    /// Like [`end`](Self::end) and [`call`](Self::call) it returns at once unless the queue is full; then it
    /// waits for room. A failure shows in [`flush`](Self::flush) and [`health`](Self::health).
    pub fn begin(&self, record: ExecutionRecord) {
        self.enqueue(Message::Begin(Box::new(record)));
    }

    /// Records how an execution ended.
    pub fn end(&self, id: &ExecutionId, ending: Ending) {
        self.enqueue(Message::End(id.clone(), Box::new(ending)));
    }

    /// Records a call that is over.
    pub fn call(&self, record: CallRecord) {
        self.enqueue(Message::Call(Box::new(record)));
    }

    /// Waits until everything recorded so far is on the disk; blocks the thread.
    ///
    /// `Err` when the writer has stopped or when any record since opening was lost.
    pub fn flush(&self) -> Result<(), JournalError> {
        let (answer, answered) = mpsc::sync_channel(1);
        let queue = self.0.queue.as_ref().ok_or(JournalError::Stopped)?;
        queue.send(Message::Flush(answer)).map_err(|_| JournalError::Stopped)?;
        answered.recv().map_err(|_| JournalError::Stopped)?;
        self.health()
    }

    /// Whether all records so far were accepted or are still waiting; does not block.
    pub fn health(&self) -> Result<(), JournalError> {
        self.0.troubles.check()?;
        match &self.0.thread {
            Some(thread) if !thread.is_finished() => Ok(()),
            _ => Err(JournalError::Stopped),
        }
    }

    /// The latest `limit` executions, newest first.
    pub fn executions(&self, limit: usize) -> Result<Vec<ExecutionRow>, JournalError> {
        self.0.database.read(|connection| read::executions(connection, limit))
    }

    /// One execution.
    pub fn execution(&self, id: &ExecutionId) -> Result<Option<ExecutionRow>, JournalError> {
        self.0.database.read(|connection| read::execution(connection, id))
    }

    /// The calls of an execution, by number.
    pub fn calls(&self, id: &ExecutionId) -> Result<Vec<CallRecord>, JournalError> {
        self.0.database.read(|connection| read::calls(connection, id))
    }

    fn enqueue(&self, message: Message) {
        let sent = self.0.queue.as_ref().is_some_and(|queue| queue.send(message).is_ok());
        if !sent {
            self.0.troubles.lost(1, "the journal's writer has stopped");
        }
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").field("path", &self.0.database.path()).finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop(self.queue.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the journal's writer panicked");
        }
    }
}
