//! How long the code API of 10,000 tools takes, made whole and after one of them changed:
//! `cargo run --profile measure -p outboard-codegen --example renewal`.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "an example that measures and prints")]

use outboard_catalog::{Catalogue, Listing};
use outboard_codegen::{Published, publish};
use outboard_types::ServerName;
use serde_json::{json, value::to_raw_value};
use std::path::Path;
use std::time::Instant;

const TOOLS: usize = 10_000;
const RUNS: usize = 3;

fn main() {
    let root = tempfile::tempdir().unwrap();
    for run in 0..RUNS {
        let folder = root.path().join(run.to_string());
        let first = timed("all of it", || made(&folder, "", None));
        timed("one tool changed, made whole", || made(&folder.join("whole"), "Changed. ", None));
        timed("one tool changed", || made(&folder, "Changed. ", Some(&first)));
    }
}

fn made(root: &Path, said: &str, before: Option<&Published>) -> Published {
    publish(&catalogue(said), root, before).unwrap()
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = work();
    println!("{what:<32}{:>8.0} ms", began.elapsed().as_secs_f64() * 1e3);
    done
}

/// A server of many tools, of which one says something else.
fn catalogue(said: &str) -> Catalogue {
    let tool = |at: usize| {
        let said = if at == TOOLS / 2 { said } else { "" };
        to_raw_value(&json!({"name": format!("do_thing_{at}"), "description": format!("{said}Does what number {at} does, with rows of a sheet."),
            "inputSchema": {"type": "object", "required": ["id"], "properties": {
                "id": {"type": "string", "description": "which one"},
                "filter": {"type": "object", "properties": {"owner": {"type": "string"}, "kinds": {"type": "array", "items": {"enum": ["a", "b"]}}}},
                "limit": {"type": "integer", "minimum": 1, "maximum": 100}}}}))
        .unwrap()
    };
    let server = ServerName::new("many").unwrap();
    Catalogue::build(
        1,
        vec![Listing { server, title: None, instructions: None, tools: (0..TOOLS).map(tool).collect() }],
    )
}
