//! Reading a schema just far enough to know a tool's arguments.

use crate::Parameter;
use serde_json::Value;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashSet;

/// Schemas nested deeper than this are refused: no surveyed tool passes 12.
pub(crate) const MAX_DEPTH: usize = 64;

/// So many subschemas are followed from the root through `$ref` and `allOf`.
const MAX_PARTS: usize = 64;

/// Whether a value nests deeper than [`MAX_DEPTH`].
pub(crate) fn too_deep(value: &Value, depth: usize) -> bool {
    depth > MAX_DEPTH
        || match value {
            Value::Object(map) => map.values().any(|value| too_deep(value, depth + 1)),
            Value::Array(items) => items.iter().any(|value| too_deep(value, depth + 1)),
            _ => false,
        }
}

/// The target of a `$ref` such as `#/$defs/Node` or `#/properties/a` within the same document.
pub fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    root.pointer(&percent_decoded(reference.strip_prefix('#')?)?)
}

fn percent_decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(text.into());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        let (byte, used) = if byte == b'%' { (code?, 2) } else { (byte, 0) };
        bytes.push(byte);
        rest = &after[used..];
    }
    String::from_utf8(bytes).ok().map(Cow::from)
}

/// The arguments in calling order: required ones first, each group in the order of the schema.
pub(crate) fn parameters(schema: &Value) -> Vec<Parameter> {
    let parts = parts(schema);
    let list = |part: &&'_ Value| part.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let required: HashSet<String> =
        parts.iter().flat_map(list).filter_map(|name| name.as_str().map(str::to_owned)).collect();
    let properties = parts.iter().filter_map(|part| part.get("properties")?.as_object()).flatten();
    let mut seen = HashSet::new();
    let mut parameters: Vec<Parameter> = properties
        .filter(|(name, _)| seen.insert(*name))
        .map(|(name, property)| {
            let description = property.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
            Parameter { name: name.clone(), required: required.contains(name), description }
        })
        .collect();
    parameters.sort_by_key(|parameter| Reverse(parameter.required));
    parameters
}

/// The root and what it takes its properties from, each once: a schema may refer to itself.
fn parts(root: &Value) -> Vec<&Value> {
    let mut parts: Vec<&Value> = vec![root];
    let mut at = 0;
    while at < parts.len() && parts.len() < MAX_PARTS {
        let target = parts[at].get("$ref").and_then(Value::as_str).and_then(|pointer| resolve(root, pointer));
        let all_of = parts[at].get("allOf").and_then(Value::as_array).into_iter().flatten();
        for part in target.into_iter().chain(all_of).take(MAX_PARTS) {
            if !parts.iter().any(|known| std::ptr::eq(*known, part)) {
                parts.push(part);
            }
        }
        at += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(schema: &Value) -> Vec<String> {
        let mark = |parameter: Parameter| if parameter.required { parameter.name + "!" } else { parameter.name };
        parameters(schema).into_iter().map(mark).collect()
    }

    #[test]
    fn required_arguments_come_first_in_the_order_of_the_schema() {
        let schema = json!({"properties": {"z": {}, "b": {}, "a": true}, "required": ["a", "b", "gone", 7]});
        assert_eq!(names(&schema), ["b!", "a!", "z"]);
    }

    #[test]
    fn references_and_all_of_at_the_root_are_followed() {
        let schema = json!({"$defs": {"In put": {"properties": {"a": {}}}}, "$ref": "#/$defs/In%20put",
            "allOf": [{"properties": {"b": {}, "a": {}}}, false], "required": ["b"]});
        assert_eq!(names(&schema), ["b!", "a"]);
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let parts = vec![json!({"$ref": "#"}); 5_000];
        assert_eq!(names(&json!({"allOf": parts, "properties": {"a": {}}})), ["a"]);
        assert_eq!(names(&json!({"properties": 3, "required": "a", "$ref": "#/%zz", "allOf": {}})), [""; 0]);
    }
}
