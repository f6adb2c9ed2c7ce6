//! Which trace an execution belongs to, and what is noted for those who draw it later.

use crate::executions::Executions;
use crate::report::Report;
use outboard_journal::{Journal, Mark, MarkKind};
use outboard_types::{ExecutionId, TraceContext, TraceOrigin};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Decides what the calls of an execution tell their servers about its trace.
pub type Propagate = Arc<dyn Fn(&ExecutionId, Option<&TraceOrigin>) -> Option<TraceContext> + Send + Sync>;

/// Where an execution stands in traces.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traced {
    /// What its client said.
    pub(crate) origin: Option<TraceOrigin>,
    /// What its calls tell their servers.
    pub(crate) context: Option<TraceContext>,
}

impl Executions {
    pub(crate) fn traced(&self, id: &ExecutionId, origin: Option<TraceOrigin>) -> Traced {
        Traced { context: self.trace_context(id, origin.as_ref()), origin }
    }

    /// The same for one that an earlier process began.
    pub(crate) fn traced_before(&self, id: &ExecutionId) -> Traced {
        self.traced(id, self.deps().journal.trace_origin(id).ok().flatten())
    }

    /// Decides by this from now on; the first one counts. Without one, what clients say is passed on.
    pub fn propagate(&self, by: Propagate) {
        let _ = self.propagation.set(by);
    }

    /// What calls of an execution, or a direct call, tell their servers.
    pub fn trace_context(&self, id: &ExecutionId, origin: Option<&TraceOrigin>) -> Option<TraceContext> {
        match self.propagation.get() {
            Some(propagate) => propagate(id, origin),
            None => origin.map(TraceContext::passed_on),
        }
    }

    /// Notes what a client said about the trace of an execution or a direct call.
    pub fn note_origin(&self, id: &ExecutionId, origin: &TraceOrigin) {
        note(&self.deps().journal, id, Duration::ZERO, origin.into());
    }
}

/// Notes something that began so long ago.
pub(crate) fn note(journal: &Journal, id: &ExecutionId, ago: Duration, what: MarkKind) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let at_us = now.saturating_sub(ago).as_micros() as u64;
    journal.mark(Mark { execution: id.clone(), at_us, what });
}

/// Longest report, in tokens, that is taken for granted where nothing says how much a model reads.
const REPORT: u64 = 4_000;

/// What an execution cost the model.
pub(crate) fn tokens(report: &Report) -> MarkKind {
    let result = report.result.as_ref().map_or(0, |result| result.get().len());
    MarkKind::Tokens {
        model_out: report.model_out,
        model_in: ((result + report.stdout.len()) as u64 / 4).min(REPORT),
        direct_equivalent: report.direct_equivalent,
        bytes: report.bytes,
    }
}

/// The times of one worker, as they come.
pub(crate) struct Watch {
    asked: Instant,
    ready: Duration,
}

impl Watch {
    /// It is asked for now.
    pub(crate) fn start() -> Self {
        Self { asked: Instant::now(), ready: Duration::ZERO }
    }

    /// It is there.
    pub(crate) fn ready(&mut self) {
        self.ready = self.asked.elapsed();
    }

    /// How long it took to get it, in microseconds.
    pub(crate) fn ready_us(&self) -> u64 {
        self.ready.as_micros() as u64
    }

    /// Since it was asked for.
    pub(crate) fn elapsed(&self) -> Duration {
        self.asked.elapsed()
    }

    /// Since it was there.
    pub(crate) fn running(&self) -> Duration {
        self.asked.elapsed().saturating_sub(self.ready)
    }
}
