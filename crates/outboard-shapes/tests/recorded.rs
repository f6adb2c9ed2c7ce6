//! Recorded results of many tools, where a collection of them lies beside the project.

use crate::support::access::{Accesses, recorded};
use crate::support::{refused, shape};
use serde_json::json;
use std::path::Path;

#[test]
fn half_of_the_results_type_the_other_half() {
    let tasks = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/eval/tasks/complexfuncbench_dev.jsonl");
    let Ok(tasks) = std::fs::read_to_string(tasks) else { return };
    let mut accesses = Accesses::default();
    for (name, results) in recorded(&tasks).unwrap().iter().filter(|(_, results)| results.len() > 1) {
        let (train, test) = results.split_at(results.len().div_ceil(2));
        let schema = shape(train).to_schema();
        test.iter().for_each(|result| accesses.judge(Some(&schema), result, name));
        assert_eq!(refused(&shape(results), results), None);
    }
    assert!(accesses.share() >= 98.5, "{:.2} % of {}", accesses.share(), accesses.all);
}

#[test]
fn accesses_are_judged_strictly() {
    let schema = json!({ "type": "object", "properties": {
        "a": { "type": "string" }, "b": {}, "c": { "type": "array" }, "d": { "type": "array", "items": { "type": "number" } }
    } });
    let mut accesses = Accesses::default();
    let value = json!({ "a": 1, "b": { "x": 1 }, "c": [1], "d": [1, 2, "x"], "e": 0, "f": null });
    accesses.judge(Some(&schema), &value, "$");
    let wrong: Vec<(&str, usize)> = accesses.wrong.iter().map(|(path, count)| (path.as_str(), *count)).collect();
    assert_eq!(wrong, [("$.a", 1), ("$.b.x", 1), ("$.c[]", 1), ("$.d[]", 1), ("$.e", 1), ("$.f", 1)]);
    assert_eq!(accesses.all, 8);
}
