//! Records to write.

use futures::executor::block_on;
use outboard_journal::{
    ApprovalRecord, ApprovalStatus, AuditEntry, Begun, CallRecord, Completion, Durability, Effect, Ending,
    ExecutionRecord, Intent, Journal, Keys, OnRestart, Status,
};
use outboard_types::{Digest, ErrorCode, ExecutionId, Language, Principal, SessionName};

pub(crate) fn id(number: u64) -> ExecutionId {
    ExecutionId::from_parts(1_700_000_000_000 + number, number)
}

pub(crate) fn execution(number: u64) -> ExecutionRecord {
    ExecutionRecord {
        id: id(number),
        started_ms: 1_700_000_000_000 + number,
        principal: Principal::default(),
        session: SessionName::default(),
        language: if number.is_multiple_of(2) { Language::TypeScript } else { Language::Python },
        code: format!("return {number} // ün\0icode"),
        input: number.is_multiple_of(3).then(|| "{\"a\":1}".to_owned()),
        generation: number,
        surface: Digest::of(number.to_le_bytes()),
        isolation: "namespaces".to_owned(),
    }
}

pub(crate) fn ending(number: u64) -> Ending {
    Ending {
        status: if number.is_multiple_of(2) { Status::Succeeded } else { Status::LimitExceeded },
        ended_ms: 1_700_000_001_000 + number,
        error_code: (!number.is_multiple_of(2)).then(|| "limit_exceeded".to_owned()),
        result_bytes: 10,
        model_in: 20,
        model_out: 30,
        cpu_ms: 40,
        peak_memory: 50,
    }
}

pub(crate) fn call(execution: u64, number: u64) -> CallRecord {
    CallRecord {
        execution: id(execution),
        number,
        server: "google-drive".to_owned(),
        tool: "get_document".to_owned(),
        arguments_digest: Digest::of("{}"),
        arguments_bytes: 2,
        result_bytes: 1_000,
        started_ms: 1_700_000_000_500 + number,
        duration_us: 2_000_000,
        error: number.is_multiple_of(2).then_some(ErrorCode::ToolFailed),
        decision: "allow: default".to_owned(),
        trace: outboard_journal::CallTrace::default(),
    }
}

pub(crate) fn durability(key: Option<&str>, on_restart: OnRestart) -> Durability {
    Durability {
        policy_version: Digest::of("policy"),
        runtime: "quickjs 1".to_owned(),
        idempotency_key: key.map(str::to_owned),
        code_digest: Digest::of("code"),
        seed: u64::MAX - 1,
        clock_ms: 5,
        missing_layers: vec!["landlock".to_owned()],
        inspection: Some("{}".to_owned()),
        on_restart,
    }
}

pub(crate) fn begin(journal: &Journal, number: u64, on_restart: OnRestart) {
    let begun = block_on(journal.begin_durable(execution(number), durability(None, on_restart))).unwrap();
    assert_eq!(begun, Begun::Started);
}

pub(crate) fn intent(execution: u64, number: u64, arguments: &str, effect: Effect) -> Intent {
    let mut key = Keys::default().next("", "crm", "update", arguments);
    key.occurrence = number as u32;
    Intent { execution: id(execution), number, at_ms: number, key, arguments: arguments.into(), effect }
}

pub(crate) fn completion(execution: u64, number: u64, text: &str) -> Completion {
    Completion { execution: id(execution), number, order: number, at_ms: number, outcome: Ok(text.into()) }
}

pub(crate) fn approval(number: u64) -> ApprovalRecord {
    ApprovalRecord {
        id: format!("ap_{number}"),
        execution: id(1),
        call: number,
        principal: Principal("local".into()),
        session: SessionName::default(),
        server: "crm".to_owned(),
        tool: "update".to_owned(),
        arguments: "{\"a\":1}".to_owned(),
        arguments_digest: Digest::of("{\"a\":1}"),
        policy_version: Digest::of("policy"),
        rule: "default".to_owned(),
        reason: Some("destructive".to_owned()),
        created_ms: 100 + number,
        expires_ms: 1_000,
        status: ApprovalStatus::Pending,
        scope: None,
        answered_by: None,
        channel: None,
        answer_reason: None,
        answered_ms: None,
    }
}

pub(crate) fn entry(number: u64) -> AuditEntry {
    AuditEntry {
        at_ms: 1_000 + number,
        principal: Principal("local".into()),
        execution: Some(id(1)),
        call: Some(number),
        code_digest: None,
        server: Some("crm".to_owned()),
        tool: Some(format!("tool_{}", number % 2)),
        kind: "call".to_owned(),
        arguments_digest: Some(Digest::of("{}")),
        decision: "allow".to_owned(),
        rule: None,
        approval: None,
        outcome: Some("ok".to_owned()),
        duration_us: Some(7),
    }
}
