//! Hostile and merely large traffic.

use crate::support::{program, python, sandbox};
use outboard_worker_protocol::{FrameError, FromWorker, ToWorker};
use serde_json::value::to_raw_value;
use std::time::Duration;

async fn first_after(code: &str) -> Result<Option<FromWorker>, FrameError> {
    let (mut sender, mut receiver, _control) = sandbox().await.worker(python()).await.unwrap().split();
    // The worker may be gone by then.
    let _ = sender.send(&program(code)).await;
    receiver.next().await
}

#[tokio::test]
async fn garbage_is_an_error() {
    let sandbox = sandbox().await;
    for code in ["channel.sendall(b'\\x02\\0\\0\\0{]')", "channel.sendall(b'\\x06\\0\\0\\0{\"a\":1}')", "send([[[]]])"]
    {
        let (mut sender, mut receiver, _control) = sandbox.worker(python()).await.unwrap().split();
        sender.send(&program(code)).await.unwrap();
        assert!(matches!(receiver.next().await, Err(FrameError::Malformed(_))), "{code}");
    }
}

#[tokio::test]
async fn a_deep_frame_is_an_error() {
    let sandbox = sandbox().await;
    let (mut sender, mut receiver, _control) = sandbox.worker(python()).await.unwrap().split();
    let code = "import struct\nbody = b'[' * 1000000\nchannel.sendall(struct.pack('<I', len(body)) + body)";
    sender.send(&program(code)).await.unwrap();
    assert!(matches!(receiver.next().await, Err(FrameError::Malformed(_))));
}

#[tokio::test]
async fn an_announced_giant_is_an_error() {
    let sandbox = sandbox().await;
    let (mut sender, mut receiver, _control) = sandbox.worker(python()).await.unwrap().split();
    sender.send(&program("channel.sendall(b'\\xff' * 8)")).await.unwrap();
    assert!(matches!(receiver.next().await, Err(FrameError::TooLarge { .. })));
}

#[tokio::test]
async fn a_sandbox_that_goes_takes_its_workers() {
    // The sandbox is dropped before the answer is read: an end, not a hang.
    let answer = tokio::time::timeout(Duration::from_secs(30), first_after("import time\ntime.sleep(60)")).await;
    assert!(matches!(answer, Ok(Ok(None))), "{answer:?}");
}

#[tokio::test]
async fn large_values_pass_both_ways() {
    let sandbox = sandbox().await;
    let (mut sender, mut receiver, _control) = sandbox.worker(python()).await.unwrap().split();
    let code =
        "result = len(receive()['done']['value'])\nsend({'console': {'stream': 'out', 'text': 'x' * (20 << 20)}})";
    sender.send(&program(code)).await.unwrap();
    let value = to_raw_value(&"y".repeat(30 << 20)).unwrap();
    sender.send(&ToWorker::Done { id: 1, value }).await.unwrap();
    let Ok(Some(FromWorker::Console { text, .. })) = receiver.next().await else { panic!("console text") };
    assert_eq!(text.len(), 20 << 20);
    let Ok(Some(FromWorker::Result { value, .. })) = receiver.next().await else { panic!("a result") };
    assert_eq!(value.unwrap().get(), (30 << 20).to_string());
}

#[tokio::test]
async fn a_worker_that_does_not_read_holds_the_sender_back() {
    let sandbox = sandbox().await;
    let (mut sender, mut receiver, control) = sandbox.worker(python()).await.unwrap().split();
    sender.send(&program("import time\ntime.sleep(0.5)\nresult = len(receive()['done']['value'])")).await.unwrap();
    let value = to_raw_value(&"y".repeat(8 << 20)).unwrap();
    let message = ToWorker::Done { id: 1, value };
    let send = sender.send(&message);
    assert!(tokio::time::timeout(Duration::from_millis(100), send).await.is_err(), "it must wait");
    sender.flush().await.unwrap();
    let Ok(Some(FromWorker::Result { value, .. })) = receiver.next().await else { panic!("a result") };
    assert_eq!(value.unwrap().get(), (8 << 20).to_string(), "the message stayed whole");
    control.kill();
    assert!(control.wait().await.cpu < Duration::from_secs(5));
}

#[tokio::test]
async fn too_large_a_message_is_refused_and_the_channel_stays_good() {
    let sandbox = sandbox().await;
    let (mut sender, mut receiver, _control) = sandbox.worker(python()).await.unwrap().split();
    let value = to_raw_value(&"y".repeat(65 << 20)).unwrap();
    assert!(sender.send(&ToWorker::Done { id: 1, value }).await.is_err());
    sender.send(&program("result = 1")).await.unwrap();
    assert!(matches!(receiver.next().await, Ok(Some(FromWorker::Result { .. }))));
}
