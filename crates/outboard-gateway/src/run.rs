//! One run of one program, as the door sees it.

use crate::approvals::Grants;
use crate::layers::quota::Meters;
use crate::runaway::Tallies;
use crate::spending::Money;
use outboard_catalog::Catalogue;
use outboard_types::{Call, CallContext, CallTracing, Digest, ErrorCode, ToolError, ToolId, TraceContext};
use serde_json::value::RawValue;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use tokio::sync::{Semaphore, watch};

/// How many calls a run may make.
#[derive(Debug, Clone, Copy)]
pub struct RunLimits {
    /// Calls in all; default 1,000.
    pub total: u64,
    /// Calls under way at once; default 16. More wait for their turn and are not charged for waiting.
    pub concurrent: usize,
}

impl Default for RunLimits {
    fn default() -> Self {
        Self { total: 1_000, concurrent: 16 }
    }
}

/// The state that the calls of one execution share: its catalogue, its counters, what it was granted. All
/// of it ends with the run.
pub struct Run {
    context: Arc<CallContext>,
    catalogue: Arc<Catalogue>,
    limits: RunLimits,
    code: OnceLock<Digest>,
    trace: OnceLock<TraceContext>,
    made: AtomicU64,
    waiting: watch::Sender<usize>,
    suspended: AtomicBool,
    pub(crate) places: Semaphore,
    pub(crate) meters: Meters,
    pub(crate) tallies: Tallies,
    pub(crate) grants: Grants,
    /// What its calls cost so far, those under way included.
    pub(crate) spent: Mutex<Money>,
}

impl Run {
    /// A run that has made no call yet, pinned to one catalogue.
    pub fn new(context: CallContext, catalogue: Arc<Catalogue>, limits: RunLimits) -> Arc<Self> {
        let places = Semaphore::new(limits.concurrent.clamp(1, Semaphore::MAX_PERMITS));
        Arc::new(Self {
            context: Arc::new(context),
            catalogue,
            limits,
            code: OnceLock::new(),
            trace: OnceLock::new(),
            made: AtomicU64::new(0),
            waiting: watch::Sender::new(0),
            suspended: AtomicBool::new(false),
            places,
            meters: Meters::default(),
            tallies: Tallies::default(),
            grants: Grants::default(),
            spent: Mutex::default(),
        })
    }

    /// Says which program runs, for the audit log; the first one said counts.
    pub fn set_code(&self, code: Digest) {
        let _ = self.code.set(code);
    }

    /// The digest of the program, where there is one.
    pub fn code(&self) -> Option<Digest> {
        self.code.get().copied()
    }

    /// Says which trace its calls belong to; the first one said counts.
    pub fn set_trace(&self, trace: TraceContext) {
        let _ = self.trace.set(trace);
    }

    /// The circumstances that all calls of the run share.
    pub fn context(&self) -> &CallContext {
        &self.context
    }

    /// The catalogue that the run is pinned to.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// The limits of the run.
    pub fn limits(&self) -> RunLimits {
        self.limits
    }

    /// Calls made so far, refused ones included.
    pub fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// How many calls wait for a person, as it changes.
    pub fn waiting_approval(&self) -> watch::Receiver<usize> {
        self.waiting.subscribe()
    }

    /// Says that the run is put aside to be resumed: calls that are dropped from now on leave their
    /// approvals open, and the same call of the resumed execution takes them up again.
    pub fn suspend(&self) {
        self.suspended.store(true, Ordering::Release);
    }

    pub(crate) fn is_suspended(&self) -> bool {
        self.suspended.load(Ordering::Acquire)
    }

    /// Counts a call that waits for a person, until the guard is dropped.
    pub(crate) fn wait_for_person(self: &Arc<Self>) -> WaitingForPerson {
        self.waiting.send_modify(|count| *count += 1);
        WaitingForPerson(self.clone())
    }

    /// Numbers a new call of this run.
    pub fn prepare(&self, id: ToolId, arguments: Arc<RawValue>) -> Call {
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        self.numbered(number, id, arguments)
    }

    /// Takes a call of a replayed program, which has the number it had before.
    pub fn prepare_numbered(&self, number: u64, id: ToolId, arguments: Arc<RawValue>) -> Call {
        self.made.fetch_max(number, Ordering::Relaxed);
        self.numbered(number, id, arguments)
    }

    fn numbered(&self, number: u64, id: ToolId, arguments: Arc<RawValue>) -> Call {
        let trace =
            self.trace.get().map_or_else(CallTracing::default, |trace| trace.of_call(&self.context.execution, number));
        Call { id, arguments, number, idempotency_key: None, trace, context: self.context.clone() }
    }

    /// Turns names as a program or a model wrote them into the tool they mean. `server` may be empty when
    /// `tool` is a joined name. The catalogue decides; names are never taken apart by guessing.
    pub fn resolve(&self, server: &str, tool: &str) -> Result<ToolId, ToolError> {
        let found = match server {
            "" => self.catalogue.find_joined(tool)?,
            _ => self.catalogue.find(server, tool)?,
        };
        Ok(found.id.clone())
    }

    pub(crate) fn over_total(&self, call: &Call) -> Option<ToolError> {
        let limit = self.limits.total;
        (call.number > limit).then(|| {
            ToolError::new(ErrorCode::LimitExceeded, format!("this execution already made its {limit} calls"))
                .on(&call.id)
                .hint("ask for more in one call, or raise sandbox.total_calls in outboard.toml")
        })
    }
}

/// One call that waits for a person.
pub(crate) struct WaitingForPerson(Arc<Run>);

impl Drop for WaitingForPerson {
    fn drop(&mut self) {
        self.0.waiting.send_modify(|count| *count = count.saturating_sub(1));
    }
}
