//! The one thread that writes: takes what waits, commits it as one transaction.
//!
//! A transaction that fails is told to those who wait for it. Records for which nobody waits are kept and
//! written with the next one, so that a disk that was full for a while leaves no gap.

use crate::audit::Sealer;
use crate::blobs::Blobs;
use crate::command::{Applied, Command, Context, Fault, Message};
use crate::error::JournalError;
use crate::faults::Faults;
use crate::retention::PRUNING;
use crate::seal::Sealed;
use rusqlite::{Connection, TransactionBehavior};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Most records in one transaction.
const GROUP: usize = 512;

/// Most records kept while the disk refuses them.
const KEPT: usize = 8_192;

/// How often a transaction is tried again while other processes hold the database, 5 seconds each.
const TRIES: usize = 3;

/// How long to wait before kept records are tried again, or a head that is due is signed.
const PAUSE: Duration = Duration::from_millis(500);

/// What went wrong so far.
#[derive(Clone, Default)]
pub(crate) struct Troubles(Arc<Mutex<Option<(u64, String)>>>);

impl Troubles {
    pub(crate) fn check(&self) -> Result<(), JournalError> {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Ok(()),
            Some((records, reason)) => Err(JournalError::Lost { records: *records, reason: reason.clone() }),
        }
    }

    pub(crate) fn lost(&self, records: usize, reason: &str) {
        tracing::error!(records, reason, "journal records could not be written");
        let mut troubles = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, _) = troubles.get_or_insert_with(|| (0, reason.to_owned()));
        *count += records as u64;
    }
}

/// What the thread works with.
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    pub(crate) owner: String,
    pub(crate) queue: Receiver<Message>,
    pub(crate) troubles: Troubles,
    pub(crate) blobs: Option<Blobs>,
    pub(crate) sealer: Sealer,
    pub(crate) sealed: Sealed,
    pub(crate) faults: Faults,
}

type Answers = Vec<Result<Applied, String>>;

impl Writer {
    /// Writes until every sender is gone and the queue is empty.
    pub(crate) fn run(mut self) {
        let mut group = Vec::with_capacity(GROUP);
        while self.receive(&mut group) {
            self.commit(&mut group);
        }
        self.commit(&mut group);
        if !group.is_empty() {
            self.troubles.lost(group.len(), "the journal was closed while the disk refused them");
        }
        self.sealer.seal(&self.connection);
    }

    /// Fills the group with what waits; `false` once every sender is gone.
    fn receive(&self, group: &mut Vec<Message>) -> bool {
        let first = if group.is_empty() && !self.sealer.is_due_soon() {
            self.queue.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            self.queue.recv_timeout(PAUSE)
        };
        match first {
            Ok(message) => group.push(message),
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
        group.extend(self.queue.try_iter().take(GROUP - 1));
        true
    }

    /// Takes what waits now.
    #[cfg(any(test, feature = "faults"))]
    pub(crate) fn waiting(&self) -> impl Iterator<Item = Message> + '_ {
        self.queue.try_iter()
    }

    #[cfg(any(test, feature = "faults"))]
    pub(crate) fn fail_next(&mut self, kind: crate::faults::FaultKind) {
        self.faults.next(kind);
    }

    pub(crate) fn commit(&mut self, group: &mut Vec<Message>) {
        let result = self.attempts(group);
        let flush = group.iter().any(|message| matches!(message.command, Command::Flush));
        match result {
            Ok(answers) => {
                self.sealer.after_commit(&self.connection, flush);
                answer(group, answers, &self.troubles);
            }
            Err(reason) => self.keep(group, &reason),
        }
    }

    fn attempts(&mut self, group: &[Message]) -> Result<Answers, String> {
        if group.iter().all(|message| matches!(message.command, Command::Flush)) {
            return Ok(group.iter().map(|_| Ok(Applied::Done)).collect());
        }
        let entries = group.iter().filter(|message| matches!(message.command, Command::Audit(_))).count();
        let prunes = group.iter().any(|message| matches!(message.command, Command::Job(PRUNING, _)));
        self.sealer.before_commit(&self.connection, entries, prunes)?;
        let mut result = self.attempt(group);
        for _ in 1..TRIES {
            if !matches!(&result, Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)) {
                break;
            }
            result = self.attempt(group);
        }
        result.map_err(|error| error.to_string())
    }

    /// Applies a group; what is refused for itself does not take the others with it.
    fn attempt(&mut self, group: &[Message]) -> rusqlite::Result<Answers> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let context = Context::new(&transaction, &self.owner, self.blobs.as_ref(), self.sealer.signer(), &self.sealed);
        let mut answers = Vec::with_capacity(group.len());
        for message in group {
            match message.command.apply(&context) {
                Ok(applied) => answers.push(Ok(applied)),
                Err(Fault::Sql(error)) if !is_about_the_record(&error) => return Err(error),
                Err(fault) => answers.push(Err(message.command.refusal(&fault))),
            }
        }
        self.faults.before_commit()?;
        transaction.commit()?;
        self.faults.after_commit();
        Ok(answers)
    }

    /// Tells those who wait, keeps the rest.
    fn keep(&self, group: &mut Vec<Message>, reason: &str) {
        tracing::error!(reason, "a journal transaction failed");
        *group = group.drain(..).filter_map(|message| message.failed(reason)).collect();
        if group.len() > KEPT {
            let many = group.len() - KEPT;
            group.drain(..many);
            self.troubles.lost(many, reason);
        }
    }
}

fn answer(group: &mut Vec<Message>, answers: Answers, troubles: &Troubles) {
    for (message, answer) in group.drain(..).zip(answers) {
        if let (Err(reason), false) = (&answer, message.is_awaited()) {
            troubles.lost(1, reason);
        }
        message.answer(answer);
    }
}

/// Whether the record is at fault (it stands there already, or is too large) and not the database.
fn is_about_the_record(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{ConstraintViolation, TooBig};
    matches!(error.sqlite_error_code(), Some(ConstraintViolation | TooBig))
}
