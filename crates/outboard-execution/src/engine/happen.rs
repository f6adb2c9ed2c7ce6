//! What is under way for a program, and what becomes of it.

use super::Engine;
use super::answers::Given;
use super::ends::{End, cancelled};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use outboard_journal::{Event, EventKind, Journal, JournalError, Status, Value};
use outboard_types::now_ms;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// How long to wait before something is written again that the disk refused.
const AGAIN: Duration = Duration::from_millis(500);

/// Writes now; what is dropped before it resolves is written all the same, as soon as the disk takes it. The
/// future resolves when it is on the disk, however long that takes, or when it never can be.
pub(super) fn write(journal: Journal, event: Event) -> impl Future<Output = ()> + Send + use<> {
    let mut written = Box::pin(journal.event(event.clone()));
    async move {
        while let Err(error) = written.await {
            tracing::error!(%error, execution = %event.execution, "an answer could not be written down");
            // Refused: somebody else goes on with the execution, or the journal is closed.
            if !matches!(error, JournalError::Write { .. }) {
                return;
            }
            tokio::time::sleep(AGAIN).await;
            written = Box::pin(journal.event(event.clone()));
        }
    }
}

/// Something that is under way.
pub(super) type Happening = Pin<Box<dyn Future<Output = Happened> + Send>>;
pub(super) type Pending = FuturesUnordered<Happening>;

/// What a program waits for, by its number in the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum What {
    Call(u64),
    Timer(u64),
    /// Leave to run at all; part of no history.
    Leave,
}

/// Something that the program waits for is over.
pub(super) struct Happened {
    pub(super) what: What,
    pub(super) given: Given,
}

impl Engine {
    /// Puts something under way that the program waits for.
    pub(super) fn begin(&mut self, what: What, work: impl Future<Output = Given> + Send + 'static) {
        self.begin_holding(what, 0, work);
    }

    /// The same for what holds so many bytes until it is over.
    pub(super) fn begin_holding(
        &mut self,
        what: What,
        bytes: usize,
        work: impl Future<Output = Given> + Send + 'static,
    ) {
        self.under_way.insert(what, bytes);
        self.pending.push(Box::pin(async move { Happened { what, given: work.await } }));
    }

    /// Takes a place in the order of what the program is given, and writes it down. The future resolves when
    /// it is on the disk; the record is made when this is called.
    pub(super) fn record(&mut self, what: What, given: &Given) -> (u64, impl Future<Output = ()> + Send + use<>) {
        self.order += 1;
        let at_ms = now_ms();
        let what = match what {
            What::Call(call) => {
                let outcome = given.as_ref().map(|value| Value::from(value.get())).map_err(Clone::clone);
                outboard_journal::What::Completed { call, outcome }
            }
            What::Leave => outboard_journal::What::Noted { kind: EventKind::Approval, body: "".into() },
            What::Timer(number) => {
                outboard_journal::What::Noted { kind: EventKind::Timer, body: number.to_string().into() }
            }
        };
        let event = Event { execution: self.id().clone(), order: self.order, at_ms, what };
        (at_ms, write(self.deps.journal.clone(), event))
    }

    /// Waits without a worker until something happens; an end only when somebody cancels.
    pub(super) async fn sleep(&mut self) -> Option<End> {
        self.say(Status::Suspended);
        let cancel = self.live.cancel.clone();
        let happened = tokio::select! {
            biased;
            () = cancel.cancelled() => return Some(End::Failed(Status::Cancelled, cancelled())),
            happened = self.pending.next() => happened,
        };
        if let Some(Happened { what, given }) = happened {
            self.under_way.remove(&what);
            if what == What::Leave {
                self.has_leave = given.is_ok();
                return given.err().map(|error| End::Failed(Status::Failed, error));
            }
            let (_, written) = self.record(what, &given);
            written.await;
        }
        None
    }

    /// Says where the execution is.
    pub(super) fn say(&self, status: Status) {
        self.live.is(status);
        // A run over recorded answers is nobody's execution: there is no life cycle to write down.
        if !self.is_offline() {
            self.deps.journal.status(self.id(), status);
        }
    }
}
