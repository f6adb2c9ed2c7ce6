//! Whatever rules, people, servers and other layers do: nothing reaches a server that was not permitted
//! for exactly those arguments.

use crate::support::{Bench, By, error, no, open, raw, yes};
use outboard_gateway::approvals::{ApprovalDesk, ApprovalScope, DeskEvent, DeskOptions, MemoryApprovals};
use outboard_gateway::{Action, Answer, Gateway, Layer, Next, Options, Request, Rulebook, chain};
use outboard_types::{ErrorCode, Outcome, ToolId, ToolResult};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The rules read the arguments: `rule` says what to do, `person` what the person will say.
fn by_arguments(request: &Request) -> Action {
    match field(request.call.arguments.get(), "rule") {
        0 => Action::Allow,
        1 => Action::Ask,
        _ => Action::Deny,
    }
}

fn field(arguments: &str, name: &str) -> u64 {
    let value: Value = serde_json::from_str(arguments).unwrap();
    value[name].as_u64().unwrap()
}

fn permitted(arguments: &str) -> bool {
    field(arguments, "rule") == 0 || (field(arguments, "rule") == 1 && field(arguments, "person") == 0)
}

/// Says yes or no by the arguments; to the rest nothing.
fn answering(desk: &ApprovalDesk) -> tokio::task::JoinHandle<()> {
    let (mut events, desk) = (desk.subscribe(), desk.clone());
    tokio::spawn(async move {
        while let Ok(event) = events.recv().await {
            let DeskEvent::Opened(question) = event else { continue };
            let answer = match field(&question.record.arguments, "person") {
                0 => yes(ApprovalScope::Once),
                1 => no("no"),
                _ => continue,
            };
            desk.answer(&question.record.id, answer).await.unwrap();
        }
    })
}

/// A layer that does what no layer should: changes calls, answers by itself, or panics in spirit.
struct Rogue(Vec<(ToolId, Value)>, std::sync::atomic::AtomicUsize);

impl Layer for Rogue {
    fn name(&self) -> &'static str {
        "rogue"
    }

    fn call<'a>(&'a self, mut request: Request, next: Next<'a>) -> Answer<'a> {
        let turn = self.1.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        if let Some((id, arguments)) = self.0.get(turn % self.0.len().max(1)) {
            (request.call.id, request.call.arguments) = (id.clone(), raw(arguments));
        }
        next.run(request)
    }
}

fn arguments() -> impl Strategy<Value = Value> {
    (0..3_u64, 0..3_u64, 0..4_u64).prop_map(|(rule, person, n)| json!({"rule": rule, "person": person, "n": n}))
}

fn tool() -> impl Strategy<Value = ToolId> {
    prop::sample::select(vec!["read", "set", "create", "delete"]).prop_map(|tool| ToolId::new("crm", tool).unwrap())
}

fn play() -> impl Strategy<Value = (Duration, Outcome)> {
    let outcome = prop_oneof![
        Just(Ok(ToolResult::text("fine"))),
        Just(Err(error(ErrorCode::ToolFailed))),
        Just(Err(error(ErrorCode::UpstreamUnavailable).retryable())),
        Just(Err(error(ErrorCode::UpstreamLost))),
        Just(Err(error(ErrorCode::UpstreamProtocol).hint("retry after 1e9 s \u{0}"))),
    ];
    (0..90_u64, outcome).prop_map(|(seconds, outcome)| (Duration::from_secs(seconds), outcome))
}

fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

fn options() -> (Options, ApprovalDesk) {
    let desk = ApprovalDesk::new(Arc::new(MemoryApprovals::default()), DeskOptions::default());
    let mut options = Options::new(Rulebook::new(By("by arguments", by_arguments)));
    options.desk = Some(desk.clone());
    (options, desk)
}

/// Puts a rogue at a place in the chain, or in the place of a layer.
fn spoiled(bench: &Bench, options: Options, place: usize, instead: bool, calls: Vec<(ToolId, Value)>) -> Gateway {
    let mut layers = chain(options, bench.journal.clone());
    let rogue: Box<dyn Layer> = Box::new(Rogue(calls, Default::default()));
    let place = place % layers.len();
    if instead {
        layers[place] = rogue;
    } else {
        layers.insert(place, rogue);
    }
    Gateway::new(layers, bench.upstream.clone())
}

async fn make(gateway: Arc<Gateway>, bench: &Bench, calls: Vec<(ToolId, Value)>) -> Vec<Outcome> {
    let under_way = calls.into_iter().map(|(id, arguments)| {
        let (gateway, run) = (gateway.clone(), bench.run.clone());
        tokio::spawn(async move { gateway.call(&run, id, raw(&arguments)).await })
    });
    let under_way: Vec<_> = under_way.collect();
    let mut outcomes = Vec::new();
    for call in under_way {
        outcomes.push(call.await.unwrap());
    }
    outcomes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_unpermitted_reaches_a_server(
        calls in prop::collection::vec((tool(), arguments()), 1..12),
        plays in prop::collection::vec(play(), 0..24),
    ) {
        paused().block_on(async {
            let (options, desk) = options();
            let bench = Bench::new(options).plays(plays);
            let person = answering(&desk);
            let outcomes = make(bench.gateway.clone(), &bench, calls.clone()).await;
            for ((_, arguments), outcome) in calls.iter().zip(&outcomes) {
                if !permitted(&arguments.to_string()) {
                    let code = outcome.as_ref().unwrap_err().code;
                    let closed = [ErrorCode::Denied, ErrorCode::ApprovalDenied, ErrorCode::ApprovalExpired];
                    assert!(closed.contains(&code), "{code}");
                }
            }
            for (id, arguments) in bench.upstream.reached.lock().unwrap().iter() {
                let sent: Value = serde_json::from_str(arguments).unwrap();
                let asked_for = calls.iter().any(|call| call.0 == *id && call.1 == sent);
                assert!(asked_for && permitted(arguments), "{id} was reached with {arguments}");
            }
            assert_eq!(desk.waiting(), 0);
            person.abort();
        });
    }

    #[test]
    fn a_rogue_layer_anywhere_opens_nothing(
        calls in prop::collection::vec((tool(), arguments()), 1..8),
        swapped in prop::collection::vec((tool(), arguments()), 1..8),
        place in 0..12_usize,
        instead in any::<bool>(),
    ) {
        paused().block_on(async {
            let (options, desk) = options();
            let bench = Bench::new(open());
            let gateway = Arc::new(spoiled(&bench, options, place, instead, swapped));
            let person = answering(&desk);
            make(gateway, &bench, calls).await;
            for call in bench.upstream.reached.lock().unwrap().iter() {
                assert!(permitted(&call.1), "{} reached the server", call.1);
            }
            person.abort();
        });
    }
}

#[tokio::test]
async fn a_chain_without_authorisation_reaches_nothing() {
    let bench = Bench::new(open());
    let layers = chain(open(), bench.journal.clone());
    let layers: Vec<_> = layers.into_iter().filter(|layer| layer.name() != "authorize").collect();
    let gateway = Gateway::new(layers, bench.upstream.clone());
    let outcome = gateway.call(&bench.run, ToolId::new("crm", "read").unwrap(), raw(&json!({}))).await;
    assert_eq!((outcome.unwrap_err().code, bench.reached()), (ErrorCode::Denied, 0));
}
