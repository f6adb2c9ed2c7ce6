//! Ends a call that nobody waits for any more, wherever it stands: before a person, in a queue, between
//! two attempts or at the upstream. Dropping the rest of the chain is what tells each of them.

use crate::{Answer, Layer, Next, Request};
use outboard_types::{ErrorCode, ToolError};

/// The layer.
pub(crate) struct Cancel;

impl Layer for Cancel {
    fn name(&self) -> &'static str {
        "cancel"
    }

    fn call<'a>(&'a self, request: Request, next: Next<'a>) -> Answer<'a> {
        let (id, cancel) = (request.call.id.clone(), request.call.context.cancel.clone());
        Box::pin(async move {
            tokio::select! {
                biased;
                () = cancel.cancelled() => {
                    Err(ToolError::new(ErrorCode::Cancelled, "the execution ended before the answer came").on(&id))
                }
                outcome = next.run(request) => outcome,
            }
        })
    }
}
