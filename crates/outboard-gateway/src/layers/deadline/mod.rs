//! Bounds a whole call: waiting for a place, every attempt and the pauses between them. Waiting for a
//! person and for the run's own places lies outside, for neither is the server's doing.

use crate::{Answer, Layer, Next, Request};
use outboard_types::{ErrorCode, ServerName, ToolError};
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// The layer.
pub(crate) struct Deadline {
    limit: Duration,
    attempts: HashMap<ServerName, Duration>,
}

impl Deadline {
    /// One limit for all calls; for a server that is given more time for a single attempt, that time.
    pub(crate) fn new(limit: Duration, attempts: HashMap<ServerName, Duration>) -> Self {
        Self { limit, attempts }
    }

    fn limit(&self, server: &ServerName) -> Duration {
        self.attempts.get(server).map_or(self.limit, |attempt| self.limit.max(*attempt))
    }
}

impl Layer for Deadline {
    fn name(&self) -> &'static str {
        "deadline"
    }

    fn call<'a>(&'a self, mut request: Request, next: Next<'a>) -> Answer<'a> {
        let (id, clock) = (request.call.id.clone(), request.clock.clone());
        let limit = self.limit(&id.server);
        let deadline = Instant::now() + limit;
        request.deadline = Some(deadline);
        Box::pin(async move {
            let late = |_| {
                let message = format!("the call was not over within {limit:?}, waiting and attempts together");
                let hint = "the server may have acted; gateway.call_timeout in outboard.toml sets the limit";
                Err(ToolError::new(ErrorCode::Timeout, message).on(&id).hint(hint))
            };
            clock.within(limit, next.run(request)).await.unwrap_or_else(late)
        })
    }
}
