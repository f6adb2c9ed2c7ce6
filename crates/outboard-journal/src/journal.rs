//! The handle that the rest of the program holds.

use crate::audit::Sealer;
use crate::blobs::Blobs;
use crate::command::{Applied, Command, Message, Waiter};
use crate::database::Database;
use crate::durable::{Begun, Claim, Completion, Durability, Effect, Event, Intent};
use crate::error::JournalError;
use crate::faults::Faults;
use crate::follow::Follower;
use crate::owner::Owner;
use crate::records::{CallRecord, Ending, ExecutionFilter, ExecutionRecord, ExecutionRow, Status};
use crate::seal::{Seal, Sealed};
use crate::writer::{Troubles, Writer};
use crate::{read, schema, write};
use futures::channel::oneshot;
use futures::future::Either;
use outboard_types::ExecutionId;
use rusqlite::{Connection, TransactionBehavior};
use std::future::Future;
use std::path::Path;
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

/// Most records that wait to be written.
const QUEUE: usize = 4_096;

/// A handle on a journal; clones share one writer, which drains its queue when the last of them is dropped.
#[derive(Clone)]
pub struct Journal(Arc<Inner>);

struct Inner {
    database: Database,
    blobs: Option<Blobs>,
    sealed: Sealed,
    /// `None` only while being dropped: the writer ends when it is gone.
    queue: Option<SyncSender<Message>>,
    troubles: Troubles,
    follower: OnceLock<Arc<dyn Follower>>,
    thread: Option<JoinHandle<()>>,
}

/// Opens the journal at `path`, making it if absent, and gives up what vanished processes left unfinished, except
/// for executions that are to be resumed.
pub fn open(path: &Path) -> Result<Journal, JournalError> {
    open_sealed(path, None)
}

/// As [`open`], with texts unreadable at rest.
pub fn open_sealed(path: &Path, seal: Option<Arc<dyn Seal>>) -> Result<Journal, JournalError> {
    start(Database::file(path)?, Sealed::with(seal), Faults::default())
}

/// Opens a journal in which chosen commits fail; for tests.
#[cfg(any(test, feature = "faults"))]
pub fn open_with_faults(path: &Path, faults: Faults) -> Result<Journal, JournalError> {
    start(Database::file(path)?, Sealed::default(), faults)
}

/// Makes a journal in memory that behaves like one in a file and is gone with its last handle; for tests.
pub fn memory() -> Result<Journal, JournalError> {
    start(Database::memory(), Sealed::default(), Faults::default())
}

fn start(database: Database, sealed: Sealed, faults: Faults) -> Result<Journal, JournalError> {
    let (mut journal, writer) = parts(database, sealed, faults, &Owner::current().to_string())?;
    let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(move || writer.run());
    let opened = |error: std::io::Error| JournalError::Open {
        path: journal.database.path().to_owned(),
        reason: error.to_string(),
    };
    journal.thread = Some(thread.map_err(opened)?);
    Ok(Journal(Arc::new(journal)))
}

/// A handle, and what writes for it once somebody lets it.
fn parts(database: Database, sealed: Sealed, faults: Faults, owner: &str) -> Result<(Inner, Writer), JournalError> {
    let mut connection = database.writer()?;
    database.check(&connection)?;
    schema::prepare(&mut connection, &database)?;
    let lost = give_up_lost(&mut connection).map_err(|error| database.explain(error))?;
    if lost > 0 {
        tracing::warn!(executions = lost, "executions of processes that are gone were marked as failed");
    }
    let troubles = Troubles::default();
    let (queue, waiting) = mpsc::sync_channel(QUEUE);
    let in_file = !database.is_in_memory();
    let blobs = in_file.then(|| Blobs::beside(database.path()));
    let writer = Writer {
        connection,
        owner: owner.to_owned(),
        queue: waiting,
        troubles: troubles.clone(),
        blobs: blobs.clone(),
        sealer: Sealer::new(in_file.then(|| database.folder())),
        sealed: sealed.clone(),
        faults,
    };
    let inner =
        Inner { database, blobs, sealed, queue: Some(queue), troubles, follower: OnceLock::new(), thread: None };
    Ok((inner, writer))
}

