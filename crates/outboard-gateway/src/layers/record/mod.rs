//! Every call leaves a row in the journal: digests, sizes, timing and outcome.

use crate::{Answer, Layer, Next, Request};
use outboard_journal::{CallRecord, Journal};
use outboard_types::{Call, Digest, ErrorCode, Outcome};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The layer.
pub(crate) struct Record {
    journal: Journal,
}

impl Record {
    /// Records into this journal.
    pub(crate) fn new(journal: Journal) -> Self {
        Self { journal }
    }
}

impl Layer for Record {
    fn name(&self) -> &'static str {
        "record"
    }

    fn call<'a>(&'a self, request: Request, next: Next<'a>) -> Answer<'a> {
        let pending = Pending { journal: &self.journal, record: Some(open(&request.call)), started: Instant::now() };
        Box::pin(async move {
            let mut pending = pending;
            let outcome = next.run(request).await;
            pending.close(&outcome);
            outcome
        })
    }
}

fn open(call: &Call) -> CallRecord {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    CallRecord {
        execution: call.context.execution.clone(),
        number: call.number,
        server: call.id.server.to_string(),
        tool: call.id.tool.to_string(),
        arguments_digest: Digest::of(call.arguments.get()),
        arguments_bytes: call.arguments.get().len() as u64,
        result_bytes: 0,
        started_ms: now.as_millis() as u64,
        duration_us: 0,
        error: None,
        decision: "allow".into(),
    }
}

/// A record under way. Dropped before it was closed, it says that the caller gave up: a call whose
/// program was killed is still a call that happened.
struct Pending<'a> {
    journal: &'a Journal,
    record: Option<CallRecord>,
    started: Instant,
}

impl Pending<'_> {
    fn close(&mut self, outcome: &Outcome) {
        if let Some(record) = &mut self.record {
            match outcome {
                Ok(result) => record.result_bytes = result.size() as u64,
                Err(error) => record.error = Some(error.code),
            }
            if record.error == Some(ErrorCode::Denied) {
                record.decision = "deny".into();
            }
        }
        self.write();
    }

    fn write(&mut self) {
        if let Some(mut record) = self.record.take() {
            record.duration_us = self.started.elapsed().as_micros() as u64;
            self.journal.call(record);
        }
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if let Some(record) = &mut self.record {
            record.error = Some(ErrorCode::Cancelled);
        }
        self.write();
    }
}
