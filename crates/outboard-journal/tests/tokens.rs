//! Counts of tokens: kept beside what they are of, added up with estimates where there are none.

use crate::samples::{call, ending, execution, id};
use outboard_journal::{
    Alert, Counted, ExecutionRecord, Journal, Mark, MarkKind, Retention, TextPart, Usage, UsageBy, memory,
};
use std::time::Duration;

const AT: u64 = 1_700_000_002_000;

fn counted(execution: u64, part: TextPart, call: u64, tokens: u64) -> Counted {
    Counted { execution: id(execution), part, call, at_ms: AT, tokens, counter: "o200k".into() }
}

/// An execution with one call.
fn ran(journal: &Journal, number: u64) {
    journal.begin(ExecutionRecord { input: None, ..execution(number) });
    journal.call(call(number, 1));
    journal.end(&id(number), ending(number));
}

fn usage(journal: &Journal, by: UsageBy) -> Vec<Usage> {
    journal.flush().unwrap();
    journal.usage(by, 0..u64::MAX / 4).unwrap()
}

#[test]
fn what_was_counted_is_exact_and_old_rows_stay_estimates() {
    let journal = memory().unwrap();
    ran(&journal, 1);
    let old = usage(&journal, UsageBy::Day);
    // A token every four bytes, 2 of arguments and 1,000 of the answer.
    assert_eq!((old[0].written, old[0].read, old[0].arguments, old[0].results), (20, 30, 0, 250));
    assert_eq!((old[0].texts, old[0].counted, old[0].is_exact()), (4, 0, false));
    ran(&journal, 2);
    journal.counted(vec![
        counted(2, TextPart::Code, 0, 7),
        counted(2, TextPart::Reports, 0, 11),
        counted(2, TextPart::Arguments, 1, 1),
        counted(2, TextPart::Results, 1, 190),
    ]);
    let each = usage(&journal, UsageBy::Execution);
    assert_eq!((each[1].written, each[1].read, each[1].arguments, each[1].results), (7, 11, 1, 190));
    assert_eq!([each[0].is_exact(), each[1].is_exact()], [false, true]);
    for by in [UsageBy::Day, UsageBy::Session, UsageBy::Principal] {
        let all = usage(&journal, by);
        assert_eq!((all[0].written, all[0].read, all[0].results), (27, 41, 440));
        assert_eq!((all[0].texts, all[0].counted, all[0].result_bytes), (8, 4, 2_000));
    }
    let tools = usage(&journal, UsageBy::Tool);
    assert_eq!((tools[0].calls, tools[0].results, tools[0].texts, tools[0].counted), (2, 440, 4, 2));
    assert_eq!(journal.tokenizers(0..AT + 1).unwrap(), ["o200k"]);
    assert!(journal.tokenizers(0..AT).unwrap().is_empty());
}

#[test]
fn a_report_that_is_read_twice_counts_twice_and_everything_else_once() {
    let journal = memory().unwrap();
    ran(&journal, 1);
    for _ in 0..2 {
        journal.counted(vec![counted(1, TextPart::Reports, 0, 11), counted(1, TextPart::Code, 0, 7)]);
    }
    journal.flush().unwrap();
    let tokens: Vec<_> = journal.tokens(&id(1)).unwrap().iter().map(|row| (row.part, row.tokens)).collect();
    assert_eq!(tokens, [(TextPart::Code, 7), (TextPart::Reports, 22)]);
}

#[test]
fn counts_move_with_their_execution_and_are_forgotten_with_it() {
    let (from, to) = (memory().unwrap(), memory().unwrap());
    ran(&from, 1);
    from.counted(vec![counted(1, TextPart::Code, 0, 7), counted(9, TextPart::Definitions, 0, 600)]);
    from.flush().unwrap();
    let mut file = Vec::new();
    from.export(&id(1), &|text| text.to_owned(), &mut file).unwrap();
    to.import(file.as_slice()).unwrap();
    assert_eq!(to.tokens(&id(1)).unwrap(), from.tokens(&id(1)).unwrap());
    let now_ms = u64::MAX / 4;
    from.retain(&Retention { now_ms, max_age: Some(Duration::ZERO), ..Retention::default() }).unwrap();
    assert!(from.tokens(&id(1)).unwrap().is_empty() && from.tokens(&id(9)).unwrap().is_empty());
}

