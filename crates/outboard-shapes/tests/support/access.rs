//! What a program that was written against a type would read, and whether it may.

use serde_json::Value;
use std::collections::BTreeMap;

/// Accesses, and those that the type does not have.
#[derive(Debug, Default)]
pub(crate) struct Accesses {
    pub(crate) all: usize,
    pub(crate) wrong: BTreeMap<String, usize>,
}

impl Accesses {
    /// Share of right accesses, in percent.
    pub(crate) fn share(&self) -> f64 {
        100.0 * (1.0 - self.wrong.values().sum::<usize>() as f64 / self.all.max(1) as f64)
    }

    /// Reads every leaf. An access is right if its path is in the type and its value is allowed there; what lies
    /// below an unknown place is not in the type.
    pub(crate) fn judge(&mut self, schema: Option<&Value>, value: &Value, path: &str) {
        match value {
            Value::Array(items) if !items.is_empty() => {
                let schema = option(schema, value).and_then(|schema| schema.get("items"));
                items.iter().for_each(|item| self.judge(schema, item, &format!("{path}[]")));
            }
            Value::Object(entries) if !entries.is_empty() => {
                let schema = option(schema, value);
                for (key, value) in entries {
                    let named = schema.and_then(|schema| schema.get("properties")?.get(key));
                    let rest = || schema.and_then(|schema| schema.get("additionalProperties"));
                    self.judge(named.or_else(rest), value, &format!("{path}.{key}"));
                }
            }
            leaf => {
                self.all += 1;
                if !schema.is_some_and(|schema| allows(schema, leaf)) {
                    *self.wrong.entry(path.to_owned()).or_default() += 1;
                }
            }
        }
    }
}

fn allows(schema: &Value, value: &Value) -> bool {
    jsonschema::is_valid(schema, value)
}

/// The option of a union that speaks of such values: the one that allows it, else the first of its kind.
fn option<'a>(schema: Option<&'a Value>, value: &Value) -> Option<&'a Value> {
    let schema = schema?;
    let Some(options) = schema.get("anyOf").and_then(Value::as_array) else { return Some(schema) };
    let kind = if value.is_array() { "array" } else { "object" };
    let of_kind = |option: &&Value| option["type"] == kind;
    options.iter().find(|option| of_kind(option) && allows(option, value)).or_else(|| options.iter().find(of_kind))
}

/// The results of each tool, in the order of the recording.
pub(crate) fn recorded(tasks: &str) -> serde_json::Result<BTreeMap<String, Vec<Value>>> {
    let mut tools: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in tasks.lines() {
        let task: Value = serde_json::from_str(line)?;
        for call in task["output"].as_array().into_iter().flatten() {
            if let (Some(name), Some(response)) = (call["name"].as_str(), call.get("response")) {
                tools.entry(name.to_owned()).or_default().push(response.clone());
            }
        }
    }
    Ok(tools)
}
