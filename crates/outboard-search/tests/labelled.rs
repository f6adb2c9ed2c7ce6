//! Ranking on larger labelled sets, where the folder that holds them is present.

use outboard_search::{Document, Index};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("a labelled set has both of its files");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// The share of wanted tools among the first five, where the set is present.
fn recall(set: &str) -> Option<f64> {
    let folder: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "..", "..", "..", "shared", "eval", "search", set].iter().collect();
    if !folder.is_dir() {
        return None;
    }
    let (tools, queries) = (lines(&folder.join("tools.jsonl")), lines(&folder.join("queries.jsonl")));
    let index = Index::build(tools.iter().map(document));
    let found = |query: &Value| {
        let hits = index.query(query["query"].as_str().unwrap(), None, 5);
        let groups = query["gold_groups"].as_array().unwrap();
        let hit =
            |group: &&Value| hits.iter().any(|hit| group.as_array().unwrap().contains(&tools[hit.document]["id"]));
        groups.iter().filter(hit).count() as f64 / groups.len() as f64
    };
    Some(100.0 * queries.iter().map(found).sum::<f64>() / queries.len() as f64)
}

fn document(tool: &Value) -> Document<'_> {
    let parameters = tool["schema"]["properties"].as_object().into_iter().flatten();
    Document {
        server: tool["server"].as_str().unwrap_or_default(),
        name: tool["name"].as_str().unwrap_or_default(),
        title: "",
        description: tool["description"].as_str().unwrap_or_default(),
        parameters: parameters
            .map(|(name, schema)| (name.as_str(), schema["description"].as_str().unwrap_or_default()))
            .collect(),
    }
}

/// Where a set is absent there is nothing to measure; the fixture's expectations stand in any case.
#[test]
fn ranking_has_not_become_worse() {
    for (set, floor) in [("mcpagentbench", 90.0), ("mcptoolbenchpp", 82.0)] {
        if let Some(recall) = recall(set) {
            assert!(recall >= floor, "{set}: R@5 is {recall:.1}, it was at least {floor}");
        }
    }
}
