//! Measures how many rows a second reach the disk: `throughput PATH [ROWS]`; the file must not exist.
#![allow(clippy::print_stdout, reason = "a program for people")]

use outboard_journal::{CallRecord, Journal};
use outboard_types::{Digest, ExecutionId};
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: throughput PATH [ROWS]")?;
    let rows: u64 = std::env::args().nth(2).map_or(Ok(100_000), |rows| rows.parse())?;
    if Path::new(&path).exists() {
        return Err(format!("{path} exists already").into());
    }
    let journal = outboard_journal::open(Path::new(&path))?;
    let start = Instant::now();
    (0..rows).for_each(|number| journal.call(record(number)));
    journal.flush()?;
    let seconds = start.elapsed().as_secs_f64();
    println!("streamed: {rows} rows in {seconds:.2} s, {:.0} rows/s", rows as f64 / seconds);
    one_by_one(&journal, rows)?;
    Ok(())
}

/// Each row on the disk before the next: the worst case.
fn one_by_one(journal: &Journal, from: u64) -> Result<(), Box<dyn std::error::Error>> {
    let mut times = Vec::new();
    for number in from..from + 500 {
        let start = Instant::now();
        journal.call(record(number));
        journal.flush()?;
        times.push(start.elapsed());
    }
    times.sort();
    println!("one by one: p50 {:.0?}, p99 {:.0?}", times[250], times[495]);
    Ok(())
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
    }
}
