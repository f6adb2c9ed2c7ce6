//! Writes each call's intent down just before it leaves, behind every layer that may still hold it up.
//!
//! A call that waits for a person, a place or its turn has not been made: after a crash it is simply made.
//! Only one whose intent is on the disk and whose answer is not may have taken effect unseen.

use outboard_gateway::{Answer, Permit, Upstream};
use outboard_journal::{Intent, Journal};
use outboard_types::{Call, ErrorCode, ExecutionId, ToolError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Intents of calls that are on their way through the gateway.
#[derive(Clone, Default)]
pub struct Intents(Arc<Mutex<HashMap<(ExecutionId, u64), Intent>>>);

impl Intents {
    pub(crate) fn announce(&self, intent: Intent) {
        let key = (intent.execution.clone(), intent.number);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, intent);
    }

    /// What was announced of a call, if it has not left.
    pub(crate) fn take(&self, execution: &ExecutionId, number: u64) -> Option<Intent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(execution.clone(), number))
    }
}

/// An upstream in front of which intents are written.
pub struct Journalled<U> {
    upstream: Arc<U>,
    journal: Journal,
    intents: Intents,
}

impl<U: Upstream> Journalled<U> {
    /// Puts the journal in front of an upstream.
    pub fn new(upstream: Arc<U>, journal: Journal, intents: Intents) -> Self {
        Self { upstream, journal, intents }
    }
}

impl<U: Upstream> Upstream for Journalled<U> {
    fn call<'a>(&'a self, permit: Permit, call: &'a Call) -> Answer<'a> {
        Box::pin(async move {
            // A second attempt finds none: the first one's holds for it too.
            if let Some(intent) = self.intents.take(&call.context.execution, call.number) {
                self.journal.intent(intent).await.map_err(|error| {
                    ToolError::new(ErrorCode::Internal, format!("the call could not be written down: {error}"))
                        .on(&call.id)
                        .hint("nothing was sent; check that state_dir is writable and not full")
                })?;
            }
            self.upstream.call(permit, call).await
        })
    }
}
