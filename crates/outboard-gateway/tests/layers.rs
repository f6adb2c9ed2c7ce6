//! What each layer does to a call, seen from outside the chain.

use crate::support::{Bench, asking, no, open, question};
use outboard_gateway::{Flow, Options, Privacy, Rulebook, RunLimits, Unpinned, definition_changed};
use outboard_policy::{Policy, Profile, ServerAccess};
use outboard_types::{Call, Digest, ErrorCode, ServerName, ToolError, ToolResult};
use serde_json::json;
use serde_json::value::RawValue;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[tokio::test]
async fn a_good_call_reaches_the_upstream_and_is_recorded() {
    let bench = Bench::new(open());
    bench.call("drive.get_document", json!({"documentId": "a"})).await.unwrap();
    bench.journal.flush().unwrap();
    let calls = bench.journal.calls(&bench.run.context().execution).unwrap();
    assert_eq!((bench.reached(), calls.len()), (1, 1));
    assert_eq!((calls[0].number, calls[0].error, calls[0].arguments_bytes), (1, None, 18));
}

#[tokio::test]
async fn refused_arguments_name_the_place_and_the_fix() {
    let bench = Bench::new(open());
    for (arguments, said) in [
        (json!({}), "documentId is required and missing"),
        (
            json!({"documentID": "a", "documentId": "a"}),
            "unknown argument \"documentID\" (did you mean \"documentId\"?)",
        ),
        (json!({"documentId": 7}), "documentId: "),
        (json!({"documentId": "a", "pages": [{"number": "x"}]}), "pages[0].number: "),
        (json!([1]), "takes one object of arguments, not [1]"),
    ] {
        let error = bench.call("drive.get_document", arguments).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArguments);
        assert!(error.message.contains(said), "{}", error.message);
        assert_eq!(error.hint.as_deref(), Some("arguments: { documentId, pages? }"));
    }
    assert_eq!(bench.reached(), 0, "nothing was sent");
}

