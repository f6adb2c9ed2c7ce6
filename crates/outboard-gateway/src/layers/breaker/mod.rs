//! Leaves a server alone that fails again and again, and tries it carefully after a while.

mod circuit;

pub use circuit::{CircuitOptions, CircuitState, CircuitView, Circuits};

use crate::{Answer, Layer, Next, Request};

/// The layer. The circuits themselves are shared with whoever shows them.
pub(crate) struct Breaker {
    circuits: Circuits,
}

impl Breaker {
    /// Watches servers by these circuits.
    pub(crate) fn new(circuits: Circuits) -> Self {
        Self { circuits }
    }
}

impl Layer for Breaker {
    fn name(&self) -> &'static str {
        "breaker"
    }

    fn call<'a>(&'a self, request: Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            let admission = self.circuits.admit(&request.call.id)?;
            let outcome = next.run(request).await;
            admission.settle(&outcome);
            outcome
        })
    }
}
