//! Writes each call's intent down just before it leaves, behind every layer that may still hold it up.
//!
//! A call that waits for a person, a place or its turn has not been made: after a crash it is simply made.
//! Only one whose intent is on the disk and whose answer is not may have taken effect unseen.

use outboard_gateway::{Answer, Permit, Upstream};
use outboard_journal::{Intent, Journal};
use outboard_types::{Call, ErrorCode, ExecutionId, ToolError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Intents of calls that are on their way through the gateway.
#[derive(Clone, Default)]
pub struct Intents(Arc<Mutex<Table>>);

type Table = HashMap<(ExecutionId, u64), Announced>;

/// A call that is on its way.
struct Announced {
    /// Until it is written down.
    intent: Option<Intent>,
    /// What its server knows it by, at each attempt.
    key: Arc<str>,
}

impl Intents {
    /// A call that is going to be made, and is written down before it leaves.
    pub(crate) fn announce(&self, intent: Intent) {
        let (id, number) = (intent.execution.clone(), intent.number);
        let key = intent.key.idempotency_key(&id).into();
        self.table().insert((id, number), Announced { intent: Some(intent), key });
    }

    /// A call that is made again, and was written down before.
    pub(crate) fn announce_again(&self, execution: &ExecutionId, number: u64, key: String) {
        self.table().insert((execution.clone(), number), Announced { intent: None, key: key.into() });
    }

    /// Forgets a call that is over; gives what was announced of it, if it has not left.
    pub(crate) fn over(&self, execution: &ExecutionId, number: u64) -> Option<Intent> {
        self.table().remove(&(execution.clone(), number))?.intent
    }

    /// What has to be written down before a call leaves, and the key that it leaves with.
    fn leaving(&self, call: &Call) -> Option<(Option<Intent>, Arc<str>)> {
        let mut table = self.table();
        let found = table.get_mut(&(call.context.execution.clone(), call.number))?;
        Some((found.intent.take(), found.key.clone()))
    }

    /// A call could not be written down, so it has not left.
    fn stays(&self, intent: Intent) {
        if let Some(found) = self.table().get_mut(&(intent.execution.clone(), intent.number)) {
            found.intent = Some(intent);
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Writes down what is to be; a second attempt finds that the first one did.
    async fn write(&self, intent: Intent) -> Result<(), ToolError> {
        let written = self.journal.intent(intent.clone()).await;
        written.map_err(|error| {
            let id = format!("{}.{}", intent.key.server, intent.key.tool);
            self.intents.stays(intent);
            ToolError::new(ErrorCode::Internal, format!("the call of {id} could not be written down: {error}"))
                .hint("nothing was sent; check that state_dir is writable and not full, then call again")
        })
    }
}

impl<U: Upstream> Upstream for Journalled<U> {
    fn call<'a>(&'a self, permit: Permit, call: &'a Call) -> Answer<'a> {
        Box::pin(async move {
            let Some((intent, key)) = self.intents.leaving(call) else {
                return self.upstream.call(permit, call).await;
            };
            if let Some(intent) = intent {
                self.write(intent).await.map_err(|error| error.on(&call.id))?;
            }
            let known = Call { idempotency_key: Some(key), ..call.clone() };
            self.upstream.call(permit, &known).await
        })
    }
}
