//! What a schema says that a type cannot: descriptions, defaults, formats, ranges.

use super::refs;
use crate::docs::{PROPERTY, cut, line};
use serde_json::Value;

/// What a property's schema says beyond its type, on one line. A reference is described by its target, and a
/// value that may be null by what it is otherwise.
pub(super) fn of_property(root: &Value, schema: &Value) -> (String, bool) {
    let parts = parts(root, schema);
    let said = |key: &str| parts.iter().find_map(|part| part.get(key)).filter(|value| !value.is_null());
    let mut text = said("description").and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let notes = notes(&said);
    if !notes.is_empty() {
        text.push_str(&format!(" ({})", notes.join(", ")));
    }
    let (text, cut) = cut(&text, PROPERTY);
    (text.split_whitespace().collect::<Vec<_>>().join(" "), cut)
}

/// The schema itself, what it refers to, and its only option beside null.
fn parts<'a>(root: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    const LONGEST: usize = 6;
    let (mut parts, mut next) = (Vec::new(), Some(schema));
    while let Some(part) = next.filter(|_| parts.len() < LONGEST) {
        parts.push(part);
        let target = part.as_object().and_then(refs::of).and_then(|reference| refs::resolve(root, reference));
        next = target.or_else(|| only_option(part));
    }
    parts
}

fn only_option(schema: &Value) -> Option<&Value> {
    let options = ["anyOf", "oneOf", "allOf"].iter().find_map(|key| schema.get(*key)?.as_array())?;
    let mut others = options.iter().filter(|option| option.get("type").and_then(Value::as_str) != Some("null"));
    others.next().filter(|_| others.next().is_none())
}

const FORMATS: [&str; 8] = ["date-time", "date", "time", "uuid", "email", "uri", "ipv4", "ipv6"];

type Said<'a> = &'a dyn Fn(&str) -> Option<&'a Value>;

fn notes(said: Said<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let shown = |value: &Value| line(&value.as_str().map_or_else(|| value.to_string(), str::to_owned), 80);
    notes.extend(said("format").map(shown));
    // What a well-known format looks like needs no pattern.
    let known = said("format").and_then(Value::as_str).is_some_and(|format| FORMATS.contains(&format));
    notes.extend(said("pattern").filter(|_| !known).map(|pattern| format!("pattern {}", shown(pattern))));
    notes.extend(numbers(said));
    notes.extend(said("multipleOf").map(|step| format!("multiple of {step}")));
    for (least, most, unit) in [
        ("minLength", "maxLength", "characters"),
        ("minItems", "maxItems", "items"),
        ("minProperties", "maxProperties", "keys"),
    ] {
        notes.extend(range(said(least), said(most)).map(|range| format!("{range} {unit}")));
    }
    for (key, word) in [("uniqueItems", "no doubles"), ("readOnly", "read-only"), ("deprecated", "deprecated")] {
        notes.extend((said(key) == Some(&Value::Bool(true))).then(|| word.to_owned()));
    }
    notes.extend(said("items").and_then(|items| items.get("format")).map(|format| format!("each {}", shown(format))));
    notes.extend(said("default").map(|value| format!("default {}", shown_default(value))));
    notes
}

/// An empty text would not be seen.
fn shown_default(value: &Value) -> String {
    let text = value.as_str().filter(|text| !text.trim().is_empty());
    line(&text.map_or_else(|| value.to_string(), str::to_owned), 80)
}

fn numbers(said: Said<'_>) -> Option<String> {
    // Draft-04 wrote these two as truth values beside the limits.
    let limit = |key: &str| said(key).filter(|value| value.is_number());
    let parts = [("exclusiveMinimum", "above"), ("exclusiveMaximum", "below")]
        .into_iter()
        .filter_map(|(key, word)| limit(key).filter(telling).map(|value| format!("{word} {value}")));
    let range = range(limit("minimum").filter(telling), limit("maximum").filter(telling));
    let all: Vec<String> = range.into_iter().chain(parts).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// The largest whole number that JavaScript counts to is no limit of the tool.
fn telling(value: &&Value) -> bool {
    value.as_f64().is_none_or(|value| value.abs() < 9e15)
}

fn range(least: Option<&Value>, most: Option<&Value>) -> Option<String> {
    match (least, most) {
        (Some(least), Some(most)) if least == most => Some(format!("exactly {least}")),
        (Some(least), Some(most)) => Some(format!("{least} to {most}")),
        (Some(least), None) => Some(format!("at least {least}")),
        (None, Some(most)) => Some(format!("at most {most}")),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_types_cannot_say_is_said_in_words() {
        for (schema, wanted) in [
            (json!({"type": "integer", "minimum": 1, "maximum": 100, "default": 10}), "(1 to 100, default 10)"),
            (json!({"description": "When.", "format": "date"}), "When. (date)"),
            (
                json!({"anyOf": [{"type": "string", "maxLength": 9}, {"type": "null"}], "default": null}),
                "(at most 9 characters)",
            ),
            (json!({"$ref": "#/$defs/A", "description": "Own."}), "Own. (at least 2)"),
            (
                json!({"type": "array", "minItems": 1, "uniqueItems": true, "items": {"format": "email"}}),
                "(at least 1 items, no doubles, each email)",
            ),
            (json!({"exclusiveMinimum": 0, "maximum": 9007199254740991_i64}), "(above 0)"),
            (json!({"minimum": 0, "exclusiveMaximum": true, "default": ""}), "(at least 0, default \"\")"),
            (json!({"$ref": "#/$defs/A", "default": 3}), "(at least 2, default 3)"),
        ] {
            let root = json!({"$defs": {"A": {"minimum": 2}}});
            assert_eq!(of_property(&root, &schema).0, wanted, "{schema}");
        }
    }
}
