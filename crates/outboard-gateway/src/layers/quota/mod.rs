//! Bounds how many calls a run makes, in all and at once.

use crate::{Answer, Layer, Next, Request};

/// The layer. Its counters live in the run, so they end with it.
pub(crate) struct Quota;

impl Layer for Quota {
    fn name(&self) -> &'static str {
        "quota"
    }

    fn call<'a>(&'a self, request: Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            if let Some(error) = request.run.over_total(&request.call) {
                return Err(error);
            }
            let run = request.run.clone();
            let _place = run.places.acquire().await.expect("invariant: a run never closes its semaphore");
            next.run(request).await
        })
    }
}
