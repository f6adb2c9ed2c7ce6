//! Where questions are kept, so that other processes can answer them and a restart does not lose them.

use outboard_journal::{Answer as StoreAnswer, Answered, ApprovalRecord, ApprovalStatus};
use outboard_types::ExecutionId;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A boxed future of a store's answer.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send + 'a>>;

/// Keeps questions.
pub trait ApprovalStore: Send + Sync {
    /// Writes a question down; durable when it returns.
    fn open(&self, record: ApprovalRecord) -> StoreFuture<'_, ()>;

    /// Answers a question if nobody has, whichever process asks; durable when it returns. A yes or no after
    /// the question's time is [`Answered::Expired`].
    fn answer(&self, id: String, answer: StoreAnswer) -> StoreFuture<'_, Answered>;

    /// One question.
    fn get(&self, id: &str) -> Result<Option<ApprovalRecord>, String>;

    /// The questions that nobody has answered, oldest first.
    fn pending(&self) -> Result<Vec<ApprovalRecord>, String>;

    /// The questions about one call of an execution, oldest first.
    fn of_call(&self, execution: &ExecutionId, call: u64) -> Result<Vec<ApprovalRecord>, String>;

    /// A number that changes whenever anything is written, by this process or another; cheap.
    fn changes(&self) -> Result<u64, String>;
}

/// Closed questions kept at most by [`MemoryApprovals`].
const KEPT: usize = 1_000;

/// Keeps questions as long as the process lives; for tests and for programs without a state folder.
#[derive(Default)]
pub struct MemoryApprovals(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    records: BTreeMap<String, ApprovalRecord>,
    changes: u64,
}

impl MemoryApprovals {
    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn filtered(&self, keep: impl Fn(&ApprovalRecord) -> bool) -> Vec<ApprovalRecord> {
        self.lock().records.values().filter(|record| keep(record)).cloned().collect()
    }
}

impl Memory {
    fn insert(&mut self, record: ApprovalRecord) {
        self.changes += 1;
        self.records.insert(record.id.clone(), record);
        if self.records.len() > KEPT {
            let closed = self.records.values().find(|record| record.status != ApprovalStatus::Pending);
            if let Some(id) = closed.map(|record| record.id.clone()) {
                self.records.remove(&id);
            }
        }
    }

    fn answer(&mut self, id: &str, answer: StoreAnswer) -> Answered {
        let Some(record) = self.records.get_mut(id) else { return Answered::Unknown };
        if record.status != ApprovalStatus::Pending {
            return Answered::Already(record.clone());
        }
        let decides = matches!(answer.status, ApprovalStatus::Approved | ApprovalStatus::Denied);
        if decides && answer.at_ms >= record.expires_ms {
            (record.status, record.answered_ms) = (ApprovalStatus::Expired, Some(answer.at_ms));
            self.changes += 1;
            return Answered::Expired(record.clone());
        }
        record.status = answer.status;
        record.scope = answer.scope;
        (record.answered_by, record.channel) = (Some(answer.by), Some(answer.channel));
        (record.answer_reason, record.answered_ms) = (answer.reason, Some(answer.at_ms));
        self.changes += 1;
        Answered::First(record.clone())
    }
}

impl ApprovalStore for MemoryApprovals {
    fn open(&self, record: ApprovalRecord) -> StoreFuture<'_, ()> {
        self.lock().insert(record);
        Box::pin(std::future::ready(Ok(())))
    }

    fn answer(&self, id: String, answer: StoreAnswer) -> StoreFuture<'_, Answered> {
        let answered = self.lock().answer(&id, answer);
        Box::pin(std::future::ready(Ok(answered)))
    }

    fn get(&self, id: &str) -> Result<Option<ApprovalRecord>, String> {
        Ok(self.lock().records.get(id).cloned())
    }

    fn pending(&self) -> Result<Vec<ApprovalRecord>, String> {
        Ok(self.filtered(|record| record.status == ApprovalStatus::Pending))
    }

    fn of_call(&self, execution: &ExecutionId, call: u64) -> Result<Vec<ApprovalRecord>, String> {
        Ok(self.filtered(|record| record.execution == *execution && record.call == call))
    }

    fn changes(&self) -> Result<u64, String> {
        Ok(self.lock().changes)
    }
}
