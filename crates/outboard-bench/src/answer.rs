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
        let wanted: String = wanted.to_string().chars().take(80).collect();
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
        _ => alike(wanted, found),
    }
}

/// Within a structure nothing is added up: numbers are the same but for how a language writes their last digit.
fn alike(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Number(wanted), Value::Number(found)) => match (wanted.as_f64(), found.as_f64()) {
            (Some(wanted), Some(found)) => (wanted - found).abs() <= wanted.abs() * 1e-12,
            _ => wanted == found,
        },
        (Value::Array(wanted), Value::Array(found)) => {
            wanted.len() == found.len() && wanted.iter().zip(found).all(|(wanted, found)| alike(wanted, found))
        }
        (Value::Object(wanted), Value::Object(found)) => {
            let field = |(key, value): (&String, &Value)| found.get(key).is_some_and(|found| alike(value, found));
            wanted.len() == found.len() && wanted.iter().all(field)
        }
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
        let nested = BTreeMap::from([("o".to_owned(), json!({"list": [1, {"x": 0.1}]}))]);
        assert!(differences(&nested, &json!({"o": {"list": [1.0, {"x": 0.1}]}})).is_empty());
        assert_eq!(differences(&nested, &json!({"o": {"list": [1.001, {"x": 0.1}]}})).len(), 1);
        assert_eq!(differences(&expected, &json!({"n": 3})), ["n is 3, not 2", "s is null, not \"a\""]);
    }
}
