//! Sends a call again where that cannot do its work twice, within the call's deadline.

mod after;
mod backoff;

pub use backoff::RetryOptions;

use crate::{Answer, Layer, Next, Request};
use after::retry_after;
use outboard_types::{ErrorCode, Outcome, ToolError};
use tokio::time::Instant;

/// The layer.
pub(crate) struct Retry {
    options: RetryOptions,
}

impl Retry {
    /// Retries by these rules.
    pub(crate) fn new(options: RetryOptions) -> Self {
        Self { options }
    }

    /// When to send the call again; `None` when it is over.
    fn pause(&self, request: &Request, attempt: u32, error: &ToolError) -> Option<Instant> {
        if attempt >= self.options.attempts || !worth_it(request, error) {
            return None;
        }
        let asked = retry_after(error);
        let pause = self.options.pause(attempt).max(asked.unwrap_or_default());
        let at = Instant::now() + pause;
        // A wait that outlives the deadline, or is longer than any program should sit still, is no answer.
        let in_time = request.deadline.is_none_or(|deadline| at < deadline);
        (in_time && pause <= self.options.longest.max(self.options.longest_asked)).then_some(at)
    }
}

impl Layer for Retry {
    fn name(&self) -> &'static str {
        "retry"
    }

    fn call<'a>(&'a self, request: Request, next: Next<'a>) -> Answer<'a> {
        Box::pin(async move {
            let mut attempt = 1;
            loop {
                request.notes.write(|noted| noted.attempts = attempt);
                let outcome = next.again().run(request.clone()).await;
                let Err(error) = &outcome else { return outcome };
                let Some(at) = self.pause(&request, attempt, error) else { return told(outcome, attempt) };
                request.notes.write(|noted| noted.failed.push((std::time::Instant::now(), error.code)));
                tracing::debug!(code = %error.code, attempt, "sent again");
                tokio::time::sleep_until(at).await;
                attempt += 1;
            }
        })
    }
}

/// Whether another attempt may succeed and cannot do harm: the failure proves that nothing was done, or
/// the tool is declared to change nothing more when it is repeated.
fn worth_it(request: &Request, error: &ToolError) -> bool {
    use ErrorCode::{Timeout, UpstreamLost, UpstreamProtocol, UpstreamUnavailable};
    let hints = request.hints();
    let harmless = hints.read_only == Some(true) || hints.idempotent == Some(true);
    let passing = matches!(error.code, Timeout | UpstreamLost | UpstreamProtocol | UpstreamUnavailable);
    error.code != ErrorCode::CircuitOpen && (error.retryable || (harmless && passing))
}

/// A failure after several attempts says how many there were.
fn told(outcome: Outcome, attempts: u32) -> Outcome {
    outcome.map_err(|mut error| {
        if attempts > 1 {
            error.message = format!("{} (after {attempts} attempts)", error.message);
        }
        error
    })
}
