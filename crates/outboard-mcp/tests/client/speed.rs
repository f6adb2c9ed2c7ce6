//! What one call costs. Prints with `--nocapture`; the limit only catches accidents.

use super::support::Stage;
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_echo_is_quick() {
    let stage = Stage::new(&["legacy"]);
    stage.works("legacy").await;
    let mut times = Vec::new();
    for number in 0..1000 {
        let since = Instant::now();
        stage.call("legacy", "echo", json!({"number": number})).await.unwrap();
        times.push(since.elapsed());
    }
    times.sort();
    println!("echo: p50 {:?}, p99 {:?}", times[500], times[990]);
    assert!(times[500] < Duration::from_millis(20));
}
