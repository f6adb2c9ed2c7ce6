//! Workers that are copies of a template: as much apart as any others, and replaced when the template is.

use crate::support::{GUEST, engines, options, python, run, started};
use outboard_sandbox::{EngineKind, Options, PoolSize, Sandbox, Worker};
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

const NAMESPACES: [&str; 7] = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"];

fn pid(worker: &Worker) -> u32 {
    let text = format!("{worker:?}");
    let pid = text.split(" pid: ").nth(1).unwrap().split(',').next().unwrap();
    pid.parse().unwrap()
}

fn parent(pid: u32) -> u32 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    line(&status, "PPid:").parse().unwrap()
}

fn line<'a>(status: &'a str, name: &str) -> &'a str {
    status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim()
}

/// The template among a spawner's children, if there is one.
fn template_of(spawner: u32) -> Option<u32> {
    let children = fs::read_to_string(format!("/proc/{spawner}/task/{spawner}/children")).unwrap();
    let is_template = |pid: &u32| {
        let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        words.split(|byte| *byte == 0).any(|word| word == b"--template")
            && fs::read_link(format!("/proc/{pid}/ns/pid")).ok() == fs::read_link("/proc/self/ns/pid").ok()
    };
    children.split_whitespace().map(|pid| pid.parse().unwrap()).find(is_template)
}

async fn copies() -> Sandbox {
    started(Options { pool: PoolSize::default(), ..options() }).await
}

#[tokio::test]
async fn every_copy_has_namespaces_of_its_own_and_every_layer() {
    let sandbox = copies().await;
    let workers = [sandbox.worker(python()).await.unwrap(), sandbox.worker(python()).await.unwrap()];
    let spawner = parent(pid(&workers[0]));
    let template = template_of(spawner).expect("a template");
    let everyone: Vec<u32> = workers.iter().map(pid).chain([template, std::process::id()]).collect();
    for name in NAMESPACES {
        let all: Vec<_> = everyone.iter().map(|pid| fs::read_link(format!("/proc/{pid}/ns/{name}")).unwrap()).collect();
        let of_copies: BTreeSet<_> = all[..2].iter().collect();
        assert_eq!(of_copies.len(), 2, "{name}: {all:?}");
        assert!(!of_copies.contains(&all[2]) && !of_copies.contains(&all[3]), "{name}: {all:?}");
    }
    for worker in &everyone[..2] {
        let status = fs::read_to_string(format!("/proc/{worker}/status")).unwrap();
        for set in ["CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"] {
            assert_eq!(u64::from_str_radix(line(&status, set), 16).unwrap(), 0, "{set}");
        }
        assert_eq!((line(&status, "NoNewPrivs:"), line(&status, "Seccomp:")), ("1", "2"));
        assert_eq!(parent(*worker), spawner, "a copy is the spawner's child, and ends with it");
    }
    let status = fs::read_to_string(format!("/proc/{template}/status")).unwrap();
    assert_eq!(u64::from_str_radix(line(&status, "CapEff:"), 16).unwrap(), 0, "a template has no rights itself");
    assert_ne!(line(&status, "Uid:").split_whitespace().nth(1), Some("0"), "nor is it root");
}

#[tokio::test]
async fn a_copy_holds_nothing_of_its_template() {
    let sandbox = copies().await;
    let code = "
import os, sys
def is_open(number):
    try: os.fstat(number); return True
    except OSError: return False
result = [[n for n in range(256) if is_open(n)], dict(os.environ), os.getpid(), os.getsid(0), os.getpgid(0)]";
    for _ in 0..2 {
        let value = run(&sandbox, python(), code).await.unwrap();
        assert_eq!(value[0], serde_json::json!([0, 1, 2, 3]));
        assert_eq!((&value[2], &value[3], &value[4]), (&1.into(), &1.into(), &1.into()));
    }
}

#[tokio::test]
async fn a_template_that_ends_is_replaced_and_at_last_done_without() {
    let sandbox = copies().await;
    let first = sandbox.worker(python()).await.unwrap();
    let spawner = parent(pid(&first));
    let mut killed = 0;
    for _ in 0..10 {
        if let Some(template) = template_of(spawner) {
            assert!(Command::new("kill").args(["-9", &template.to_string()]).status().unwrap().success());
            killed += 1;
        }
        assert_eq!(run(&sandbox, python(), "result = 1").await.unwrap(), 1);
    }
    assert_eq!(killed, 3);
    assert!(template_of(spawner).is_none(), "three are enough");
    drop(first);
}

#[tokio::test]
async fn a_template_is_replaced_after_so_many_copies() {
    let sandbox = std::sync::Arc::new(copies().await);
    let spawner = parent(pid(&sandbox.worker(python()).await.unwrap()));
    let first = template_of(spawner).expect("a template");
    for _ in 0..130 {
        let four = [(); 4].map(|()| sandbox.clone());
        let mut starts = tokio::task::JoinSet::new();
        four.into_iter()
            .for_each(|sandbox| drop(starts.spawn(async move { sandbox.worker(python()).await.map(drop) })));
        assert!(starts.join_all().await.iter().all(Result::is_ok));
    }
    assert_ne!(template_of(spawner), Some(first));
    assert_eq!(run(&sandbox, python(), "result = 1").await.unwrap(), 1);
}

#[tokio::test]
async fn an_engine_with_threads_or_without_the_words_is_no_template() {
    let threads = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n";
    let capable = crate::support::copied_guest().replacen("if sys.argv", &format!("{threads}if sys.argv"), 1);
    for guest in [GUEST.to_owned(), capable] {
        let kind = crate::support::python_of("python3", guest.leak());
        let sandbox = started(engines("/bin/true".into(), Some(kind))).await;
        assert_eq!(run(&sandbox, python(), "result = 1").await.unwrap(), 1);
        let worker = sandbox.worker(python()).await.unwrap();
        assert_eq!(template_of(parent(pid(&worker))), None);
    }
}

#[tokio::test]
async fn copies_of_the_python_worker_draw_numbers_of_their_own() {
    // What a library has drawn in the template must not come again in its copies: OpenSSL keeps a generator of its own.
    let packages = tempfile::tempdir().unwrap();
    let early = "import random, ssl, uuid\nrandom.random(), ssl.RAND_bytes(8), uuid.uuid1()\n";
    fs::write(packages.path().join("early_numbers.py"), early).unwrap();
    let kind = EngineKind::Python {
        interpreter: "python3".into(),
        worker: outboard_python::WORKER,
        packages: vec![packages.path().to_owned()],
        preload: vec!["early_numbers".to_owned()],
    };
    let sandbox = started(engines("/bin/true".into(), Some(kind))).await;
    let code = "import os, random, secrets, ssl, tempfile, uuid\n\
        [random.random(), random.SystemRandom().random(), random.Random().random(), secrets.token_hex(), os.urandom(8).hex(),\n\
         str(uuid.uuid4()), str(uuid.uuid1()), ssl.RAND_bytes(8).hex(), next(tempfile._get_candidate_names())]";
    let (one, two) = (run(&sandbox, python(), code).await.unwrap(), run(&sandbox, python(), code).await.unwrap());
    for place in 0..one.as_array().unwrap().len() {
        assert_ne!(one[place], two[place], "{place}: {one} {two}");
    }
}
