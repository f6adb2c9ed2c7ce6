//! Ends an attempt that takes too long. Dropping the upstream's future is what tells the server to cancel.

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
        let (id, clock) = (request.call.id.clone(), request.clock.clone());
        let limit = self.by_server.get(&id.server).copied().unwrap_or(self.default);
        Box::pin(async move {
            let late = |_| {
                Err(ToolError::new(ErrorCode::Timeout, format!("no answer within {limit:?}")).on(&id).hint(format!(
                    "the server was told to cancel, but may have acted; servers.{}.timeout sets the limit",
                    id.server
                )))
            };
            clock.within(limit, next.run(request)).await.unwrap_or_else(late)
        })
    }
}
