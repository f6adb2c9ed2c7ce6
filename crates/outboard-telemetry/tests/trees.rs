//! Trees: which spans there are, what they are called, what they stand under and what they say.

use crate::receiver::{Mood, Receiver, attributes};
use crate::story::{self, T, approved, call, denied, id, retried};
use opentelemetry_proto::tonic::trace::v1::Span;
use outboard_journal::{Completion, Counted, Journal, MarkKind, Status, TextPart, memory};
use outboard_telemetry::{Content, Protocol, Telemetry, TreeOptions, resend, tree};
use outboard_types::{ErrorCode, ExecutionId, SpanId, TraceId};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Sends what a story leaves behind; gives the spans as the receiver read them.
async fn sent(protocol: Protocol, drawn: TreeOptions, tell: impl AsyncFnOnce(&Journal, &ExecutionId)) -> Vec<Span> {
    let (receiver, journal) = (Receiver::start(Mood::Takes).await, memory().unwrap());
    let options = receiver.options(protocol);
    let telemetry = Telemetry::start(options.clone(), drawn.clone(), &journal).unwrap();
    tell(&journal, &id(1)).await;
    let stats = telemetry.close(Duration::from_secs(60)).await;
    let live = receiver.spans();
    assert_eq!((stats.sent, stats.dropped), (live.len() as u64, 0));
    let again = resend(&options, &drawn, &journal, &id(1)).await.unwrap();
    assert_eq!(again.spans, live.len());
    assert_eq!(receiver.spans()[live.len()..], live[..], "what is sent again is the same");
    live
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
    assert_eq!(found.len(), 1, "{name}: {:?}", spans.iter().map(|span| &span.name).collect::<Vec<_>>());
    found[0]
}

fn about(span: &Span) -> Value {
    attributes(&span.attributes)
}

#[tokio::test]
async fn a_program_is_one_tree_in_both_formats() {
    for protocol in [Protocol::Protobuf, Protocol::Json] {
        let spans = sent(protocol, TreeOptions::default(), async |journal, id| {
            story::begin(journal, id).await;
            story::mark(journal, id, 2_500, MarkKind::Preflight { took_us: 900, refused: None });
            journal.call(call(id, 1, 5_000, 9_250));
            story::worker(journal, id, 1, 500, 20_000, "ended");
            story::end(journal, id, 21, Status::Succeeded);
        })
        .await;
        let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
        assert_eq!(names, ["execute_tool run_code", "worker typescript", "preflight", "tools/call get_customer"]);
        let (root, inner) = spans.split_first().unwrap();
        assert_eq!((root.trace_id.as_slice(), root.parent_span_id.as_slice()), (&TraceId::of(&id(1)).0[..], &[][..]));
        assert_eq!(root.span_id, SpanId::of_run(&id(1)).0);
        assert!(inner.iter().all(|span| span.parent_span_id == root.span_id && span.trace_id == root.trace_id));
        assert_eq!((root.kind, root.start_time_unix_nano), (1, T * 1_000_000));
        let called = named(&spans, "tools/call get_customer");
        assert_eq!((called.kind, called.start_time_unix_nano), (3, (T + 5) * 1_000_000));
        assert_eq!(called.end_time_unix_nano - called.start_time_unix_nano, 4_250_000);
        assert_eq!(
            about(called),
            json!({
                "mcp.method.name": "tools/call", "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": "get_customer", "gen_ai.tool.call.id": format!("{}/1", id(1)),
                "outboard.server": "crm", "outboard.call.number": 1, "network.transport": "pipe",
                "mcp.protocol.version": "2025-11-25", "jsonrpc.request.id": "4", "outboard.policy.decision": "allow",
                "outboard.policy.rule": "balanced: read-only", "outboard.arguments.bytes": 40,
                "outboard.result.bytes": 400, "outboard.tokens.arguments": 10, "outboard.tokens.result": 100,
                "outboard.tokens.counter": "estimate", "outboard.attempts": 1,
                "outboard.replayed": false,
            })
        );
        let said = about(root);
        for (key, value) in [
            ("gen_ai.tool.name", json!("run_code")),
            ("gen_ai.tool.call.id", json!(id(1).as_str())),
            ("outboard.status", json!("succeeded")),
            ("outboard.calls", json!(1)),
            ("outboard.surface.generation", json!(3)),
            ("outboard.sandbox.isolation", json!("tier A: namespaces")),
        ] {
            assert_eq!(said[key], value, "{key}");
        }
        assert_eq!(root.status.as_ref().map_or(0, |status| status.code), 0);
    }
}

/// Counts the program, and the texts of these calls.
fn count(journal: &Journal, id: &ExecutionId, calls: std::ops::RangeInclusive<u64>) {
    let row =
        |part, call, tokens| Counted { execution: id.clone(), part, call, at_ms: T, tokens, counter: "o200k".into() };
    let texts = calls.flat_map(|call| [row(TextPart::Arguments, call, 7), row(TextPart::Results, call, 90)]);
    journal.counted(std::iter::once(row(TextPart::Code, 0, 12)).chain(texts).collect());
}

