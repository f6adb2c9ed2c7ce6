//! One text for all spellings of the same JSON: sorted keys, no spaces, whole numbers without a fraction.

use serde_json::{Map, Number, Value};

/// The parts of a definition that decide what a tool does and what a model reads about it.
const PARTS: [&str; 6] = ["name", "title", "description", "inputSchema", "outputSchema", "annotations"];

/// The canonical text of a tool definition. A server that reorders keys, the list of required
/// parameters or writes `1.0` for `1` does not change it; anything a model reads does.
pub fn canonical_definition(definition: &Value) -> String {
    let mut kept = Map::new();
    for part in PARTS {
        if let Some(value) = definition.get(part).filter(|value| !value.is_null()) {
            kept.insert(part.to_owned(), value.clone());
        }
    }
    text(&Value::Object(kept))
}

/// The canonical text of any JSON value. Parsers bound the nesting.
pub(crate) fn text(value: &Value) -> String {
    sorted(value).to_string()
}

/// The value with sorted keys, sorted `required` lists and normalised numbers.
pub(crate) fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by(|a, b| a.0.cmp(b.0));
            Value::Object(entries.into_iter().map(|(key, value)| (key.clone(), member(key, value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Number(number) => Value::Number(normal(number)),
        other => other.clone(),
    }
}

/// `required` is a set that JSON writes as a list.
fn member(key: &str, value: &Value) -> Value {
    match value {
        Value::Array(items) if key == "required" && items.iter().all(Value::is_string) => {
            let mut items = items.clone();
            items.sort_unstable_by(|a, b| a.as_str().cmp(&b.as_str()));
            Value::Array(items)
        }
        other => sorted(other),
    }
}

fn normal(number: &Number) -> Number {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < EXACT => Number::from(float as i64),
        _ => number.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn spelling_does_not_count_and_content_does() {
        let one = json!({"name": "a", "inputSchema": {"type": "object", "required": ["x", "y"], "minimum": 1.0}});
        let two = json!({"inputSchema": {"minimum": 1, "required": ["y", "x"], "type": "object"}, "name": "a"});
        assert_eq!(canonical_definition(&one), canonical_definition(&two));
        let other = json!({"name": "a", "title": "t", "inputSchema": {"type": "object"}});
        assert_ne!(canonical_definition(&one), canonical_definition(&other));
    }

    #[test]
    fn the_order_of_other_lists_counts() {
        assert_ne!(text(&json!({"enum": [1, 2]})), text(&json!({"enum": [2, 1]})));
    }
}