#[test]
fn turns_and_requests_are_added_up_and_found_by_their_trace() {
    let journal = memory().unwrap();
    let turn = |turn, input, ok| MarkKind::Turn {
        run_us: 5,
        turn,
        provider: "chat".into(),
        model: "m".into(),
        took_us: 1,
        input,
        cached: 2,
        output: 3,
        calls: 1,
        ok,
    };
    let request = |error: Option<&str>| MarkKind::Request {
        tool: "search_tools".into(),
        principal: "local".into(),
        took_us: Some(9),
        error: error.map(str::to_owned),
    };
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let trace = MarkKind::Trace { parent: parent.into(), state: None, link: None };
    let marks =
        [(1, turn(1, 100, true)), (1, turn(2, 0, false)), (2, trace), (2, request(None)), (3, request(Some("x")))];
    for (number, what) in marks {
        journal.mark(Mark { execution: id(number), at_us: 7_000, what });
    }
    journal.counted(vec![counted(2, TextPart::Arguments, 0, 12), counted(2, TextPart::Results, 0, 80)]);
    journal.flush().unwrap();
    let models = journal.model_usage(0..8).unwrap();
    assert_eq!((models[0].turns, models[0].failed, models[0].input, models[0].cached), (2, 1, 100, 4));
    let requests = journal.request_usage(7..8).unwrap();
    assert_eq!((requests[0].of.as_str(), requests[0].requests, requests[0].errors), ("search_tools", 2, 1));
    assert_eq!((requests[0].written, requests[0].read, requests[0].counted), (12, 80, 1));
    assert!(journal.request_usage(8..9).unwrap().is_empty());
    let origin = outboard_types::TraceParent::parse(parent).unwrap();
    assert_eq!(journal.in_trace(&origin.trace).unwrap(), [id(2)]);
    assert!(journal.in_trace(&outboard_types::TraceId([7; 16])).unwrap().is_empty());
}

#[test]
fn an_alert_is_told_once_in_a_while() {
    let journal = memory().unwrap();
    let alert = |at_ms, of: &str| Alert {
        at_ms,
        kind: "new_tool".into(),
        of: of.into(),
        execution: Some(id(1)),
        text: "…".into(),
    };
    assert!(journal.alert(&alert(1_000, "a.b"), 500).unwrap());
    assert!(!journal.alert(&alert(1_400, "a.b"), 500).unwrap(), "it was told");
    assert!(journal.alert(&alert(1_400, "a.c"), 500).unwrap());
    assert!(journal.alert(&alert(1_600, "a.b"), 500).unwrap());
    let told: Vec<_> = journal.alerts(0..2_000, 2).unwrap().into_iter().map(|alert| (alert.at_ms, alert.of)).collect();
    assert_eq!(told, [(1_600, "a.b".to_owned()), (1_400, "a.c".to_owned())]);
}

#[test]
fn what_goes_on_is_told_with_its_calls_and_so_is_what_servers_did() {
    let journal = memory().unwrap();
    ran(&journal, 1);
    journal.begin(execution(2));
    journal.call(call(2, 1));
    journal.call(call(2, 2));
    journal.flush().unwrap();
    let now = journal.under_way(10).unwrap();
    assert_eq!((now.len(), now[0].calls, now[0].is_left), (1, 2, false));
    assert_eq!(now[0].last_call.as_deref(), Some("google-drive.get_document"));
    assert!(now[0].row.record.code.contains("return 2"));
    let servers = journal.server_activity(0).unwrap();
    assert_eq!((servers[0].calls, servers[0].errors, servers[0].mean_us), (3, 1, 2_000_000));
    assert!(journal.server_activity(u64::MAX / 4).unwrap().is_empty());
}
