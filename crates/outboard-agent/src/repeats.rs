//! The same call again and again: models get stuck, and this notices.

use serde_json::{Map, Value};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// So often a call may give the same result; asking once more is refused.
const SAME: u32 = 3;

/// So many refusals in a row end the run.
const REFUSALS: u32 = 3;

/// Calls that are remembered.
const KEPT: usize = 1_000;

/// What became of each call so far.
#[derive(Default)]
pub(crate) struct Repeats {
    seen: HashMap<u64, (u64, u32)>,
    refused: u32,
}

/// A call, as far as it is told from others.
pub(crate) fn key(name: &str, arguments: &Value) -> u64 {
    hash(&(name, sorted(arguments).to_string()))
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            Value::Object(entries.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect::<Map<_, _>>())
        }
        Value::Array(values) => values.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

impl Repeats {
    /// Whether the call may be made. A refusal counts.
    pub(crate) fn may(&mut self, key: u64) -> bool {
        let stuck = self.seen.get(&key).is_some_and(|(_, times)| *times >= SAME);
        self.refused = if stuck { self.refused + 1 } else { 0 };
        !stuck
    }

    /// Notes the result of a call; whether it gave the same the last time.
    pub(crate) fn gave(&mut self, key: u64, result: &str) -> bool {
        if self.seen.len() >= KEPT {
            self.seen.clear();
        }
        let result = hash(&result);
        let entry = self.seen.entry(key).or_insert((result, 0));
        *entry = if entry.0 == result { (result, entry.1 + 1) } else { (result, 1) };
        entry.1 > 1
    }

    /// Whether the model does nothing else any more.
    pub(crate) fn hopeless(&self) -> bool {
        self.refused >= REFUSALS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_keys_makes_no_other_call() {
        assert_eq!(key("a", &json!({"x": 1, "y": 2})), key("a", &json!({"y": 2, "x": 1})));
        assert_ne!(key("a", &json!({"x": [1, 2]})), key("a", &json!({"x": [2, 1]})));
    }

    #[test]
    fn equal_results_are_refused_and_changing_ones_are_not() {
        let mut repeats = Repeats::default();
        for at in 0..20 {
            assert!(repeats.may(1));
            repeats.gave(1, &at.to_string());
        }
        assert!(!repeats.gave(2, "same") && repeats.gave(2, "same"));
        assert!(repeats.may(2));
        repeats.gave(2, "same");
        assert!(!repeats.may(2) && !repeats.may(2) && !repeats.hopeless());
        assert!(repeats.may(1) && !repeats.may(2) && !repeats.may(2) && !repeats.may(2));
        assert!(repeats.hopeless());
    }
}
