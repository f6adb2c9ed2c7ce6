//! A schema without what no type can say. What is left is what checkers are measured by.

use super::Side;
use serde_json::{Map, Value, json};

/// Keywords that types cannot express; values that only break these are counted apart.
const UNSAID: &[&str] = &[
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "uniqueItems",
    "contains",
    "minContains",
    "maxContains",
    "minProperties",
    "maxProperties",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "if",
    "then",
    "else",
    "not",
    "contentEncoding",
    "contentMediaType",
    "nullable",
];

/// The same schema, as far as the types of a language go.
pub(crate) fn schema(value: &Value, side: Side) -> Value {
    let Value::Object(entries) = value else { return value.clone() };
    let mut out = Map::new();
    for (key, value) in entries {
        match key.as_str() {
            key if UNSAID.contains(&key) => {}
            "type" => drop(out.insert(key.clone(), kinds(value, side))),
            "oneOf" | "anyOf" => drop(out.insert("anyOf".into(), each(value, side))),
            "allOf" | "prefixItems" => drop(out.insert(key.clone(), each(value, side))),
            "properties" | "$defs" | "definitions" | "patternProperties" => {
                drop(out.insert(key.clone(), map(value, side)))
            }
            "items" if value.is_array() => drop(out.insert(key.clone(), each(value, side))),
            "items" | "additionalProperties" | "additionalItems" | "unevaluatedProperties" => {
                drop(out.insert(key.clone(), schema(value, side)));
            }
            _ => drop(out.insert(key.clone(), value.clone())),
        }
    }
    if side == Side::Python {
        values(&mut out);
        // No key without a name.
        if let Some(properties) = out.get_mut("properties").and_then(Value::as_object_mut) {
            let nameless = properties.shift_remove("").is_some();
            out.extend(nameless.then(|| ("additionalProperties".to_owned(), json!(true))));
        }
    }
    objects(&mut out);
    lists(&mut out);
    match entries.get("nullable") {
        Some(Value::Bool(true)) => json!({"anyOf": [out, {"type": "null"}]}),
        _ => Value::Object(out),
    }
}

fn each(value: &Value, side: Side) -> Value {
    value.as_array().map_or(Value::Null, |parts| parts.iter().map(|part| schema(part, side)).collect())
}

fn map(value: &Value, side: Side) -> Value {
    let entries = value.as_object().into_iter().flatten();
    Value::Object(entries.map(|(name, part)| (name.clone(), schema(part, side))).collect())
}

/// TypeScript has one kind of number; in Python a truth value is a number.
fn kinds(value: &Value, side: Side) -> Value {
    let all = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let mut kinds: Vec<Value> = Vec::new();
    for kind in all {
        match (kind.as_str(), side) {
            (Some("integer"), Side::TypeScript) => kinds.push(json!("number")),
            (Some("integer" | "number"), Side::Python) => kinds.extend([kind, json!("boolean")]),
            _ => kinds.push(kind),
        }
    }
    let mut seen = Vec::new();
    kinds.retain(|kind| {
        !seen.contains(kind) && {
            seen.push(kind.clone());
            true
        }
    });
    Value::Array(kinds)
}

/// Python has no exact type for a number that is not whole.
fn values(schema: &mut Map<String, Value>) {
    let constant = schema.get("const").map(std::slice::from_ref);
    let values = schema.get("enum").and_then(Value::as_array).map(Vec::as_slice).or(constant).unwrap_or_default();
    let (broken, rest): (Vec<Value>, Vec<Value>) =
        values.iter().cloned().partition(|value| value.is_number() && !value.is_i64() && !value.is_u64());
    if !broken.is_empty() {
        schema.shift_remove("const");
        schema.shift_remove("enum");
        schema.insert("anyOf".into(), json!([{"enum": rest}, {"type": ["number", "boolean"]}]));
    }
}

/// Properties mean an object. The type of further keys is not said beside declared ones, nor what patterns
/// keys have to match.
fn objects(schema: &mut Map<String, Value>) {
    let declared = schema.get("properties").and_then(Value::as_object).is_some_and(|all| !all.is_empty());
    if declared && !schema.contains_key("type") {
        schema.insert("type".into(), json!("object"));
    }
    let patterns = schema.remove("patternProperties").and_then(|all| all.as_object().cloned()).unwrap_or_default();
    let more = schema.get("additionalProperties").cloned();
    if declared && (!patterns.is_empty() || more.as_ref().is_some_and(Value::is_object)) {
        schema.insert("additionalProperties".into(), json!(true));
    } else if !patterns.is_empty() {
        let values: Vec<Value> = patterns.into_iter().map(|(_, value)| value).chain(more).collect();
        schema.insert("additionalProperties".into(), json!({"anyOf": values}));
    }
    let listed =
        schema.get("propertyNames").is_some_and(|names| names.get("enum").is_some() || names.get("const").is_some());
    if !listed || declared {
        schema.remove("propertyNames");
    }
}

/// Lengths are said of tuples only, whose places are all meant to be there.
fn lists(schema: &mut Map<String, Value>) {
    let old = schema.get("items").and_then(Value::as_array).map(Vec::len);
    let places = schema.get("prefixItems").and_then(Value::as_array).map(Vec::len).or(old);
    let Some(places) = places else {
        schema.remove("minItems");
        schema.remove("maxItems");
        return;
    };
    schema.entry("minItems").or_insert(json!(places));
    schema.remove("maxItems");
    schema.entry(if old.is_some() { "additionalItems" } else { "items" }).or_insert(json!(false));
}

/// The same with objects closed where their schema does not speak of further keys. The generated types refuse
/// such keys on purpose, as most are misspelt. Parts that are joined with others stay open.
pub(crate) fn closed(value: &Value) -> Value {
    closing(value, true)
}

fn closing(value: &Value, alone: bool) -> Value {
    match value {
        Value::Object(entries) => {
            let joined = ["allOf", "anyOf", "oneOf", "$ref"].iter().any(|key| entries.contains_key(*key));
            let inner = |(key, part): (&String, &Value)| (key.clone(), closing(part, key != "allOf"));
            let mut out: Map<String, Value> = match entries.get("enum").or(entries.get("const")) {
                Some(_) => entries.clone(),
                None => entries.iter().map(inner).collect(),
            };
            let declares = entries.get("properties").is_some_and(Value::is_object) && entries.get("type").is_some();
            if declares && alone && !joined {
                out.entry("additionalProperties").or_insert(json!(false));
            }
            Value::Object(out)
        }
        Value::Array(parts) => parts.iter().map(|part| closing(part, alone)).collect(),
        other => other.clone(),
    }
}
