//! Serves the frames of a running program.

use super::Engine;
use super::answers::{Answered, answered, failure, queue, refused};
use super::ends::{End, cancelled, garbage, over_wall};
use crate::inspection::Findings;
use crate::value::program_value;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use outboard_journal::Status;
use outboard_sandbox::{Receiver, Sender};
use outboard_types::{ErrorCode, ToolError};
use outboard_worker_protocol::{FromWorker, Inspection, ToWorker};
use serde_json::value::{RawValue, to_raw_value};
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

type Answer = Pin<Box<dyn Future<Output = Answered> + Send>>;
type Pending = FuturesUnordered<Answer>;

/// Answers wait while this many bytes are on their way to the worker.
const QUEUED: usize = 64 << 20;

impl Engine {
    /// Serves frames until the program ends; `None` when the worker went away instead.
    pub(super) async fn serve(&mut self, sender: &mut Sender, receiver: &mut Receiver) -> Option<End> {
        let wall = tokio::time::sleep(self.deps.limits.wall);
        let cancel = self.live.cancel.clone();
        let (mut pending, mut reads) = (Pending::new(), true);
        let mut waiting = self.run.waiting_approval();
        tokio::pin!(wall);
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Some(End::Failed(Status::Cancelled, cancelled())),
                Some(answer) = pending.next(), if !pending.is_empty() && sender.queued() < QUEUED => {
                    self.count(&answer);
                    queue(sender, answer.frame)?;
                }
                frame = receiver.next() => match frame {
                    Err(error) => return Some(End::Failed(Status::Failed, garbage(&error))),
                    Ok(None) => return None,
                    Ok(Some(frame)) => if let Some(end) = self.frame(frame, &pending) { return Some(end) },
                },
                // A worker that stopped reading may still have said how its program ended: go on reading.
                sent = sender.flush(), if reads && sender.queued() > 0 => reads = sent.is_ok(),
                Ok(()) = waiting.changed() => {
                    let calls = *waiting.borrow_and_update();
                    self.waits(calls);
                }
                () = &mut wall => {
                    let error = over_wall(self.deps.limits.wall);
                    return Some(End::Failed(Status::LimitExceeded, error));
                }
            }
        }
    }

    /// So many calls wait for a person now.
    fn waits(&self, calls: usize) {
        let status = if calls > 0 { Status::WaitingApproval } else { Status::Running };
        self.live.waits(calls);
        self.deps.journal.status(&self.live.id, status);
    }

    fn frame(&mut self, frame: FromWorker, pending: &Pending) -> Option<End> {
        match frame {
            FromWorker::Ready { .. } => {}
            FromWorker::Call { id, server, tool, arguments } => pending.push(self.call(id, server, tool, arguments)),
            FromWorker::Search { id, arguments } => pending.push(own(self.search(id, &arguments))),
            FromWorker::Timer { id, ms } => pending.push(timer(id, ms)),
            FromWorker::Fetch { id, .. } => pending.push(own(no_network(id))),
            FromWorker::Inspected { inspection } => match self.inspected(inspection) {
                Ok(()) => pending.push(own(ToWorker::Go {})),
                Err(error) => return Some(End::Failed(Status::Failed, error)),
            },
            FromWorker::Console { text, .. } => {
                self.tally.console(&text);
                self.live.progress(self.run.made(), &text);
            }
            FromWorker::Result { value, dropped_bytes } => {
                self.tally.stdout_dropped += dropped_bytes;
                return Some(End::Result(value));
            }
            FromWorker::Error { error, dropped_bytes } => {
                self.tally.stdout_dropped += dropped_bytes;
                return Some(End::Trouble(error));
            }
        }
        None
    }

    fn inspected(&mut self, inspection: Inspection) -> Result<(), ToolError> {
        self.findings = Findings::new(inspection, &self.code, &self.surface.catalogue);
        self.findings.alert(&self.live.id);
        self.deps.inspection.check(&self.findings)
    }

    fn call(&self, id: u64, server: String, tool: String, arguments: Box<RawValue>) -> Answer {
        let (deps, run, ledger) = (self.deps.clone(), self.run.clone(), self.ledger.clone());
        let workspace = self.workspace.clone();
        Box::pin(async move {
            let tool_id = match run.resolve(&server, &tool) {
                Ok(tool_id) => tool_id,
                Err(error) => return refused(id, server, tool, error),
            };
            let arguments: Arc<RawValue> = arguments.into();
            let outcome = deps.gateway.call(&run, tool_id.clone(), arguments.clone()).await;
            ledger.note(&arguments, outcome.as_ref().ok());
            let outcome = outcome.map(|result| program_value(run.catalogue().tool(&tool_id), &result, &workspace));
            answered(id, &tool_id, outcome)
        })
    }

    fn search(&self, id: u64, arguments: &RawValue) -> ToWorker {
        let found = serde_json::from_str(arguments.get())
            .map_err(|error| ToolError::new(ErrorCode::InvalidRequest, format!("searchTools: {error}")))
            .and_then(|request| self.surface.search(&request))
            .and_then(|hits| {
                to_raw_value(&hits).map_err(|error| ToolError::new(ErrorCode::Internal, error.to_string()))
            });
        match found {
            Ok(value) => ToWorker::Done { id, value },
            Err(error) => ToWorker::Fail { id, error: failure(error) },
        }
    }

    fn count(&mut self, answer: &Answered) {
        let Some((server, tool, error)) = &answer.call else { return };
        self.tally.call(server, tool, error.as_ref());
        self.live.progress(self.run.made(), "");
    }
}

/// Longest timer; longer than any execution.
const LONGEST_TIMER: Duration = Duration::from_secs(366 * 86_400);

fn timer(id: u64, ms: f64) -> Answer {
    let after = Duration::try_from_secs_f64(ms.max(0.0) / 1000.0).unwrap_or(LONGEST_TIMER).min(LONGEST_TIMER);
    Box::pin(async move {
        tokio::time::sleep(after).await;
        Answered { frame: ToWorker::Done { id, value: RawValue::NULL.to_owned() }, call: None }
    })
}

/// An answer that is no call's.
fn own(frame: ToWorker) -> Answer {
    Box::pin(ready(Answered { frame, call: None }))
}

fn no_network(id: u64) -> ToWorker {
    let error = ToolError::new(ErrorCode::NetworkDenied, "programs have no network");
    ToWorker::Fail { id, error: failure(error) }
}
