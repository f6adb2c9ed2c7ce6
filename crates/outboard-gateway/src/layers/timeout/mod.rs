//! Ends a call that takes too long or that nobody waits for any more. Dropping the upstream's future is
//! what tells the server to cancel.

use crate::{Answer, Layer, Next, Request};
use outboard_types::{ErrorCode, ServerName, ToolError};
use std::collections::HashMap;
use std::time::Duration;

/// The layer.
pub(crate) struct Timeout {
    default: Duration,
    by_server: HashMap<ServerName, Duration>,
}

impl Timeout {
    /// Limits by server, and one for all others.
    pub(crate) fn new(default: Duration, by_server: HashMap<ServerName, Duration>) -> Self {
        Self { default, by_server }
    }
}

impl Layer for Timeout {
    fn name(&self) -> &'static str {
        "timeout"
    }

    fn call<'a>(&'a self, request: Request, next: Next<'a>) -> Answer<'a> {
        let id = request.call.id.clone();
        let cancel = request.call.context.cancel.clone();
        let limit = self.by_server.get(&id.server).copied().unwrap_or(self.default);
        Box::pin(async move {
            tokio::select! {
                biased;
                () = cancel.cancelled() => {
                    Err(ToolError::new(ErrorCode::Cancelled, "the execution ended before the answer came").on(&id))
                }
                outcome = next.run(request) => outcome,
                () = tokio::time::sleep(limit) => Err(late(limit).on(&id).hint(format!(
                    "the server was told to cancel, but may have acted; servers.{}.timeout sets the limit",
                    id.server
                ))),
            }
        })
    }
}

fn late(limit: Duration) -> ToolError {
    ToolError::new(ErrorCode::Timeout, format!("no answer within {limit:?}"))
}
