//! Many spans at once: every one of them is sent or counted as lost.

use crate::receiver::{Mood, Receiver};
use crate::story::{self, call, id};
use outboard_journal::{Journal, Status, memory};
use outboard_telemetry::{Protocol, Telemetry, TreeOptions, resend};
use std::time::{Duration, Instant};

const EXECUTIONS: u64 = 20;
const CALLS: u64 = 1_000;

/// 20,020 spans as fast as they can be made; gives how long that took.
async fn burst(journal: &Journal) -> Duration {
    for number in 1..=EXECUTIONS {
        story::begin(journal, &id(number)).await;
    }
    let began = Instant::now();
    for number in 1..=EXECUTIONS {
        for at in 1..=CALLS {
            journal.call(call(&id(number), at, at * 10, at * 10 + 5));
        }
        story::end(journal, &id(number), 1_000, Status::Succeeded);
    }
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_thousand_spans_in_a_moment_all_arrive() {
    let (receiver, journal) = (Receiver::start(Mood::Takes).await, memory().unwrap());
    let options = receiver.options(Protocol::Protobuf);
    let telemetry = Telemetry::start(options, TreeOptions::default(), &journal).unwrap();
    let took = burst(&journal).await;
    let stats = telemetry.close(Duration::from_secs(300)).await;
    let all = EXECUTIONS * (CALLS + 1);
    assert_eq!((stats.sent, stats.dropped), (all, 0), "made within {took:?}");
    assert_eq!(receiver.spans().len() as u64, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_room_is_counted_and_can_be_sent_again() {
    let (receiver, journal) = (Receiver::start(Mood::Takes).await, memory().unwrap());
    let mut options = receiver.options(Protocol::Protobuf);
    options.queue = 3_000;
    let telemetry = Telemetry::start(options.clone(), TreeOptions::default(), &journal).unwrap();
    burst(&journal).await;
    let stats = telemetry.close(Duration::from_secs(300)).await;
    let all = EXECUTIONS * (CALLS + 1);
    assert_eq!(stats.sent + stats.dropped, all, "none is lost silently: {stats:?}");
    assert!(stats.dropped > 0, "the queue is far too small: {stats:?}");
    assert_eq!(receiver.spans().len() as u64, stats.sent);
    let text = telemetry.metrics().text();
    assert!(text.contains(&format!("outboard_spans_total{{outcome=\"dropped\"}} {}", stats.dropped)), "{text}");
    let again = resend(&options, &TreeOptions::default(), &journal, &id(EXECUTIONS)).await.unwrap();
    assert_eq!(again.spans as u64, CALLS + 1);
}
