//! One run of one program, as the door sees it.

use outboard_catalog::Catalogue;
use outboard_types::{Call, CallContext, ErrorCode, ToolError, ToolId};
use serde_json::value::RawValue;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Semaphore;

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

/// The state that the calls of one execution share: its catalogue, its counters.
pub struct Run {
    context: Arc<CallContext>,
    catalogue: Arc<Catalogue>,
    limits: RunLimits,
    made: AtomicU64,
    pub(crate) places: Semaphore,
}

impl Run {
    /// A run that has made no call yet, pinned to one catalogue.
    pub fn new(context: CallContext, catalogue: Arc<Catalogue>, limits: RunLimits) -> Arc<Self> {
        let places = Semaphore::new(limits.concurrent.clamp(1, Semaphore::MAX_PERMITS));
        Arc::new(Self { context: Arc::new(context), catalogue, limits, made: AtomicU64::new(0), places })
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

    /// Numbers a new call of this run.
    pub fn prepare(&self, id: ToolId, arguments: Arc<RawValue>) -> Call {
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        Call { id, arguments, number, context: self.context.clone() }
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
