//! A span around every call, with names, sizes and the outcome. Never arguments or results: those are
//! content, and content is shown on purpose only.

use crate::{Answer, Layer, Next, Request};
use tracing::Instrument;

/// The layer.
pub(crate) struct Trace;

impl Layer for Trace {
    fn name(&self) -> &'static str {
        "trace"
    }

    fn call<'a>(&'a self, request: Request, next: Next<'a>) -> Answer<'a> {
        let call = &request.call;
        let span = tracing::info_span!(
            "tools/call",
            kind = request.kind().as_str(),
            server = %call.id.server,
            tool = %call.id.tool,
            execution = %call.context.execution,
            number = call.number,
            arguments_bytes = call.arguments.get().len(),
            result_bytes = tracing::field::Empty,
            error = tracing::field::Empty,
            decision = tracing::field::Empty,
            attempts = tracing::field::Empty,
        );
        let (recorded, notes) = (span.clone(), request.notes.clone());
        let work = async move {
            let outcome = next.run(request).await;
            match &outcome {
                Ok(result) => recorded.record("result_bytes", result.size()),
                Err(error) => recorded.record("error", error.code.as_str()),
            };
            let noted = notes.read();
            recorded.record("attempts", noted.attempts);
            if let Some(decision) = noted.decision {
                recorded.record("decision", decision.as_str());
            }
            outcome
        };
        Box::pin(work.instrument(span))
    }
}
