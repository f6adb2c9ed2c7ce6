//! The part of an answer that a program tells: enough to see that it is the right one, and bounded.

use serde_json::Value;

/// Items of a list that are told.
const ITEMS: usize = 2;

/// Characters of a text that are told.
const CHARACTERS: usize = 80;

/// Levels of nesting that are told; what lies deeper is null.
const LEVELS: usize = 3;

/// The rule, in each of the languages that follow it.
pub struct Brief;

impl Brief {
    /// As a function `brief` of TypeScript.
    pub(crate) const TYPESCRIPT: &str = r#"const brief = (v: any, left = 3): any =>
  typeof v === "string" ? [...v].slice(0, 80).join("")
    : v === null || typeof v !== "object" ? v
    : left === 0 ? null
    : Array.isArray(v) ? v.slice(0, 2).map((one) => brief(one, left - 1))
    : Object.fromEntries(Object.entries(v).map(([key, one]) => [key, brief(one, left - 1)]));
"#;

    /// As a function `brief` of Python.
    pub(crate) const PYTHON: &str = r#"def brief(v, left=3):
    if isinstance(v, str):
        return v[:80]
    if not isinstance(v, (list, dict)):
        return v
    if left == 0:
        return None
    if isinstance(v, list):
        return [brief(one, left - 1) for one in v[:2]]
    return {key: brief(one, left - 1) for key, one in v.items()}

"#;

    /// The part of a value that is told.
    pub fn of(value: &Value) -> Value {
        within(value, LEVELS)
    }
}

fn within(value: &Value, left: usize) -> Value {
    match value {
        Value::String(text) => Value::String(text.chars().take(CHARACTERS).collect()),
        Value::Array(_) | Value::Object(_) if left == 0 => Value::Null,
        Value::Array(items) => items.iter().take(ITEMS).map(|item| within(item, left - 1)).collect(),
        Value::Object(fields) => fields.iter().map(|(key, field)| (key.clone(), within(field, left - 1))).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn little_is_told_of_much() {
        let much = json!({"a": [1, 2, 3], "b": {"c": {"d": {"e": 1}}}, "t": "é".repeat(100)});
        let little = json!({"a": [1, 2], "b": {"c": {"d": null}}, "t": "é".repeat(80)});
        assert_eq!(Brief::of(&much), little);
    }

    #[test]
    fn all_languages_have_the_same_rule() {
        let parts = |level: &str, items: &str, text: &str| {
            let has = [level.to_owned(), items.to_owned(), CHARACTERS.to_string()].map(|part| text.contains(&part));
            assert_eq!(has, [true; 3], "{text}");
        };
        parts(&format!("left = {LEVELS}"), &format!("slice(0, {ITEMS})"), Brief::TYPESCRIPT);
        parts(&format!("left={LEVELS}"), &format!("v[:{ITEMS}]"), Brief::PYTHON);
    }
}
