//! The one thread that writes: takes what waits, commits it as one transaction.

use crate::error::JournalError;
use crate::records::{CallRecord, Ending, ExecutionRecord};
use crate::write;
use outboard_types::ExecutionId;
use rusqlite::{Connection, TransactionBehavior};
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};

/// Most records in one transaction.
const GROUP: usize = 512;

/// How often a transaction is tried again while other processes hold the database, 5 seconds each.
const TRIES: usize = 3;

/// What the writer is asked to do.
pub(crate) enum Message {
    Begin(Box<ExecutionRecord>),
    End(ExecutionId, Box<Ending>),
    Call(Box<CallRecord>),
    /// Answer once all that came before is committed.
    Flush(SyncSender<()>),
}

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

/// Writes until every sender is gone and the queue is empty.
pub(crate) fn run(mut connection: Connection, owner: &str, queue: &Receiver<Message>, troubles: &Troubles) {
    let mut group = Vec::with_capacity(GROUP);
    while let Ok(first) = queue.recv() {
        group.push(first);
        while group.len() < GROUP
            && let Ok(next) = queue.try_recv()
        {
            group.push(next);
        }
        commit(&mut connection, owner, &group, troubles);
        for message in group.drain(..) {
            if let Message::Flush(answer) = message {
                // Whoever asked may have given up waiting.
                let _ = answer.send(());
            }
        }
    }
}

fn commit(connection: &mut Connection, owner: &str, group: &[Message], troubles: &Troubles) {
    let records = group.iter().filter(|message| !matches!(message, Message::Flush(_))).count();
    if records == 0 {
        return;
    }
    let mut result = attempt(connection, owner, group);
    for _ in 1..TRIES {
        if !matches!(&result, Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)) {
            break;
        }
        result = attempt(connection, owner, group);
    }
    match result {
        Err(error) => troubles.lost(records, &error.to_string()),
        Ok(refused) => refused.iter().for_each(|reason| troubles.lost(1, reason)),
    }
}

/// Gives the reasons of records that were refused one by one while the others were committed.
fn attempt(connection: &mut Connection, owner: &str, group: &[Message]) -> rusqlite::Result<Vec<String>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut refused = Vec::new();
    for message in group {
        match apply(&transaction, owner, message) {
            Err(error) if is_about_the_record(&error) => refused.push(refusal(message, &error)),
            other => other?,
        }
    }
    transaction.commit()?;
    Ok(refused)
}

fn apply(connection: &Connection, owner: &str, message: &Message) -> rusqlite::Result<()> {
    match message {
        Message::Begin(record) => write::begin(connection, record, owner),
        Message::End(id, ending) => write::end(connection, id, ending),
        Message::Call(record) => write::call(connection, record),
        Message::Flush(_) => Ok(()),
    }
}

/// Whether the record is at fault (it stands there already, or is too large) and not the database.
fn is_about_the_record(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{ConstraintViolation, TooBig};
    matches!(error, rusqlite::Error::StatementChangedRows(_))
        || matches!(error.sqlite_error_code(), Some(ConstraintViolation | TooBig))
}

fn refusal(message: &Message, error: &rusqlite::Error) -> String {
    match message {
        Message::Begin(record) => format!("the beginning of {}: {error}", record.id),
        Message::End(id, _) => format!("the ending of {id}, whose beginning is not recorded"),
        Message::Call(record) => format!("call {} of {}: {error}", record.number, record.execution),
        Message::Flush(_) => error.to_string(),
    }
}
