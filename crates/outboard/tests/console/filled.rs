//! A journal as large as those of people who run programs all day, written straight into its file.

use outboard_journal::{CallRecord, CallTrace, Ending, ExecutionRecord, Journal, Status};
use outboard_types::{Digest, ErrorCode, ExecutionId, Language, Principal, SessionName, now_ms};
use std::path::Path;

/// Executions, and one more with calls that is the newest.
pub(super) fn journal(place: &Path, executions: u64, calls: u64) {
    let folder = place.join(".outboard");
    std::fs::create_dir_all(&folder).unwrap();
    let journal = outboard_journal::open(&folder.join("journal.sqlite")).unwrap();
    let from = now_ms() - executions * 1_000;
    for number in 0..executions {
        let code =
            if number + 20_000 == executions { "return 'needle';".to_owned() } else { format!("return {number};") };
        one(&journal, &format!("ex_{number:06}"), from + number * 1_000, code);
    }
    let id = ExecutionId("ex_large".into());
    one(&journal, id.as_str(), now_ms(), "for (;;) await crm.getCustomer();".into());
    (1..=calls).for_each(|number| call(&journal, &id, number));
    journal.flush().unwrap();
}

fn one(journal: &Journal, id: &str, started_ms: u64, code: String) {
    let id = ExecutionId(id.into());
    journal.begin(ExecutionRecord {
        id: id.clone(),
        started_ms,
        principal: Principal::default(),
        session: SessionName::default(),
        language: Language::TypeScript,
        code,
        input: None,
        generation: 1,
        surface: Digest::of("surface"),
        isolation: "made up".into(),
    });
    let failed = started_ms.is_multiple_of(7);
    journal.end(
        &id,
        Ending {
            status: if failed { Status::Failed } else { Status::Succeeded },
            ended_ms: started_ms + 40,
            error_code: failed.then(|| ErrorCode::ToolFailed.to_string()),
            result_bytes: 10,
            model_in: 100,
            model_out: 40,
            cpu_ms: 3,
            peak_memory: 1 << 20,
        },
    );
}

fn call(journal: &Journal, id: &ExecutionId, number: u64) {
    journal.call(CallRecord {
        execution: id.clone(),
        number,
        server: "crm".into(),
        tool: "get_customer".into(),
        arguments_digest: Digest::of("{}"),
        arguments_bytes: 20,
        result_bytes: 900,
        started_ms: now_ms() + number,
        duration_us: 1_500 + number % 700,
        error: number.is_multiple_of(97).then_some(ErrorCode::Timeout),
        decision: "allow".into(),
        trace: CallTrace::default(),
    });
}