#[tokio::test]
async fn a_null_that_stands_for_nothing_is_not_sent() {
    let bench = Bench::new(open());
    let sent = || bench.upstream.reached.lock().unwrap().last().unwrap().1.clone();
    bench.call("drive.get_document", json!({"documentId": "a", "pages": null})).await.unwrap();
    assert_eq!(sent(), r#"{"documentId":"a"}"#);
    bench.journal.flush().unwrap();
    let calls = bench.journal.calls(&bench.run.context().execution).unwrap();
    assert_eq!((calls[0].arguments_bytes, calls[0].error), (18, None), "the record says what was sent");
    assert_eq!(calls[0].arguments_digest, Digest::of(r#"{"documentId":"a"}"#));
    let required = bench.call("drive.get_document", json!({"documentId": null})).await.unwrap_err();
    assert!(required.message.starts_with("documentId: null is not"), "{}", required.message);
    let foreign = bench.call("drive.get_document", json!({"documentId": "a", "page": null})).await.unwrap_err();
    assert!(foreign.message.contains("unknown argument"), "{}", foreign.message);
    let inner = json!({"documentId": "a", "pages": [{"number": null}]});
    bench.call("drive.get_document", inner).await.unwrap();
    assert_eq!(sent(), r#"{"documentId":"a","pages":[{}]}"#, "within others too");
    bench.call("crm.read", json!({"anything": null})).await.unwrap();
    assert_eq!(sent(), r#"{"anything":null}"#, "a null that the schema takes stays");
}

#[tokio::test]
async fn drafts_differ_and_a_broken_schema_does_not_block() {
    let bench = Bench::new(open());
    assert!(bench.call("drive.old", json!({"pair": ["a", 1]})).await.is_ok());
    assert!(bench.call("drive.old", json!({"pair": ["a", "b"]})).await.is_err(), "draft-07 tuples are checked");
    assert!(bench.call("drive.broken_schema", json!({"a": 1})).await.is_ok());
}

#[tokio::test]
async fn a_denied_tool_is_never_reached_and_the_denial_is_recorded() {
    let server = ServerName::new("drive").unwrap();
    let access = ServerAccess { server, allow: Vec::new(), deny: vec!["get_*".into()] };
    let policy = Policy::new(Profile::Balanced, Vec::new(), vec![access]).unwrap();
    let bench = Bench::new(Options::new(Rulebook::new(policy)));
    let error = bench.call("drive.get_document", json!({"documentId": "a"})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Denied);
    assert!(error.message.contains("servers.drive.tools.deny"), "{}", error.message);
    bench.journal.flush().unwrap();
    let calls = bench.journal.calls(&bench.run.context().execution).unwrap();
    assert_eq!((bench.reached(), calls[0].decision.as_str()), (0, "deny"));
    assert!(bench.call("crm.read", json!({})).await.is_ok(), "other servers are not concerned");
    assert_eq!(bench.call("crm.delete", json!({})).await.unwrap_err().code, ErrorCode::ApprovalDenied);
}

struct Pinned;

impl outboard_gateway::Definitions for Pinned {
    fn check(&self, tool: &outboard_catalog::Tool) -> Result<(), ToolError> {
        match tool.id.server.as_str() {
            "crm" => Err(definition_changed(&tool.id, "its description is another")),
            _ => Unpinned.check(tool),
        }
    }
}

#[tokio::test]
async fn a_tool_whose_definition_changed_is_not_called() {
    let bench = Bench::new(Options { definitions: Arc::new(Pinned), ..open() });
    let error = bench.call("crm.read", json!({})).await.unwrap_err();
    assert_eq!((error.code, bench.reached()), (ErrorCode::DefinitionChanged, 0));
    bench.call("drive.get_document", json!({"documentId": "a"})).await.unwrap();
}

#[tokio::test]
async fn arguments_that_are_too_large_are_not_even_parsed() {
    let bench = Bench::new(Options { arguments: 100, ..open() });
    let error = bench.call("crm.read", json!({"text": "x".repeat(200)})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidArguments);
    assert!(error.hint.unwrap().contains("gateway.max_arguments_bytes"));
}

#[tokio::test]
async fn an_unlisted_tool_is_refused() {
    let bench = Bench::new(open());
    assert_eq!(bench.call("drive.format_disk", json!({})).await.unwrap_err().code, ErrorCode::UnknownTool);
    assert_eq!(bench.reached(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_slow_call_times_out_and_its_upstream_is_let_go() {
    let bench = Bench::new(Options { timeout: Duration::from_secs(5), ..open() }).slow(Duration::from_secs(60));
    let error = bench.call("drive.get_document", json!({"documentId": "a"})).await.unwrap_err();
    assert_eq!((error.code, error.retryable), (ErrorCode::Timeout, false));
    assert_eq!(bench.upstream.dropped.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_lets_go_of_its_calls() {
    let bench = Bench::new(open()).slow(Duration::from_secs(30));
    let (call, ()) = tokio::join!(bench.call("drive.get_document", json!({"documentId": "a"})), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        bench.cancel.cancel();
    });
    assert_eq!(call.unwrap_err().code, ErrorCode::Cancelled);
    assert_eq!(bench.upstream.dropped.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn places_bound_what_runs_at_once_and_waiting_costs_no_time_limit() {
    let options = Options { timeout: Duration::from_secs(2), call_timeout: Duration::from_secs(3), ..open() };
    let bench = Bench::with(options, RunLimits { total: 100, concurrent: 4 }).slow(Duration::from_secs(1));
    let calls = (0..40).map(|_| bench.call("drive.get_document", json!({"documentId": "a"})));
    let outcomes = futures::future::join_all(calls).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(bench.upstream.most.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn the_call_after_the_last_allowed_one_says_which_limit_it_hit() {
    let bench = Bench::with(open(), RunLimits { total: 2, concurrent: 4 });
    for _ in 0..2 {
        bench.call("drive.get_document", json!({"documentId": "a"})).await.unwrap();
    }
    let error = bench.call("drive.get_document", json!({"documentId": "a"})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::LimitExceeded);
    assert!(error.hint.unwrap().contains("sandbox.total_calls"));
    assert_eq!(bench.reached(), 2);
}

/// `[EMAIL_1]` stands for an address that may not go to `crm.delete`.
#[derive(Default)]
struct Known(std::sync::Mutex<Vec<String>>);

impl Privacy for Known {
    fn restore(&self, call: &Call) -> Result<Option<Arc<RawValue>>, ToolError> {
        let text = call.arguments.get();
        if text.contains("[EMAIL_2]") {
            return Err(ToolError::new(ErrorCode::UnknownToken, "[EMAIL_2] stands for nothing here"));
        }
        let restored = text.replace("[EMAIL_1]", "a@b.example");
        Ok((restored != text).then(|| RawValue::from_string(restored).unwrap().into()))
    }

    fn flow(&self, call: &Call) -> Flow {
        let (rule, reason) = ("privacy.flows[0]".to_owned(), "[EMAIL_1] from drive at /to".to_owned());
        match (call.id.tool.as_str(), call.arguments.get().contains("a@b.example")) {
            ("delete", true) => Flow::Deny { rule, reason },
            ("get_document", true) => Flow::Ask { rule, reason },
            _ => Flow::Pass,
        }
    }

    fn note(&self, call: &Call, _result: &ToolResult) {
        self.0.lock().unwrap().push(call.arguments.get().to_owned());
    }
}

#[tokio::test]
async fn tokens_become_values_on_their_way_and_flows_are_watched() {
    let (known, (_, desk)) = (Arc::new(Known::default()), asking());
    let bench = Bench::new(Options { privacy: known.clone(), desk: Some(desk.clone()), ..open() });
    bench.call("crm.read", json!({"to": "[EMAIL_1]"})).await.unwrap();
    assert_eq!(known.0.lock().unwrap().as_slice(), [r#"{"to":"a@b.example"}"#], "what the upstream was sent");
    let error = bench.call("crm.delete", json!({"to": "[EMAIL_1]"})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::FlowDenied);
    assert!(error.message.contains("[EMAIL_1] from drive at /to") && !error.message.contains("a@b"), "{error}");
    let error = bench.call("crm.read", json!({"to": "[EMAIL_2]"})).await.unwrap_err();
    assert_eq!((error.code, bench.reached()), (ErrorCode::UnknownToken, 1));
    let asked = async {
        let question = question(&desk).await;
        assert_eq!(question.record.rule, "privacy.flows[0]");
        desk.answer(&question.record.id, no("private")).await.unwrap();
    };
    let call = bench.call("drive.get_document", json!({"documentId": "[EMAIL_1]"}));
    let (outcome, ()) = tokio::join!(call, asked);
    assert_eq!(outcome.unwrap_err().code, ErrorCode::ApprovalDenied);
    bench.journal.flush().unwrap();
    let calls = bench.journal.calls(&bench.run.context().execution).unwrap();
    assert_eq!(calls[0].arguments_digest, Digest::of(r#"{"to":"[EMAIL_1]"}"#), "the record knows the token alone");
}