#[tokio::test]
async fn tokens_are_those_that_were_counted_and_each_span_says_so() {
    for (counted, counter, written, direct) in [(2, "o200k", 12, 194), (1, "estimate", 10, 220)] {
        let spans = sent(Protocol::Json, TreeOptions::default(), async |journal, id| {
            story::begin(journal, id).await;
            journal.call(call(id, 1, 1_000, 2_000));
            journal.call(call(id, 2, 3_000, 4_000));
            count(journal, id, 1..=counted);
            let tokens = MarkKind::Tokens { model_out: 10, model_in: 5, direct_equivalent: 220, bytes: 880 };
            story::mark(journal, id, 5_000, tokens);
            story::end(journal, id, 6, Status::Succeeded);
        })
        .await;
        let (root, first, second) = (about(&spans[0]), about(&spans[1]), about(&spans[2]));
        let of = |said: &Value, key: &str| said[format!("outboard.tokens.{key}")].clone();
        assert_eq!((of(&root, "counter"), of(&root, "model_out")), (json!(counter), json!(written)));
        assert_eq!((of(&root, "direct_equivalent"), of(&root, "model_in")), (json!(direct), json!(5)));
        assert_eq!((of(&first, "arguments"), of(&first, "result")), (json!(7), json!(90)));
        let second = (of(&second, "counter"), of(&second, "result"));
        assert_eq!(second, if counted == 2 { (json!("o200k"), json!(90)) } else { (json!("estimate"), json!(100)) });
    }
}

#[tokio::test]
async fn calls_side_by_side_name_the_first_of_them() {
    let spans = sent(Protocol::Protobuf, TreeOptions::default(), async |journal, id| {
        story::begin(journal, id).await;
        journal.call(call(id, 1, 1_000, 2_000));
        journal.call(call(id, 2, 3_000, 9_000));
        journal.call(call(id, 3, 3_100, 5_000));
        journal.call(call(id, 4, 4_900, 9_500));
        journal.call(call(id, 5, 9_500, 9_900));
        story::end(journal, id, 12, Status::Succeeded);
    })
    .await;
    let groups: Vec<_> = spans[1..].iter().map(|span| about(span)["outboard.parallel.size"].clone()).collect();
    assert_eq!(groups, [Value::Null, json!(3), json!(3), json!(3), Value::Null]);
    let links: Vec<_> = spans[1..].iter().map(|span| span.links.len()).collect();
    assert_eq!(links, [0, 0, 1, 1, 0]);
    assert_eq!(
        (&spans[3].links[0].span_id, attributes(&spans[3].links[0].attributes)),
        (&spans[2].span_id, json!({"outboard.link": "parallel"}))
    );
}

#[tokio::test]
async fn failures_say_what_they_are_and_a_refused_call_asked_nobody() {
    let spans = sent(Protocol::Json, TreeOptions::default(), async |journal, id| {
        story::begin(journal, id).await;
        let failed = call(id, 1, 1_000, 2_000);
        journal.call(outboard_journal::CallRecord { error: Some(ErrorCode::ToolFailed), ..failed });
        journal.call(denied(call(id, 2, 3_000, 3_050)));
        story::end(journal, id, 4, Status::Failed);
    })
    .await;
    let error = |at: usize| about(&spans[at])["error.type"].clone();
    assert_eq!([error(0), error(1), error(2)], [json!("program_error"), json!("tool_error"), json!("denied")]);
    assert!(spans.iter().all(|span| span.status.as_ref().unwrap().code == 2));
    assert_eq!((spans[1].kind, spans[2].kind), (3, 1), "what never left has no client side");
    assert_eq!(about(&spans[2])["network.transport"], Value::Null);
}

#[tokio::test]
async fn questions_and_retries_are_seen() {
    let drawn = TreeOptions { langfuse: true, ..TreeOptions::default() };
    let spans = sent(Protocol::Protobuf, drawn, async |journal, id| {
        story::begin(journal, id).await;
        journal.call(approved(call(id, 1, 1_000, 9_000), 300, 6_000));
        journal.call(retried(call(id, 2, 10_000, 20_000), 4_000));
        story::end(journal, id, 21, Status::Succeeded);
    })
    .await;
    let question = named(&spans, "approval");
    assert_eq!(question.parent_span_id, spans[1].span_id);
    assert_eq!(question.end_time_unix_nano - question.start_time_unix_nano, 6_000_000);
    assert_eq!(about(question)["langfuse.observation.type"], "guardrail");
    assert_eq!(about(&spans[1])["outboard.approval.wait_ms"], 6);
    let again = spans.last().unwrap();
    assert_eq!(again.events[0].name, "retry");
    assert_eq!(again.events[0].time_unix_nano, (T + 14) * 1_000_000);
    assert_eq!(attributes(&again.events[0].attributes), json!({"outboard.attempt": 1, "error.type": "timeout"}));
}

