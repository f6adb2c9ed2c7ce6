//! Calls that were under way when their process ended and may not be repeated.

use super::Engine;
use super::answers::Given;
use super::attempt::{Kind, Request};
use super::happen::What;
use super::requests::found;
use crate::executions::Deps;
use outboard_journal::{Status, Verdict};
use outboard_types::{ErrorCode, ExecutionId, ToolError};
use serde_json::value::RawValue;
use std::future::Future;
use std::sync::Arc;

impl Engine {
    /// The program gets what a person found out, where somebody did or is to be asked; else an error.
    pub(super) fn doubt(&mut self, number: u64, request: Request) {
        let (what, error) = match &request.kind {
            Kind::Call(id) => (id.to_string(), in_doubt(&id.to_string()).on(id)),
            Kind::Fetch(asked) => (asked.url.clone(), in_doubt(&asked.url)),
            Kind::Search | Kind::Own(_) => return,
        };
        if self.deps.ask_in_doubt {
            tracing::warn!(execution = %self.id(), call = number, %what, "in doubt: `outboard executions resolve`");
            self.say(Status::WaitingApproval);
        }
        let (deps, execution) = (self.deps.clone(), self.id().clone());
        let again = self.made(number, request, true);
        self.begin(What::Call(number), async move {
            match verdict(&deps, &execution, number).await {
                Some(Verdict::Done(answer)) => RawValue::from_string(answer).map_err(|_| error),
                Some(Verdict::NotDone) => again.await,
                Some(Verdict::Unknown) | None => Err(error),
            }
        });
    }

    /// The work behind a request.
    pub(super) fn made(
        &self,
        number: u64,
        request: Request,
        written: bool,
    ) -> std::pin::Pin<Box<dyn Future<Output = Given> + Send>> {
        match request.kind.clone() {
            Kind::Call(id) => Box::pin(self.calling(number, id, request, written)),
            Kind::Fetch(asked) => Box::pin(self.fetching(number, *asked, request, written)),
            Kind::Own(own) => Box::pin(self.owning(number, *own, request, written)),
            Kind::Search => {
                self.write_search(number, &request);
                let surface = self.surface.clone();
                // Only when its turn comes: what is found may be much larger than the request.
                Box::pin(async move { found(&surface, &request.arguments) })
            }
        }
    }
}

async fn verdict(deps: &Arc<Deps>, execution: &ExecutionId, number: u64) -> Option<Verdict> {
    match deps.ask_in_doubt {
        true => Some(deps.orders.wait(execution, number).await),
        false => deps.orders.verdict(execution, number),
    }
}

fn in_doubt(what: &str) -> ToolError {
    ToolError::new(ErrorCode::InDoubt, format!("{what} was under way when Outboard ended; it may have taken effect"))
        .hint("look whether it did before you do it again")
}
