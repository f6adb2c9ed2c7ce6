//! What waits to be sent: names of executions that ended, with the number of spans that they will be.

use outboard_journal::{Fact, MarkKind};
use outboard_types::ExecutionId;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// Most executions under way whose calls are counted.
const FOLLOWED: usize = 100_000;

/// One execution or direct call to send.
pub(super) struct Job {
    pub(super) id: ExecutionId,
    /// About how many spans it is.
    pub(super) weight: u64,
    pub(super) news: News,
}

/// What was heard of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// A call that may be its own, or of a program that goes on.
    Call,
    /// A request that may be its own, or of a conversation that goes on.
    Request,
    /// The end. It is heard of before the journal has it.
    End,
}

/// The receiving end.
pub(super) struct Jobs {
    receiver: mpsc::UnboundedReceiver<Job>,
    shared: Arc<Shared>,
}

pub(super) struct Shared {
    /// Spans that wait.
    waiting: AtomicU64,
    closed: AtomicBool,
    limit: u64,
    /// Calls so far of each execution that began here.
    running: Mutex<HashMap<ExecutionId, u64>>,
}

/// The sending end.
pub(super) struct Queue {
    sender: Mutex<Option<mpsc::UnboundedSender<Job>>>,
    shared: Arc<Shared>,
    traces: bool,
}

impl Queue {
    pub(super) fn new(limit: usize, traces: bool) -> (Self, Jobs) {
        // The bound is on spans, not on executions: `waiting` keeps it.
        let (sender, receiver) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            waiting: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            limit: limit as u64,
            running: Mutex::default(),
        });
        let jobs = Jobs { receiver, shared: shared.clone() };
        (Self { sender: Mutex::new(Some(sender)), shared, traces }, jobs)
    }

    /// Takes note; gives the number of spans that there was no room for.
    pub(super) fn heard(&self, fact: Fact<'_>) -> u64 {
        if !self.traces {
            return 0;
        }
        match fact {
            Fact::Began(record) => {
                let mut running = self.shared.running();
                if running.len() < FOLLOWED {
                    running.insert(record.id.clone(), 0);
                }
                0
            }
            Fact::Called(record) => match self.shared.running().get_mut(&record.execution) {
                Some(calls) => {
                    *calls += 1;
                    0
                }
                None => self.offer(&record.execution, 1, News::Call),
            },
            Fact::Ended(id, _) => {
                let calls = self.shared.running().remove(id).unwrap_or(0);
                self.offer(id, calls + 1, News::End)
            }
            Fact::Marked(mark) => match &mark.what {
                MarkKind::Agent { turns, .. } => self.offer(&mark.execution, u64::from(*turns) + 1, News::End),
                // A listing is no tool, and would be a trace of its own each time.
                MarkKind::Request { took_us: Some(_), tool, .. } if !tool.contains('/') => {
                    self.offer(&mark.execution, 1, News::Request)
                }
                _ => 0,
            },
            Fact::Audited(_) | Fact::Counted(_) => 0,
        }
    }

    fn offer(&self, id: &ExecutionId, weight: u64, news: News) -> u64 {
        let before = self.shared.waiting.fetch_add(weight, Ordering::AcqRel);
        // One execution is taken whatever its size, so that nothing is too large to be sent at all.
        let room = before == 0 || before + weight <= self.shared.limit;
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let taken =
            room && sender.as_ref().is_some_and(|sender| sender.send(Job { id: id.clone(), weight, news }).is_ok());
        if taken {
            return 0;
        }
        self.shared.waiting.fetch_sub(weight, Ordering::AcqRel);
        weight
    }

    /// Takes nothing more; what waits is still sent.
    pub(super) fn close(&self) {
        self.shared.closed.store(true, Ordering::Release);
        drop(self.sender.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Spans that wait.
    pub(super) fn waiting(&self) -> u64 {
        self.shared.waiting.load(Ordering::Acquire)
    }
}

impl Shared {
    fn running(&self) -> std::sync::MutexGuard<'_, HashMap<ExecutionId, u64>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Jobs {
    /// The next one; `None` after the last.
    pub(super) async fn next(&mut self) -> Option<Job> {
        self.receiver.recv().await
    }

    /// The next one, if it waits already.
    pub(super) fn ready(&mut self) -> Option<Job> {
        self.receiver.try_recv().ok()
    }

    /// So many spans wait no more.
    pub(super) fn done(&self, weight: u64) {
        self.shared.waiting.fetch_sub(weight, Ordering::AcqRel);
    }

    /// An execution that goes on, though it did not begin here: its calls are no news of their own.
    pub(super) fn goes_on(&self, id: &ExecutionId) {
        let mut running = self.shared.running();
        if running.len() < FOLLOWED {
            running.entry(id.clone()).or_default();
        }
    }

    /// Whether the end is near: nobody waits for a second try then.
    pub(super) fn is_closed(&self) -> bool {
        self.shared.closed.load(Ordering::Acquire)
    }
}
