//! Sending: headers, refusals, sampling, what is told to servers.

use crate::receiver::{Mood, Receiver, attributes};
use crate::story::{self, call, id};
use outboard_journal::{Fact, Follower, Journal, Mark, MarkKind, Status, memory};
use outboard_telemetry::{Options, Protocol, Sampler, SendError, Stats, Telemetry, TreeOptions, resend};
use outboard_types::{SpanId, TraceId, TraceOrigin};
use std::sync::Arc;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

async fn tell(journal: &Journal, number: u64) {
    story::begin(journal, &id(number)).await;
    journal.call(call(&id(number), 1, 1_000, 2_000));
    story::end(journal, &id(number), 3, Status::Succeeded);
}

async fn run(options: Options, executions: u64) -> Stats {
    let journal = memory().unwrap();
    let telemetry = Telemetry::start(options, TreeOptions::default(), &journal).unwrap();
    for number in 1..=executions {
        tell(&journal, number).await;
    }
    telemetry.close(LONG).await
}

#[tokio::test]
async fn headers_and_the_name_of_the_service_go_along() {
    let receiver = Receiver::start(Mood::Takes).await;
    let mut options = receiver.options(Protocol::Protobuf);
    options.say("service.name", "mine");
    run(options, 1).await;
    assert_eq!(receiver.header("x-tenant").as_deref(), Some("seven"));
    let request = &receiver.requests()[0].resource_spans[0];
    assert_eq!(attributes(&request.resource.as_ref().unwrap().attributes)["service.name"], "mine");
    assert_eq!(request.scope_spans[0].scope.as_ref().unwrap().name, "outboard");
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again() {
    let receiver = Receiver::start(Mood::Busy(1)).await;
    let journal = memory().unwrap();
    let mut options = receiver.options(Protocol::Protobuf);
    options.metrics = None;
    let telemetry = Telemetry::start(options, TreeOptions::default(), &journal).unwrap();
    tell(&journal, 1).await;
    for _ in 0..600 {
        if telemetry.stats().sent == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(telemetry.close(LONG).await, Stats { sent: 2, dropped: 0, sampled_out: 0 });
}

#[tokio::test]
async fn what_a_server_refuses_is_counted_and_told_when_it_is_sent_again() {
    let receiver = Receiver::start(Mood::Refuses(400)).await;
    let stats = run(receiver.options(Protocol::Json), 2).await;
    assert_eq!((stats.sent, stats.dropped), (0, 4));
    let journal = memory().unwrap();
    tell(&journal, 1).await;
    journal.flush().unwrap();
    let error = resend(&receiver.options(Protocol::Json), &TreeOptions::default(), &journal, &id(1)).await;
    assert!(matches!(&error, Err(SendError::Refused { reason, .. }) if reason.contains("400")), "{error:?}");
    let nowhere = resend(&Options::default(), &TreeOptions::default(), &journal, &id(1)).await;
    assert!(matches!(nowhere, Err(SendError::Nowhere)));
}

#[tokio::test]
async fn a_server_that_says_nothing_holds_nobody() {
    let receiver = Receiver::start(Mood::Silent).await;
    let journal = memory().unwrap();
    let telemetry = Telemetry::start(receiver.options(Protocol::Protobuf), TreeOptions::default(), &journal).unwrap();
    tell(&journal, 1).await;
    let stats = telemetry.close(Duration::from_millis(300)).await;
    assert_eq!((stats.sent, stats.dropped), (0, 2));
}

struct Nobody;

impl Follower for Nobody {
    fn heard(&self, _: Fact<'_>) {}
}

#[tokio::test]
async fn an_end_that_is_heard_of_before_the_journal_has_it_is_waited_for() {
    let receiver = Receiver::start(Mood::Takes).await;
    let journal = memory().unwrap();
    journal.follow(Arc::new(Nobody));
    let telemetry = Telemetry::start(receiver.options(Protocol::Json), TreeOptions::default(), &journal).unwrap();
    let [provider, model, text] = ["openai", "scripted", "code"].map(str::to_owned);
    let mark = |what| Mark { execution: id(1), at_us: story::T * 1_000, what };
    let turn = MarkKind::Turn {
        run_us: story::T * 1_000,
        turn: 1,
        provider: provider.clone(),
        model: model.clone(),
        took_us: 5_000,
        input: 10,
        cached: 0,
        output: 1,
        calls: 0,
        ok: true,
    };
    let status = "succeeded".to_owned();
    let end = MarkKind::Agent { provider, model, mode: text, took_us: 9_000, turns: 1, status, cost_micros: None };
    journal.mark(mark(turn));
    let end = mark(end);
    telemetry.heard(Fact::Marked(&end));
    // Long enough for a look or two, and right whenever they are.
    tokio::time::sleep(Duration::from_millis(120)).await;
    journal.mark(end);
    let sent = || telemetry.stats().sent;
    for _ in 0..600 {
        if sent() > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let sent_before_the_close = sent();
    assert_eq!(telemetry.close(LONG).await, Stats { sent: sent_before_the_close, dropped: 0, sampled_out: 0 });
    assert!(sent_before_the_close > 0);
}

#[tokio::test]
async fn what_is_not_recorded_is_not_sent_and_servers_are_told_so() {
    let receiver = Receiver::start(Mood::Takes).await;
    let mut options = receiver.options(Protocol::Protobuf);
    options.sampler = Sampler::parse("always_off", None).unwrap();
    let journal = memory().unwrap();
    let telemetry = Telemetry::start(options, TreeOptions::default(), &journal).unwrap();
    let context = telemetry.context(&id(1), None).unwrap();
    assert!(context.of_call(&id(1), 1).parent.unwrap().to_string().ends_with("-00"));
    tell(&journal, 1).await;
    assert_eq!(telemetry.close(LONG).await, Stats { sent: 0, dropped: 0, sampled_out: 2 });
}

#[tokio::test]
async fn servers_are_told_the_span_that_is_sent() {
    let receiver = Receiver::start(Mood::Takes).await;
    let journal = memory().unwrap();
    let start = |inner| {
        let drawn = TreeOptions { inner, ..TreeOptions::default() };
        Telemetry::start(receiver.options(Protocol::Protobuf), drawn, &memory().unwrap()).unwrap()
    };
    let told = |telemetry: &Telemetry, origin: Option<&TraceOrigin>| {
        telemetry.context(&id(1), origin).map(|context| context.of_call(&id(1), 2).parent.unwrap())
    };
    let own = told(&start(true), None).unwrap();
    assert_eq!((own.trace, own.span, own.sampled), (TraceId::of(&id(1)), SpanId::of_call(&id(1), 2), true));
    assert_eq!(told(&start(false), None).unwrap().span, SpanId::of_run(&id(1)), "a black box has one span");
    let silent = Telemetry::start(Options::default(), TreeOptions::default(), &journal).unwrap();
    assert_eq!(told(&silent, None), None);
    let client = TraceOrigin::read("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", None).unwrap();
    assert_eq!(told(&silent, Some(&client)), Some(client.parent), "what a client said is passed on");
    assert_eq!(told(&start(true), Some(&client)).unwrap().trace, client.parent.trace);
}

#[tokio::test]
async fn what_is_still_to_be_drawn_has_more_time_than_a_server() {
    let receiver = Receiver::start(Mood::Takes).await;
    let journal = memory().unwrap();
    let telemetry = Telemetry::start(receiver.options(Protocol::Protobuf), TreeOptions::default(), &journal).unwrap();
    telemetry.after(Box::new(|| Box::pin(tokio::time::sleep(Duration::from_millis(400)))));
    tell(&journal, 1).await;
    let stats = telemetry.close(Duration::from_millis(200)).await;
    assert_eq!((stats.sent, stats.dropped), (2, 0));
}
