//! How long a search of the audit log takes: 100,000 executions of three calls each, unless told otherwise.
//!
//! `cargo run --profile measure -p outboard-journal --example searching -- [EXECUTIONS]`
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that talks to who makes it")]

use futures::executor::block_on;
use outboard_journal::{
    AuditEntry, AuditFilter, AuditLook, AuditWords, CallKey, Effect, ExecutionRecord, Intent, Journal, open,
};
use outboard_types::{Digest, ExecutionId, Language, Principal, SessionName};
use std::time::Instant;

const CALLS: u64 = 3;

fn main() {
    let executions = std::env::args().nth(1).map_or(100_000, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder.path().join("journal.db")).unwrap();
    (0..executions).for_each(|number| fill(&journal, number));
    journal.flush().unwrap();
    println!("{executions} executions, {} rows", executions * CALLS);
    for (what, text, limit) in [
        ("found everywhere, a page of 200", "crm", 200),
        ("found once, in the oldest arguments", "customer-0-1", 1),
        ("found nowhere", "nowhere", 200),
        ("found nowhere, four words", "crm update allow nowhere", 200),
    ] {
        let (words, began) = (AuditWords::parse(text).unwrap(), Instant::now());
        let look = AuditLook { before: None, limit, most: usize::MAX };
        let page = journal.audit_search(&AuditFilter::default(), &words, look, &|_, _, text| text.to_owned()).unwrap();
        let (took, rows) = (began.elapsed().as_secs_f64() * 1e3, page.rows.len());
        println!("{what}: {took:.0} ms, {rows} found of {} looked at", page.looked_at);
    }
}

fn fill(journal: &Journal, number: u64) {
    let execution = ExecutionId::from_parts(1_700_000_000_000 + number, number);
    journal.begin(ExecutionRecord {
        id: execution.clone(),
        started_ms: 1_700_000_000_000 + number,
        principal: Principal::default(),
        session: SessionName::default(),
        language: Language::TypeScript,
        code: String::new(),
        input: None,
        generation: 1,
        surface: Digest::of("surface"),
        isolation: "none".to_owned(),
    });
    for call in 1..=CALLS {
        let arguments = format!("{{\"id\":\"customer-{number}-{call}\",\"note\":\"{}\"}}", "a word or two ".repeat(8));
        let key = CallKey {
            branch: String::new(),
            server: "crm".into(),
            tool: "update_customer".into(),
            arguments: Digest::of(&arguments),
            occurrence: 0,
        };
        let (effect, arguments) = (Effect::ReadOnly, arguments.into());
        let intent = Intent { execution: execution.clone(), number: call, at_ms: 1, key, arguments, effect };
        block_on(journal.intent(intent)).unwrap();
        journal.audit(AuditEntry {
            execution: Some(execution.clone()),
            call: Some(call),
            server: Some("crm".to_owned()),
            tool: Some("update_customer".to_owned()),
            rule: Some("policy.default; policy 1a2b3c4d".to_owned()),
            outcome: Some("ok".to_owned()),
            ..AuditEntry::new(1_700_000_000_000 + number, Principal::default(), "tool", "allow")
        });
    }
}
