//! What counting costs: the time to load the vocabulary, its memory, and the time by size of text.
//!
//! `cargo run --release -p outboard-ledger --example counting`
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that talks to who makes it")]

use outboard_ledger::Tokenizer;
use std::time::Instant;

/// Resident memory in megabytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1_024
}

fn main() {
    let before = resident();
    let started = Instant::now();
    let counter = Tokenizer::O200k.load().unwrap();
    println!("loaded in {:.0} ms", started.elapsed().as_secs_f64() * 1e3);
    let row =
        |n: u32| format!("{{\"id\":\"ORD-{n:05}\",\"total\":{}.{:02},\"note\":\"left at the door\"}},", n * 7, n % 100);
    for kilobytes in [1, 10, 100, 1_000] {
        let text: String = (0..).map(row).take(kilobytes * 1_000 / 55).collect();
        let rounds = 2_000 / kilobytes as u32 + 1;
        let started = Instant::now();
        let tokens = (0..rounds).map(|_| counter.count(&text)).max().unwrap();
        let each = started.elapsed().as_secs_f64() / f64::from(rounds);
        println!("{:>9} bytes: {tokens:>7} tokens, {:.1} µs a kilobyte", text.len(), each * 1e9 / text.len() as f64);
    }
    println!("memory: {before} MB before, {} MB with the vocabulary", resident());
    drop(counter);
    println!("memory after it was dropped: {} MB", resident());
}
