//! Measures ranking and speed: `evaluate TOOLS.jsonl QUERIES.jsonl [--misses]`.
#![allow(clippy::print_stdout, reason = "a program for people")]

use outboard_search::{Document, Index};
use serde_json::Value;
use std::time::Instant;

struct Tool {
    id: String,
    server: String,
    name: String,
    description: String,
    parameters: Vec<(String, String)>,
}

impl Tool {
    fn read(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let parameters = value["schema"]["properties"].as_object().into_iter().flatten();
        Some(Self {
            id: text("id"),
            server: text("server"),
            name: text("name"),
            description: text("description"),
            parameters: parameters
                .map(|(name, schema)| (name.clone(), schema["description"].as_str().unwrap_or_default().to_owned()))
                .collect(),
        })
    }

    fn document(&self) -> Document<'_> {
        Document {
            server: &self.server,
            name: &self.name,
            title: "",
            description: &self.description,
            parameters: self.parameters.iter().map(|(name, doc)| (name.as_str(), doc.as_str())).collect(),
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [tools, queries, rest @ ..] = arguments.as_slice() else {
        return Err("usage: evaluate TOOLS.jsonl QUERIES.jsonl [--misses]".into());
    };
    let tools: Vec<Tool> = std::fs::read_to_string(tools)?.lines().filter_map(Tool::read).collect();
    let queries = std::fs::read_to_string(queries)?;
    let queries: Vec<Value> = queries.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let index = Index::build(tools.iter().map(Tool::document));
    let misses = rest.iter().any(|flag| flag == "--misses");
    rank(&index, &tools, &queries, misses);
    speed(&tools, &queries);
    Ok(())
}

fn rank(index: &Index, tools: &[Tool], queries: &[Value], misses: bool) {
    let (mut recall, mut reciprocal) = ([0.0; 3], 0.0);
    for query in queries {
        let text = query["query"].as_str().unwrap_or_default();
        let hits: Vec<&str> = index.query(text, None, 50).iter().map(|hit| tools[hit.document].id.as_str()).collect();
        let groups: Vec<Option<usize>> =
            query["gold_groups"].as_array().into_iter().flatten().map(|group| place(&hits, group)).collect();
        for (at, k) in [1, 5, 10].into_iter().enumerate() {
            let found = groups.iter().flatten().filter(|place| **place < k).count();
            recall[at] += found as f64 / groups.len().max(1) as f64;
        }
        reciprocal += groups.iter().flatten().min().map_or(0.0, |place| 1.0 / (*place as f64 + 1.0));
        if misses && groups.iter().any(|place| place.is_none_or(|place| place >= 5)) {
            println!("{groups:?} {} | {text}\n    {:?}", query["gold_groups"], &hits[..hits.len().min(6)]);
        }
    }
    let percent = |sum: f64| 100.0 * sum / queries.len() as f64;
    println!(
        "{} tools, {} queries: R@1 {:.1}  R@5 {:.1}  R@10 {:.1}  MRR {:.3}",
        tools.len(),
        queries.len(),
        percent(recall[0]),
        percent(recall[1]),
        percent(recall[2]),
        reciprocal / queries.len() as f64
    );
}

fn place(hits: &[&str], group: &Value) -> Option<usize> {
    let alternatives: Vec<&str> = group.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    hits.iter().position(|hit| alternatives.contains(hit))
}

/// The same tools over and over, up to 5,000.
fn speed(tools: &[Tool], queries: &[Value]) {
    let start = Instant::now();
    let index = Index::build(tools.iter().cycle().take(5_000).map(Tool::document));
    let built = start.elapsed();
    let mut times: Vec<_> = queries
        .iter()
        .map(|query| {
            let start = Instant::now();
            std::hint::black_box(index.query(query["query"].as_str().unwrap_or_default(), None, 10));
            start.elapsed()
        })
        .collect();
    times.sort();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    println!("5,000 tools: built in {built:.0?}; query p50 {:.0?} p95 {:.0?} p99 {:.0?}", at(50), at(95), at(99));
}
