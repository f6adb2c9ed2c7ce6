//! Private values at the door: tokens in arguments become the values that they stand for, and private values
//! in answers are taken note of, so that it is known later where they came from.

use crate::{Answer, Kind, Layer, Next, Privacy, Request};
use std::sync::Arc;

/// The layer.
pub(crate) struct Private {
    privacy: Arc<dyn Privacy>,
}

impl Private {
    /// Asks this one.
    pub(crate) fn new(privacy: Arc<dyn Privacy>) -> Self {
        Self { privacy }
    }
}

impl Layer for Private {
    fn name(&self) -> &'static str {
        "privacy"
    }

    fn call<'a>(&'a self, mut request: Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            if let Some(arguments) = self.privacy.restore(&request.call)? {
                request.call.arguments = arguments;
            }
            let noted = (request.kind() == Kind::Tool).then(|| request.call.clone());
            let outcome = next.run(request).await;
            if let (Some(call), Ok(result)) = (noted, &outcome) {
                self.privacy.note(&call, result);
            }
            outcome
        })
    }
}
