//! Replays recorded tasks: `replay TASKS.jsonl`. The shape learned from the first half of each tool's results has to
//! type what a program reads in the second half.
#![allow(clippy::print_stdout, reason = "a program for people")]

use outboard_shapes::{Salt, Shape};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

#[path = "../tests/support/access.rs"]
mod access;

use access::{Accesses, recorded};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: replay TASKS.jsonl [--wrong]")?;
    let wrong = std::env::args().any(|argument| argument == "--wrong");
    let tools = recorded(&std::fs::read_to_string(path)?)?;
    let (mut half, mut first) = (Accesses::default(), Accesses::default());
    println!(
        "{:<34} {:>7} {:>8} {:>8} {:>8} {:>7} {:>7}",
        "tool", "results", "accesses", "half %", "first %", "places", "bytes"
    );
    for (name, results) in tools.iter().filter(|(_, results)| results.len() > 1) {
        let (train, test) = results.split_at(results.len().div_ceil(2));
        let shape = learned(train)?;
        let (own, baseline) = (judged(&shape, test), judged(&learned(&train[..1])?, test));
        println!(
            "{name:<34} {:>7} {:>8} {:>8.2} {:>8.2} {:>7} {:>7}",
            results.len(),
            own.all,
            own.share(),
            baseline.share(),
            shape.places(),
            shape.to_stored().len()
        );
        if wrong {
            own.wrong.iter().for_each(|(path, count)| println!("    {count:>5} {path}"));
        }
        add(&mut half, own);
        add(&mut first, baseline);
    }
    let single = tools.values().filter(|results| results.len() == 1).count();
    println!(
        "{} accesses; right: half {:.2} %, first result alone {:.2} %; {single} tools with one result are left out",
        half.all,
        half.share(),
        first.share()
    );
    speed(&tools)
}

fn add(all: &mut Accesses, more: Accesses) {
    all.all += more.all;
    more.wrong.into_iter().for_each(|(path, count)| *all.wrong.entry(path).or_default() += count);
}

fn learned(results: &[Value]) -> Result<Shape, Box<dyn std::error::Error>> {
    let mut shape = Shape::new(Salt([0; 16]));
    for result in results {
        shape.observe(&result.to_string(), 0)?;
    }
    Ok(shape)
}

fn judged(shape: &Shape, results: &[Value]) -> Accesses {
    let schema = shape.to_schema();
    let mut accesses = Accesses::default();
    results.iter().for_each(|result| accesses.judge(Some(&schema), result, "$"));
    accesses
}

/// What it costs to learn from each result once more.
fn speed(tools: &BTreeMap<String, Vec<Value>>) -> Result<(), Box<dyn std::error::Error>> {
    let (mut times, mut bytes) = (Vec::new(), 0);
    for results in tools.values() {
        let mut shape = learned(results)?;
        for text in results.iter().map(Value::to_string) {
            let start = Instant::now();
            shape.observe(&text, 0)?;
            times.push(start.elapsed());
            bytes += text.len();
        }
    }
    times.sort();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    let all: Duration = times.iter().sum();
    println!(
        "{} results, {:.0} KB each: p50 {:.0?}, p95 {:.0?}, longest {:.0?}; {:.0} MB/s",
        times.len(),
        bytes as f64 / 1000.0 / times.len() as f64,
        at(50),
        at(95),
        at(100),
        bytes as f64 / 1e6 / all.as_secs_f64()
    );
    let rows: Vec<Value> = tools.values().flatten().cloned().cycle().take(2_000).collect();
    for text in [large(), Value::Array(rows).to_string()] {
        let (mut shape, start) = (Shape::new(Salt([0; 16])), Instant::now());
        shape.observe(&text, 0)?;
        let spent = start.elapsed();
        println!(
            "one result of {:.1} MB: {spent:.1?}, {:.0} MB/s",
            text.len() as f64 / 1e6,
            text.len() as f64 / 1e6 / spent.as_secs_f64()
        );
    }
    Ok(())
}

/// A table of 10 MB.
fn large() -> String {
    let row = |n: u32| {
        format!(
            r#"{{"id":{n},"name":"customer number {n}","email":"c{n}@mail.example","status":"open","total":{n}.25,"tags":["a","b"],"at":"2026-01-02T03:04:05Z"}}"#
        )
    };
    format!("[{}]", (0..70_000).map(row).collect::<Vec<_>>().join(","))
}
