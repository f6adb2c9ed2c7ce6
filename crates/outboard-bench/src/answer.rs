//! Whether an answer is the right one.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Sums of many amounts differ in their last digits by the order in which they were added.
const TOLERANCE: f64 = 0.005;

/// What is wrong with an answer, field by field.
pub(crate) fn differences(expected: &BTreeMap<String, Value>, found: &Value) -> Vec<String> {
    let differs = |(field, wanted): &(&String, &Value)| !same(wanted, &found[field.as_str()]);
    let told = |(field, wanted): (&String, &Value)| {
        let found: String = found[field.as_str()].to_string().chars().take(80).collect();
        format!("{field} is {found}, not {wanted}")
    };
    expected.iter().filter(differs).map(told).collect()
}

/// An object as expectations have it.
pub(crate) fn expectation(answer: Map<String, Value>) -> BTreeMap<String, Value> {
    answer.into_iter().collect()
}

fn same(wanted: &Value, found: &Value) -> bool {
    match (wanted.as_f64(), found.as_f64()) {
        (Some(wanted), Some(found)) => (wanted - found).abs() < TOLERANCE,
        _ => wanted == found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_compared_as_numbers_and_the_rest_exactly() {
        let expected = BTreeMap::from([("n".to_owned(), json!(2)), ("s".to_owned(), json!("a"))]);
        assert!(differences(&expected, &json!({"n": 2.0000001, "s": "a", "more": 1})).is_empty());
        assert_eq!(differences(&expected, &json!({"n": 3})), ["n is 3, not 2", "s is null, not \"a\""]);
    }
}
