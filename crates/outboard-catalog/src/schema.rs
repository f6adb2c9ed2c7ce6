//! Reading a schema just far enough to know a tool's arguments.

use crate::Parameter;
use serde_json::Value;
use std::cmp::Reverse;

/// Schemas nested deeper than this are refused: no surveyed tool passes 12.
pub(crate) const MAX_DEPTH: usize = 64;

/// Whether a value nests deeper than [`MAX_DEPTH`].
pub(crate) fn too_deep(value: &Value, depth: usize) -> bool {
    depth > MAX_DEPTH
        || match value {
            Value::Object(map) => map.values().any(|value| too_deep(value, depth + 1)),
            Value::Array(items) => items.iter().any(|value| too_deep(value, depth + 1)),
            _ => false,
        }
}

/// The arguments in calling order: required ones first, each group in the order of the schema.
pub(crate) fn parameters(schema: &Value) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    collect(schema, schema, 0, &mut parameters);
    parameters.sort_by_key(|parameter: &Parameter| Reverse(parameter.required));
    parameters
}

fn collect(root: &Value, schema: &Value, depth: usize, parameters: &mut Vec<Parameter>) {
    if depth > 4 {
        return;
    }
    if let Some(target) = schema.get("$ref").and_then(Value::as_str).and_then(|pointer| resolve(root, pointer)) {
        collect(root, target, depth + 1, parameters);
    }
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        collect(root, part, depth + 1, parameters);
    }
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if parameters.iter().any(|known| known.name == *name) {
            continue;
        }
        let description = property.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
        parameters.push(Parameter { name: name.clone(), required: required.contains(&name.as_str()), description });
    }
}

/// The target of a reference within the same document.
fn resolve<'a>(root: &'a Value, pointer: &str) -> Option<&'a Value> {
    root.pointer(pointer.strip_prefix('#')?)
}
