//! Rows of the audit log are found by words, and by nothing that is not shown.

use crate::samples::{approval, entry, execution, id, intent};
use futures::executor::block_on;
use outboard_journal::{
    AuditEntry, AuditFilter, AuditLook, AuditPage, AuditWords, Completion, Effect, Journal, OnRestart, memory,
};
use outboard_types::{ErrorCode, Principal, SessionName, ToolError};

/// Shows a text as it is.
fn plain(_: &Principal, _: &SessionName, text: &str) -> String {
    text.to_owned()
}

/// Shows a token in the place of an address.
fn masked(_: &Principal, _: &SessionName, text: &str) -> String {
    text.replace("ada@example.org", "[EMAIL_1]")
}

const ALL: AuditLook = AuditLook { before: None, limit: 1_000, most: usize::MAX };

fn search(journal: &Journal, text: &str, look: AuditLook) -> AuditPage {
    journal.audit_search(&AuditFilter::default(), &AuditWords::parse(text).unwrap(), look, &plain).unwrap()
}

fn found(journal: &Journal, text: &str) -> Vec<u64> {
    search(journal, text, ALL).rows.iter().map(|row| row.seq).collect()
}

/// Three calls of one execution: with an address, with signs that other searches read as wildcards, and a failed one.
fn written() -> Journal {
    let journal = memory().unwrap();
    block_on(journal.begin_durable(execution(1), crate::samples::durability(None, OnRestart::Fail))).unwrap();
    let given = [
        "{\"to\":\"ada@example.org\",\"ort\":\"ZÜRICH\"}",
        "{\"q\":\"100% of a_b 'c' \\\\ * .\"}",
        "{\"q\":\"1000 of aXb\"}",
    ];
    for (number, arguments) in (1..).zip(given) {
        block_on(journal.intent(intent(1, number, arguments, Effect::Effectful))).unwrap();
        journal.audit(AuditEntry {
            approval: (number == 2).then(|| "ap_1".to_owned()),
            rule: (number == 1).then(|| "policy.rules[0]; answered by Grace".to_owned()),
            outcome: Some(if number == 3 { "tool_failed" } else { "ok" }.to_owned()),
            ..entry(number)
        });
    }
    let outcome = Err(ToolError::new(ErrorCode::ToolFailed, "the quota of ada@example.org is used up"));
    let failed = Completion { execution: id(1), number: 3, order: 3, at_ms: 3, outcome };
    block_on(journal.completion(failed)).unwrap();
    block_on(journal.open_approval(approval(1))).unwrap();
    journal.flush().unwrap();
    journal
}

#[test]
fn words_are_found_in_names_rules_reasons_arguments_and_errors_whatever_their_case() {
    let journal = written();
    assert_eq!(found(&journal, "CRM"), [3, 2, 1], "newest first");
    assert_eq!(found(&journal, "tool_0"), [2]);
    assert_eq!(found(&journal, "grace"), [1], "who answered");
    assert_eq!(found(&journal, "Destructive"), [2], "why it was asked");
    assert_eq!(found(&journal, "zürich"), [1]);
    assert_eq!(found(&journal, "QUOTA used"), [3], "each word, wherever");
    assert_eq!(found(&journal, "ada@example.org"), [3, 1]);
    assert_eq!(found(&journal, "quota zürich"), [0; 0], "all of them in one row");
    let server = AuditFilter { tool: Some("tool_1".to_owned()), ..AuditFilter::default() };
    let words = AuditWords::parse("crm").unwrap();
    let rows = journal.audit_search(&server, &words, ALL, &plain).unwrap().rows;
    assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [3, 1], "beside other filters");
}

#[test]
fn signs_mean_themselves() {
    let journal = written();
    for (text, rows) in [
        ("100%", &[2_u64][..]),
        ("a_b", &[2]),
        ("'c'", &[2]),
        ("' OR 1=1 --", &[]),
        ("\"q\"", &[3, 2]),
        ("a.b", &[]),
        (".*", &[]),
        ("[a-z]", &[]),
        ("(", &[]),
        ("\\\\", &[2]),
        ("%", &[2]),
        ("_%", &[]),
        ("NEAR(a,b)", &[]),
        ("\u{0}", &[]),
    ] {
        assert_eq!(found(&journal, text), rows, "{text:?}");
    }
    assert!(["", " \t", "a b c d e f g h i", &"x".repeat(513)].iter().all(|text| AuditWords::parse(text).is_none()));
}

#[test]
fn what_is_not_shown_cannot_be_found_and_what_stands_for_it_can() {
    let journal = written();
    let found = |text: &str| -> Vec<u64> {
        let words = AuditWords::parse(text).unwrap();
        let page = journal.audit_search(&AuditFilter::default(), &words, ALL, &masked).unwrap();
        page.rows.iter().map(|row| row.seq).collect()
    };
    for guess in ["ada@example.org", "ada", "example.org", "a@e", "ADA@EXAMPLE"] {
        assert_eq!(found(guess), [0; 0], "{guess}");
    }
    assert_eq!((found("[EMAIL_1]"), found("email_1 quota")), (vec![3, 1], vec![3]));
    assert_eq!(found("zürich"), [1], "the rest of the same text");
}

#[test]
fn pages_are_bounded_by_what_is_found_and_by_what_is_looked_at() {
    let journal = memory().unwrap();
    (1..=100).for_each(|number| journal.audit(entry(number)));
    journal.flush().unwrap();
    let (mut seen, mut before, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = search(&journal, "tool_1", AuditLook { before, limit: 7, most: 1_000 });
        seen.extend(page.rows.iter().map(|row| row.seq));
        (before, pages) = (page.next, pages + 1);
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen, (1..=100).rev().filter(|seq| seq % 2 == 1).collect::<Vec<_>>());
    assert_eq!(pages, 8);
    let nothing = search(&journal, "nowhere", AuditLook { before: None, limit: 7, most: 30 });
    assert_eq!((nothing.rows.len(), nothing.looked_at, nothing.next), (0, 30, Some(71)));
    let rest = search(&journal, "nowhere", AuditLook { before: Some(71), limit: 7, most: 1_000 });
    assert_eq!((rest.looked_at, rest.next), (70, None));
}