/// A handle without a thread behind it, and what writes for it.
#[cfg(any(test, feature = "faults"))]
pub(crate) fn by_hand(database: Database, owner: &str) -> Result<(Journal, Writer), JournalError> {
    let (journal, writer) = parts(database, Sealed::default(), Faults::default(), owner)?;
    Ok((Journal(Arc::new(journal)), writer))
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
        self.enqueue(Command::Begin(Box::new(record)));
    }

    /// Records how an execution ended.
    pub fn end(&self, id: &ExecutionId, ending: Ending) {
        self.enqueue(Command::End(id.clone(), Box::new(ending)));
    }

    /// Records a call that is over.
    pub fn call(&self, record: CallRecord) {
        self.enqueue(Command::Call(Box::new(record)));
    }

    /// Records an audit entry; it takes its place in the chain when it is written.
    pub fn audit(&self, entry: crate::audit::AuditEntry) {
        self.enqueue(Command::Audit(Box::new(entry)));
    }

    /// Records an execution that can be replayed; it is on the disk when this resolves.
    ///
    /// Where the principal's session has an execution of the same idempotency key, nothing is recorded and that
    /// one is named.
    pub async fn begin_durable(&self, record: ExecutionRecord, with: Durability) -> Result<Begun, JournalError> {
        match self.ask(Command::BeginDurable(Box::new((record, with)))).await? {
            Applied::Begun(begun) => Ok(begun),
            _ => Err(JournalError::Stopped),
        }
    }

    /// Records a change of status of an execution that goes on; returns at once.
    pub fn status(&self, id: &ExecutionId, status: Status) {
        self.enqueue(Command::Status(id.clone(), status));
    }

    /// Records a call that is about to be made, when this is called, not when it is awaited.
    ///
    /// Resolves once the record is on the disk, and at once for a call that changes nothing. An error says that
    /// the call must not be made.
    pub fn intent(&self, intent: Intent) -> impl Future<Output = Result<(), JournalError>> + Send + use<> {
        let wait = intent.effect != Effect::ReadOnly;
        let command = Command::Intent(Box::new(intent));
        if wait {
            return Either::Left(self.done(command));
        }
        self.enqueue(command);
        Either::Right(std::future::ready(Ok(())))
    }

    /// Records how a call ended; dropping the future gives up waiting for the disk, not the record.
    pub fn completion(&self, completion: Completion) -> impl Future<Output = Result<(), JournalError>> + Send + use<> {
        self.event(completion.into())
    }

    /// Records something delivered to a program; like [`completion`](Self::completion).
    pub fn event(&self, event: Event) -> impl Future<Output = Result<(), JournalError>> + Send + use<> {
        self.done(Command::Event(Box::new(event)))
    }

    /// Executions that are not over and whose process is gone, oldest first: to be claimed and resumed.
    pub fn unfinished(&self) -> Result<Vec<ExecutionRow>, JournalError> {
        let all = self.read(read::unfinished)?;
        all.into_iter().filter(|(owner, _)| write::is_gone(owner)).map(|(_, row)| self.opened(row)).collect()
    }

    /// Takes over an execution whose process is gone; of several that try, one gets it.
    pub async fn claim(&self, id: &ExecutionId) -> Result<Claim, JournalError> {
        let id = id.clone();
        let job = move |context: &crate::command::Context<'_>| write::claim(context, &id).map(Applied::Claimed);
        match self.ask(Command::Job("a claim", Box::new(job))).await? {
            Applied::Claimed(claim) => Ok(claim),
            _ => Err(JournalError::Stopped),
        }
    }

    /// A number that is another one after something was committed, by whatever process; cheap to ask for.
    pub fn changes(&self) -> Result<u64, JournalError> {
        self.0.database.changes()
    }

    /// Lets somebody hear of what this process records; the first one counts.
    pub fn follow(&self, follower: Arc<dyn Follower>) {
        let _ = self.0.follower.set(follower);
    }

    /// Waits until everything recorded so far is on the disk; blocks the thread.
    ///
    /// `Err` when the disk refuses it, when the writer has stopped or when any record since opening was lost.
    pub fn flush(&self) -> Result<(), JournalError> {
        self.wait(Command::Flush)?;
        self.health()
    }

    /// Whether all records so far were accepted or are still waiting; does not block.
    pub fn health(&self) -> Result<(), JournalError> {
        self.0.troubles.check()?;
        match &self.0.thread {
            Some(thread) if thread.is_finished() => Err(JournalError::Stopped),
            _ => Ok(()),
        }
    }

    /// The latest `limit` executions, newest first.
    pub fn executions(&self, limit: usize) -> Result<Vec<ExecutionRow>, JournalError> {
        self.executions_like(&ExecutionFilter::default(), limit)
    }

    /// The latest `limit` executions that fit, newest first.
    pub fn executions_like(&self, filter: &ExecutionFilter, limit: usize) -> Result<Vec<ExecutionRow>, JournalError> {
        let rows = self.0.database.read(|connection| read::executions(connection, filter, limit))?;
        rows.into_iter().map(|row| self.opened(row)).collect()
    }

    /// One execution.
    pub fn execution(&self, id: &ExecutionId) -> Result<Option<ExecutionRow>, JournalError> {
        let found = self.0.database.read(|connection| read::execution(connection, id))?;
        found.map(|row| self.opened(row)).transpose()
    }

    pub(crate) fn opened(&self, mut row: ExecutionRow) -> Result<ExecutionRow, JournalError> {
        let sealed = &self.0.sealed;
        row.record.code = sealed.open(row.record.code)?;
        row.record.input = sealed.open_some(row.record.input)?;
        if let Some(durability) = &mut row.durability {
            durability.inspection = sealed.open_some(durability.inspection.take())?;
        }
        Ok(row)
    }

    pub(crate) fn sealed(&self) -> &Sealed {
        &self.0.sealed
    }

    /// Whether another execution of its session ran while this one was not over.
    pub fn shares_session(&self, id: &ExecutionId) -> Result<bool, JournalError> {
        self.0.database.read(|connection| read::shares_session(connection, id))
    }

    /// The calls of an execution, by number.
    pub fn calls(&self, id: &ExecutionId) -> Result<Vec<CallRecord>, JournalError> {
        self.0.database.read(|connection| read::calls(connection, id))
    }

    pub(crate) fn enqueue(&self, command: Command) {
        if self.send(command, None).is_err() {
            self.0.troubles.lost(1, "the journal's writer has stopped");
        }
    }

    /// Sends now; the future waits for the answer without a thread.
    pub(crate) fn ask(&self, command: Command) -> impl Future<Output = Result<Applied, JournalError>> + Send + use<> {
        let (sender, receiver) = oneshot::channel();
        let sent = self.send(command, Some(Waiter::Task(sender)));
        async move {
            sent?;
            receiver.await.map_err(|_| JournalError::Stopped)?
        }
    }

    fn done(&self, command: Command) -> impl Future<Output = Result<(), JournalError>> + Send + use<> {
        let answer = self.ask(command);
        async move { answer.await.map(drop) }
    }

    /// Blocks until the answer is there.
    pub(crate) fn wait(&self, command: Command) -> Result<Applied, JournalError> {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.send(command, Some(Waiter::Thread(sender)))?;
        receiver.recv().map_err(|_| JournalError::Stopped)?
    }

    fn send(&self, command: Command, waiter: Option<Waiter>) -> Result<(), JournalError> {
        let queue = self.0.queue.as_ref().ok_or(JournalError::Stopped)?;
        if let (Some(follower), Some(fact)) = (self.0.follower.get(), command.fact()) {
            follower.heard(fact);
        }
        queue.send(Message { command, waiter }).map_err(|_| JournalError::Stopped)
    }

    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, JournalError>) -> Result<T, JournalError> {
        self.0.database.read(work)
    }

    pub(crate) fn database(&self) -> &Database {
        &self.0.database
    }

    pub(crate) fn blobs(&self) -> Option<&Blobs> {
        self.0.blobs.as_ref()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.database.folder()
    }

    pub(crate) fn is_in_memory(&self) -> bool {
        self.0.database.is_in_memory()
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
