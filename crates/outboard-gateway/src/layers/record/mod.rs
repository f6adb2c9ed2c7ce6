//! Every call leaves a row in the journal and an entry in the audit log: who, what, the decision, digests,
//! sizes, timing and outcome. Refusals too.

use crate::layers::validate::without;
use crate::{Answer, Kind, Layer, Next, Noted, Notes, Reader, Request};
use outboard_journal::{AskedNote, AuditEntry, CallRecord, CallTrace, FailedAttempt, Journal};
use outboard_types::{Call, Digest, ErrorCode, Outcome, WireNote, now_us};
use serde_json::value::RawValue;
use std::sync::Arc;
use std::time::Instant;

/// The layer.
pub(crate) struct Record {
    journal: Journal,
    audit: bool,
    reader: Option<Arc<dyn Reader>>,
}

impl Record {
    /// Records into this journal, and into its audit log where that is wanted; lets somebody read what calls carried.
    pub(crate) fn new(journal: Journal, audit: bool, reader: Option<Arc<dyn Reader>>) -> Self {
        Self { journal, audit, reader }
    }

    fn open(&self, request: &Request) -> Pending<'_> {
        let mut record = open(&request.call);
        record.trace.kind = (request.kind() != Kind::Tool).then(|| request.kind().as_str().to_owned());
        let entry = self.audit.then(|| entry(request, &record));
        let wire = request.call.trace.wire.clone();
        Pending {
            layer: self,
            open: Some((record, entry)),
            notes: request.notes.clone(),
            wire,
            started: Instant::now(),
            arguments: request.call.arguments.clone(),
        }
    }
}

impl Layer for Record {
    fn name(&self) -> &'static str {
        "record"
    }

    fn call<'a>(&'a self, request: Request, next: Next<'a>) -> Answer<'a> {
        let mut pending = self.open(&request);
        Box::pin(async move {
            let outcome = next.run(request).await;
            pending.close(&outcome);
            outcome
        })
    }
}

fn open(call: &Call) -> CallRecord {
    let now = now_us();
    CallRecord {
        execution: call.context.execution.clone(),
        number: call.number,
        server: call.id.server.to_string(),
        tool: call.id.tool.to_string(),
        arguments_digest: Digest::of(call.arguments.get()),
        arguments_bytes: call.arguments.get().len() as u64,
        result_bytes: 0,
        started_ms: now / 1_000,
        duration_us: 0,
        error: None,
        decision: "none".into(),
        trace: CallTrace { started_us: now % 1_000, line: call.trace.line, ..CallTrace::default() },
    }
}

fn entry(request: &Request, record: &CallRecord) -> AuditEntry {
    let (call, context) = (&request.call, &request.call.context);
    AuditEntry {
        execution: Some(context.execution.clone()),
        call: Some(call.number),
        code_digest: request.run.code(),
        server: Some(record.server.clone()),
        tool: Some(record.tool.clone()),
        arguments_digest: Some(record.arguments_digest),
        ..AuditEntry::new(record.started_ms, context.principal.clone(), request.kind().as_str(), "none")
    }
}

/// The rules, who answered, and the version of the policy, in one line.
fn rule(noted: &Noted) -> Option<String> {
    let rule = noted.rule.as_deref()?;
    let answered = noted.answered.as_deref().map(|who| format!("; answered by {who}")).unwrap_or_default();
    let policy = noted.policy.map(|version| format!("; policy {}", version.short())).unwrap_or_default();
    Some(format!("{rule}{answered}{policy}"))
}

/// A record under way. Dropped before it was closed, it says that the caller gave up: a call whose
/// program was killed is still a call that happened.
struct Pending<'a> {
    layer: &'a Record,
    open: Option<(CallRecord, Option<AuditEntry>)>,
    notes: Notes,
    wire: WireNote,
    started: Instant,
    arguments: Arc<RawValue>,
}

impl Pending<'_> {
    fn close(&mut self, outcome: &Outcome) {
        self.as_sent();
        if let (Some(reader), Some((record, _))) = (&self.layer.reader, &self.open) {
            reader.call(&record.execution, record.number, &self.arguments, outcome.as_ref().ok());
        }
        match outcome {
            Ok(result) => self.write(result.size() as u64, None),
            Err(error) => self.write(0, Some(error.code)),
        }
    }

    /// Records the arguments that were sent where some of what came was left out. What was restored in them is not
    /// there: digests of private values are not kept.
    fn as_sent(&mut self) {
        let left_out = self.notes.read().left_out;
        let Some((record, entry)) = self.open.as_mut().filter(|_| !left_out.is_empty()) else { return };
        let Some(sent) = without(&self.arguments, &left_out) else { return };
        (record.arguments_digest, record.arguments_bytes) = (Digest::of(sent.get()), sent.get().len() as u64);
        entry.iter_mut().for_each(|entry| entry.arguments_digest = Some(record.arguments_digest));
        self.arguments = sent.into();
    }

    fn write(&mut self, result_bytes: u64, error: Option<ErrorCode>) {
        let Some((mut record, entry)) = self.open.take() else { return };
        let noted = self.notes.read();
        let decision = noted.decision.map_or("none", |decided| decided.as_str());
        let duration_us = self.started.elapsed().as_micros() as u64;
        if let Some(mut entry) = entry {
            let outcome = error.map_or("ok", ErrorCode::as_str);
            (entry.decision, entry.outcome) = (decision.into(), Some(outcome.into()));
            (entry.rule, entry.approval, entry.duration_us) = (rule(&noted), noted.approval.clone(), Some(duration_us));
            self.layer.journal.audit(entry);
        }
        record.decision = decision.into();
        self.trace(&mut record.trace, &noted);
        (record.result_bytes, record.error, record.duration_us) = (result_bytes, error, duration_us);
        self.layer.journal.call(record);
    }
}

impl Pending<'_> {
    /// What only a trace tells of a call.
    fn trace(&self, trace: &mut CallTrace, noted: &Noted) {
        let since = |at: Instant| at.saturating_duration_since(self.started).as_micros() as u64;
        trace.rule.clone_from(&noted.rule);
        trace.asked = noted.asked.map(|(from, to)| AskedNote {
            approval: noted.approval.clone(),
            at_us: since(from),
            took_us: to.saturating_duration_since(from).as_micros() as u64,
        });
        trace.attempts = noted.attempts;
        trace.failed = noted.failed.iter().map(|(at, code)| FailedAttempt { at_us: since(*at), code: *code }).collect();
        trace.wire = self.wire.get();
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.write(0, Some(ErrorCode::Cancelled));
    }
}
