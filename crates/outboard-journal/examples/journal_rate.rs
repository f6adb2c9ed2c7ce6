//! Measures what recording costs, next to what the disk costs: `journal_rate PATH [ROWS]`; the file must not exist.
#![allow(clippy::print_stdout, reason = "a program for people")]

use futures::executor::block_on;
use futures::future::{join_all, try_join_all};
use outboard_journal::{
    CallRecord, Completion, Durability, Effect, ExecutionRecord, Intent, Journal, Keys, Matcher, OnRestart,
};
use outboard_types::{Digest, ExecutionId, Language, Principal, SessionName};
use std::path::Path;
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const CALLS: u64 = 10_000;
const SINGLE: u64 = 500;

fn main() -> Result<()> {
    let path = std::env::args().nth(1).ok_or("usage: journal_rate PATH [ROWS]")?;
    let rows: u64 = std::env::args().nth(2).map_or(Ok(100_000), |rows| rows.parse())?;
    let path = Path::new(&path);
    if path.exists() {
        return Err(format!("{} exists already", path.display()).into());
    }
    let journal = outboard_journal::open(path)?;
    streamed(&journal, rows)?;
    floor(&path.with_extension("floor"))?;
    let mut keys = Keys::default();
    let id = begin(&journal, 1)?;
    together(&journal, &id, &mut keys)?;
    replay(&journal, &id)?;
    let id = begin(&journal, 2)?;
    alone(&journal, &id, Effect::Effectful, 0, &mut keys)?;
    alone(&journal, &id, Effect::ReadOnly, SINGLE, &mut keys)
}

fn streamed(journal: &Journal, rows: u64) -> Result<()> {
    let start = Instant::now();
    (0..rows).for_each(|number| journal.call(record(number)));
    journal.flush()?;
    println!("call rows, streamed: {:.0}/s", rows as f64 / start.elapsed().as_secs_f64());
    Ok(())
}

/// The least that SQLite needs for one durable row: the same settings, nothing of ours.
fn floor(path: &Path) -> Result<()> {
    let connection = rusqlite::Connection::open(path)?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.execute_batch("PRAGMA synchronous = FULL; CREATE TABLE t (a INTEGER)")?;
    let times = (0..SINGLE).map(|number| {
        let start = Instant::now();
        connection.execute("INSERT INTO t VALUES (?1)", [number.cast_signed()])?;
        Ok(start.elapsed())
    });
    show("SQLite's floor, one row a commit", times.collect::<Result<Vec<_>>>()?);
    drop(connection);
    for suffix in ["floor", "floor-wal", "floor-shm"] {
        let _ = std::fs::remove_file(path.with_extension(suffix));
    }
    Ok(())
}

/// Many calls side by side: they share commits.
fn together(journal: &Journal, id: &ExecutionId, keys: &mut Keys) -> Result<()> {
    let start = Instant::now();
    for first in (1..=CALLS).step_by(64) {
        let numbers = first..=(first + 63).min(CALLS);
        let intents = numbers.map(|number| journal.intent(intent(id, number, Effect::Effectful, keys)));
        block_on(try_join_all(intents))?;
    }
    println!("intents, 64 at a time: {:.0}/s", CALLS as f64 / start.elapsed().as_secs_f64());
    let answers = (1..=CALLS).map(|number| journal.completion(completion(id, number)));
    block_on(join_all(answers)).into_iter().collect::<std::result::Result<Vec<_>, _>>()?;
    Ok(())
}

/// One call after the other: what each of them waits.
fn alone(journal: &Journal, id: &ExecutionId, effect: Effect, from: u64, keys: &mut Keys) -> Result<()> {
    let times = (from..from + SINGLE).map(|number| {
        let start = Instant::now();
        block_on(journal.intent(intent(id, number, effect, keys)))?;
        Ok(start.elapsed())
    });
    show(&format!("added to a call, {}", effect.as_str()), times.collect::<Result<Vec<_>>>()?);
    Ok(journal.flush()?)
}

fn replay(journal: &Journal, id: &ExecutionId) -> Result<()> {
    let start = Instant::now();
    let history = journal.history(id)?;
    let requests: Vec<_> = history.intents.iter().map(|intent| intent.key.clone()).collect();
    let mut matcher = Matcher::new(history);
    for key in &requests {
        matcher.request(key);
        matcher.due().ok_or("an answer is due")?;
    }
    println!("history of {} calls, read and matched: {:.0?}", requests.len(), start.elapsed());
    Ok(())
}

fn show(what: &str, mut times: Vec<Duration>) {
    times.sort();
    println!("{what}: p50 {:.1?}, p99 {:.1?}", times[times.len() / 2], times[times.len() * 99 / 100]);
}

fn begin(journal: &Journal, number: u64) -> Result<ExecutionId> {
    let id = ExecutionId::from_parts(number, number);
    let record = ExecutionRecord {
        id: id.clone(),
        started_ms: number,
        principal: Principal("local".into()),
        session: SessionName::default(),
        language: Language::TypeScript,
        code: "return 1".to_owned(),
        input: None,
        generation: 1,
        surface: Digest::of("surface"),
        isolation: "none".to_owned(),
    };
    let durability = Durability {
        policy_version: Digest::of("policy"),
        runtime: "quickjs".to_owned(),
        idempotency_key: None,
        code_digest: Digest::of("code"),
        seed: 1,
        clock_ms: 1,
        missing_layers: Vec::new(),
        inspection: None,
        on_restart: OnRestart::Resume,
    };
    block_on(journal.begin_durable(record, durability))?;
    Ok(id)
}

fn intent(id: &ExecutionId, number: u64, effect: Effect, keys: &mut Keys) -> Intent {
    let arguments = format!("{{\"number\":{number},\"text\":\"{}\"}}", "x".repeat(200));
    let key = keys.next("", "google-drive", "get_document", &arguments);
    Intent { execution: id.clone(), number, at_ms: number, key, arguments: arguments.into(), effect }
}

fn completion(id: &ExecutionId, number: u64) -> Completion {
    let outcome = Ok(format!("\"{}\"", "y".repeat(1_000)).into());
    Completion { execution: id.clone(), number, order: number, at_ms: number, outcome }
}

fn record(number: u64) -> CallRecord {
    CallRecord {
        execution: ExecutionId::from_parts(number / 20, 7),
        number,
        server: "google-drive".to_owned(),
        tool: "get_document".to_owned(),
        arguments_digest: Digest::of(number.to_le_bytes()),
        arguments_bytes: 120,
        result_bytes: 20_000,
        started_ms: number,
        duration_us: 1_500,
        error: None,
        decision: "allow: default".to_owned(),
        trace: outboard_journal::CallTrace::default(),
    }
}
