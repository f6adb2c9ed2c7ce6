//! Executions that are made up, in a journal in memory.

use outboard_journal::{
    AskedNote, CallRecord, CallTrace, Durability, Ending, ExecutionRecord, FailedAttempt, Journal, Mark, MarkKind,
    OnRestart, Status,
};
use outboard_types::{Digest, ErrorCode, ExecutionId, Language, Principal, SessionName, TraceOrigin, Wire};

/// When everything happens, in milliseconds since 1970.
pub(crate) const T: u64 = 1_790_000_000_000;

pub(crate) fn id(number: u64) -> ExecutionId {
    ExecutionId::from_parts(T, number)
}

pub(crate) async fn begin(journal: &Journal, id: &ExecutionId) {
    let record = ExecutionRecord {
        id: id.clone(),
        started_ms: T,
        principal: Principal::default(),
        session: SessionName::default(),
        language: Language::TypeScript,
        code: "return 'me@example.com'".into(),
        input: None,
        generation: 3,
        surface: Digest::of("surface"),
        isolation: "tier A: namespaces".into(),
    };
    let durability = Durability {
        policy_version: Digest::of("policy"),
        runtime: "1".into(),
        idempotency_key: None,
        code_digest: Digest::of("code"),
        seed: 1,
        clock_ms: T,
        missing_layers: Vec::new(),
        inspection: None,
        on_restart: OnRestart::Suspend,
    };
    journal.begin_durable(record, durability).await.unwrap();
}

pub(crate) fn mark(journal: &Journal, id: &ExecutionId, after_us: u64, what: MarkKind) {
    journal.mark(Mark { execution: id.clone(), at_us: T * 1_000 + after_us, what });
}

pub(crate) fn origin(journal: &Journal, id: &ExecutionId, parent: &str, state: Option<&str>) {
    mark(journal, id, 0, (&TraceOrigin::read(parent, state).unwrap()).into());
}

pub(crate) fn worker(journal: &Journal, id: &ExecutionId, attempt: u32, after_us: u64, took_us: u64, end: &str) {
    let what = MarkKind::Worker {
        attempt,
        engine: "typescript".into(),
        ready_us: 2_000,
        took_us,
        cpu_us: 7_000,
        peak_memory: 1 << 20,
        end: end.into(),
    };
    mark(journal, id, after_us, what);
}

/// A call from so many to so many microseconds after the start.
pub(crate) fn call(id: &ExecutionId, number: u64, from_us: u64, to_us: u64) -> CallRecord {
    let wire =
        Wire { transport: "pipe".into(), protocol: Some("2025-11-25".into()), request: Some(4), ..Wire::default() };
    CallRecord {
        execution: id.clone(),
        number,
        server: "crm".into(),
        tool: "get_customer".into(),
        arguments_digest: Digest::of("{}"),
        arguments_bytes: 40,
        result_bytes: 400,
        started_ms: T + from_us / 1_000,
        duration_us: to_us - from_us,
        error: None,
        decision: "allow".into(),
        trace: CallTrace {
            started_us: from_us % 1_000,
            rule: Some("balanced: read-only".into()),
            attempts: 1,
            wire: Some(wire),
            ..CallTrace::default()
        },
    }
}

/// Refused before it left.
pub(crate) fn denied(mut call: CallRecord) -> CallRecord {
    (call.error, call.decision) = (Some(ErrorCode::Denied), "deny".into());
    (call.trace.wire, call.trace.attempts) = (None, 0);
    call
}

/// Waited so long for a person's yes.
pub(crate) fn approved(mut call: CallRecord, after_us: u64, took_us: u64) -> CallRecord {
    call.decision = "approved".into();
    call.trace.asked = Some(AskedNote { approval: Some("ap_1".into()), at_us: after_us, took_us });
    call
}

/// Needed another attempt.
pub(crate) fn retried(mut call: CallRecord, after_us: u64) -> CallRecord {
    call.trace.attempts = 2;
    call.trace.failed = vec![FailedAttempt { at_us: after_us, code: ErrorCode::Timeout }];
    call
}

pub(crate) fn end(journal: &Journal, id: &ExecutionId, after_ms: u64, status: Status) {
    let ending = Ending {
        status,
        ended_ms: T + after_ms,
        error_code: (status != Status::Succeeded).then(|| "program_error".into()),
        result_bytes: 12,
        model_in: 0,
        model_out: 20,
        cpu_ms: 9,
        peak_memory: 0,
    };
    journal.end(id, ending);
}