#[tokio::test]
async fn what_is_given_from_the_record_says_so() {
    let spans = sent(Protocol::Protobuf, TreeOptions::default(), async |journal, id| {
        story::begin(journal, id).await;
        journal.call(call(id, 1, 1_000, 2_000));
        story::worker(journal, id, 1, 100, 4_000, "suspended");
        story::worker(journal, id, 2, 60_000, 9_000, "ended");
        journal.call(call(id, 2, 63_000, 64_000));
        story::end(journal, id, 70, Status::Succeeded);
    })
    .await;
    let replayed: Vec<_> = spans.iter().filter(|span| span.name.starts_with("tools/")).map(about).collect();
    assert_eq!([&replayed[0]["outboard.replayed"], &replayed[1]["outboard.replayed"]], [true, false]);
    let workers: Vec<_> = spans.iter().filter(|span| span.name == "worker typescript").collect();
    assert_ne!(workers[0].span_id, workers[1].span_id);
    assert_eq!(about(workers[0])["outboard.worker.end"], "suspended");
}

#[tokio::test]
async fn a_client_that_names_its_trace_is_the_parent() {
    let spans = sent(Protocol::Json, TreeOptions::default(), async |journal, id| {
        story::begin(journal, id).await;
        story::origin(journal, id, PARENT, Some("vendor=1"));
        journal.call(call(id, 1, 1_000, 2_000));
        story::end(journal, id, 3, Status::Succeeded);
    })
    .await;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert!(spans.iter().all(|span| hex(&span.trace_id) == PARENT[3..35] && span.trace_state == "vendor=1"));
    assert_eq!(hex(&spans[0].parent_span_id), PARENT[36..52]);
    assert_eq!(spans[1].parent_span_id, spans[0].span_id);
}

#[tokio::test]
async fn a_black_box_is_one_span() {
    let spans =
        sent(Protocol::Protobuf, TreeOptions { inner: false, ..TreeOptions::default() }, async |journal, id| {
            story::begin(journal, id).await;
            journal.call(approved(call(id, 1, 1_000, 2_000), 0, 10));
            story::worker(journal, id, 1, 100, 4_000, "ended");
            story::end(journal, id, 5, Status::Succeeded);
        })
        .await;
    assert_eq!(spans.len(), 1);
    assert_eq!(about(&spans[0])["outboard.calls"], 1);
}

#[tokio::test]
async fn a_direct_call_is_a_span_of_its_own() {
    let spans = sent(Protocol::Protobuf, TreeOptions::default(), async |journal, id| {
        story::origin(journal, id, PARENT, None);
        journal.call(call(id, 1, 1_000, 2_000));
    })
    .await;
    assert_eq!((spans.len(), spans[0].name.as_str()), (1, "tools/call get_customer"));
    assert_eq!(spans[0].span_id, SpanId::of_call(&id(1), 1).0);
    assert_eq!(spans[0].parent_span_id[..2], [0xb7, 0xad]);
}

#[tokio::test]
async fn content_is_shown_only_when_asked_for_and_masked() {
    let tell = async |journal: &Journal, id: &ExecutionId| {
        story::begin(journal, id).await;
        let completion = Completion {
            execution: id.clone(),
            number: 1,
            order: 1,
            at_ms: T + 2,
            outcome: Ok(r#"{"mail":"me@example.com"}"#.into()),
        };
        journal.completion(completion).await.unwrap();
        journal.call(call(id, 1, 1_000, 2_000));
        story::end(journal, id, 5, Status::Succeeded);
    };
    let without = sent(Protocol::Json, TreeOptions::default(), tell).await;
    assert!(without.iter().all(|span| !about(span).to_string().contains("gen_ai.tool.call.arguments")));
    let mask: Content = Arc::new(|_, _, text| text.replace("me@example.com", "[EMAIL_1]"));
    let drawn = TreeOptions { content: Some(mask), ..TreeOptions::default() };
    let with = sent(Protocol::Json, drawn, tell).await;
    assert_eq!(about(&with[1])["gen_ai.tool.call.result"], r#"{"mail":"[EMAIL_1]"}"#);
    let code = about(&with[0])["gen_ai.tool.call.arguments"].clone();
    assert!(code.as_str().unwrap().contains("return '[EMAIL_1]'"), "{code}");
}

#[tokio::test]
async fn what_goes_on_is_drawn_as_far_as_it_is() {
    let journal = memory().unwrap();
    story::begin(&journal, &id(1)).await;
    journal.call(call(&id(1), 1, 1_000, 2_000));
    journal.flush().unwrap();
    let trace = tree(&journal, &id(1), &TreeOptions::default()).unwrap().unwrap();
    assert!(!trace.ended);
    assert_eq!(trace.spans[0].end_us, trace.spans[1].end_us);
    assert!(tree(&journal, &id(9), &TreeOptions::default()).unwrap().is_none());
}
