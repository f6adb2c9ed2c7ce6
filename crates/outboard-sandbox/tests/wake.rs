//! Workers that are told that their program comes: they look out for it for a while, and nothing else changes.

use crate::lifetime::{fills, soon};
use crate::support::{engines, options, program, python, python_of, run, started};
use outboard_sandbox::{Options, PoolSize, Sandbox};
use outboard_types::Language;
use outboard_worker_protocol::FromWorker;
use std::time::Duration;

async fn one_idle(options: Options) -> Sandbox {
    started(Options { pool: PoolSize { min: 1, max: 1 }, ..options }).await
}

fn real() -> Options {
    engines("/bin/true".into(), Some(python_of("python3", outboard_python::WORKER)))
}

#[tokio::test]
async fn a_worker_that_is_woken_in_vain_stays_for_the_next_program() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = one_idle(real()).await;
    let grant = || python().writable(folder.path(), "/workspace");
    fills(&sandbox, &grant(), 1).await;
    for _ in 0..20 {
        sandbox.wake(Language::Python, folder.path());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(sandbox.idle(&grant()), 1);
    assert_eq!(run(&sandbox, grant(), "'seen' in globals()").await.unwrap(), false);
    assert!(soon(|| sandbox.idle(&grant()) == 1).await, "another takes its place");
}

#[tokio::test]
async fn a_worker_that_is_woken_sleeps_again_and_runs_what_comes_late() {
    let sandbox = one_idle(real()).await;
    fills(&sandbox, &python(), 1).await;
    let (mut sender, mut receiver, control) = sandbox.worker(python()).await.unwrap().split();
    assert!(soon(|| control.is_asleep()).await, "it looks out for ever");
    sender.send(&program("1 + 1")).await.unwrap();
    let last = receiver.next().await.unwrap();
    assert!(matches!(&last, Some(FromWorker::Result { value: Some(value), .. }) if value.get() == "2"), "{last:?}");
}

#[tokio::test]
async fn a_guest_that_does_not_know_the_word_is_never_told_it() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = one_idle(options()).await;
    let grant = || python().writable(folder.path(), "/workspace");
    fills(&sandbox, &grant(), 1).await;
    sandbox.wake(Language::Python, folder.path());
    assert_eq!(run(&sandbox, grant(), "result = 1").await.unwrap(), 1);
}
