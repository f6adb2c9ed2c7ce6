//! Time and memory at 10,000 tools: `large [FOLDER]`.
//!
//! With a folder of tool listings (`*.json` with a list `tools`) these are varied until there are enough;
//! without one the tools are made up.
#![allow(clippy::print_stdout, reason = "a program for people")]

use outboard_search::{Index, LabelledTool, Next};
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};

const TOOLS: usize = 10_000;
const ROUNDS: usize = 20;

const ACTIONS: &[&str] = &["get", "list", "create", "delete", "update", "search", "send", "export", "archive", "count"];
#[rustfmt::skip]
const THINGS: &[&str] = &[
    "invoice", "customer", "document", "branch", "message", "calendar", "forecast", "ticket", "payment", "image",
    "playlist", "recipe", "flight", "cluster", "metric", "dashboard", "policy", "contract", "shipment", "sensor",
];
#[rustfmt::skip]
const DETAILS: &[&str] = &[
    "by its identifier", "with the given filter", "of one workspace", "in pages of fifty", "as a table",
    "including archived ones", "and returns what changed", "for the current user", "between two dates", "with all fields",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let originals = match std::env::args().nth(1) {
        Some(folder) => listings(Path::new(&folder))?,
        None => Vec::new(),
    };
    let tools: Vec<LabelledTool> = (0..TOOLS).map(|at| vary(&originals, at)).collect();
    let before = resident();
    let (index, built) = timed(|| Index::build(tools.iter().map(LabelledTool::document)));
    let after = resident();
    println!("{TOOLS} tools built in {built:.1?}; {:.1} MB by its own account", index.heap_bytes() as f64 / 1e6);
    if let (Some(before), Some(after)) = (before, after) {
        println!("the process grew by {:.1} MB while building", after.saturating_sub(before) as f64 / 1e6);
    }
    queries(&index, &tools);
    renewals(&index, &tools);
    Ok(())
}

fn queries(index: &Index, tools: &[LabelledTool]) {
    let requests: Vec<String> = (0..500).map(|at| request(tools, at)).collect();
    let query = |request: &String| best_of(3, || timed(|| index.query(request, None, 10)).1);
    let mut times: Vec<Duration> = requests.iter().map(query).collect();
    times.sort();
    let long = requests.iter().map(String::len).max().unwrap_or_default();
    println!("500 requests of up to {long} characters: p50 {:.2?}, p99 {:.2?}", times[250], times[495]);
}

fn renewals(index: &Index, tools: &[LabelledTool]) {
    let server = tools[TOOLS / 2].server.clone();
    let own = tools.iter().filter(|tool| tool.server == server).count();
    let of_server = |at: usize| tools[at].server == server;
    let one = |at: usize| at == TOOLS / 2;
    for (what, is_new) in
        [(format!("a server of {own} tools"), &of_server as &dyn Fn(usize) -> bool), ("one tool".to_owned(), &one)]
    {
        let next = |at: usize| match is_new(at) {
            true => Next::Read(tools[at].document().into()),
            false => Next::Kept(at),
        };
        let renew = || index.renewed((0..TOOLS).map(next));
        let mut times: Vec<Duration> = (0..ROUNDS).map(|_| best_of(3, || timed(renew).1)).collect();
        times.sort();
        println!("renewal of {what}: median {:.1?}, longest {:.1?}", times[ROUNDS / 2], times[ROUNDS - 1]);
    }
}

/// The shortest of a few runs: what the work takes, without what other programs on the machine take.
fn best_of(runs: usize, mut run: impl FnMut() -> Duration) -> Duration {
    (0..runs).map(|_| run()).min().unwrap_or_default()
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = std::hint::black_box(work());
    (done, start.elapsed())
}

/// Parts of the descriptions of three tools, as a request of several sentences.
fn request(tools: &[LabelledTool], at: usize) -> String {
    let part = |step: usize| {
        let tool = &tools[(at * 7_919 + step * 2_003) % tools.len()];
        tool.description.split_whitespace().take(4 + (at + step) % 12).collect::<Vec<_>>().join(" ")
    };
    format!("I would like to {}. Then {}, and misspeled {}", part(0), part(1), part(2))
}

/// A tool that differs from every other in name and words.
fn vary(originals: &[LabelledTool], at: usize) -> LabelledTool {
    let pick = |list: &[&str], step: usize| list[(at / step) % list.len()].to_owned();
    let round = at / originals.len().max(1);
    let mut tool = match originals {
        [] => LabelledTool {
            server: format!("{}-{}", pick(THINGS, 41), at / 40),
            name: format!("{}_{}_{at}", pick(ACTIONS, 1), pick(THINGS, 10)),
            parameters: (0..4).map(|n| (format!("{}_{n}", pick(THINGS, n + 3)), pick(DETAILS, n + 1))).collect(),
            ..LabelledTool::default()
        },
        _ => originals[at % originals.len()].clone(),
    };
    let sentence = |n: usize| format!("{} the {} {}.", pick(ACTIONS, n + 1), pick(THINGS, n + 7), pick(DETAILS, n + 2));
    let words = if originals.is_empty() { 8 } else { usize::from(round > 0) };
    (0..words).for_each(|n| tool.description += &format!(" {}", sentence(n)));
    if round > 0 && !originals.is_empty() {
        tool.server += &format!("-{round}");
        tool.name += &format!("_{}", pick(THINGS, round));
    }
    tool
}

fn listings(folder: &Path) -> Result<Vec<LabelledTool>, Box<dyn std::error::Error>> {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let mut tools = Vec::new();
    for path in paths {
        let listing: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
        let server = path.file_stem().unwrap_or_default().to_string_lossy();
        tools.extend(listing["tools"].as_array().into_iter().flatten().map(|tool| read(&server, tool)));
    }
    Ok(tools)
}

fn read(server: &str, tool: &Value) -> LabelledTool {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let parameters = tool["inputSchema"]["properties"].as_object().into_iter().flatten();
    LabelledTool {
        server: server.to_owned(),
        name: text(&tool["name"]),
        description: text(&tool["description"]),
        parameters: parameters.map(|(name, schema)| (name.clone(), text(&schema["description"]))).collect(),
        ..LabelledTool::default()
    }
}

/// What the process holds in memory, where the system tells.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<usize>().ok().map(|kilobytes| kilobytes * 1_024)
}
