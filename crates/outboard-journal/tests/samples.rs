//! Records to write.

use outboard_journal::{CallRecord, Ending, ExecutionRecord, Status};
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
    }
}
