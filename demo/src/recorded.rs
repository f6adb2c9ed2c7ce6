//! A server that gives recorded answers: what it lists and what it says comes from one file.
//!
//! The file is one object: `tools`, definitions as `tools/list` gives them, and `calls`, each with `name`, `arguments`
//! and `response`. A call that was not recorded is an error that says so: nothing is made up.

use crate::tool::{Answer, Server, Tool};
use serde_json::Value;
use std::rc::Rc;

/// The server of a recording.
pub(crate) fn server(path: &str) -> Result<Server, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path} cannot be read: {error}"))?;
    let mut file: Value = serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))?;
    let Value::Array(definitions) = file["tools"].take() else { return Err(format!("{path} has no list `tools`")) };
    let Value::Array(calls) = file["calls"].take() else { return Err(format!("{path} has no list `calls`")) };
    let calls = Rc::new(calls);
    let tools = definitions.into_iter().map(|definition| tool(definition, calls.clone())).collect();
    Ok(Server { name: "recorded", title: "Recorded answers", tools })
}

fn tool(definition: Value, calls: Rc<Vec<Value>>) -> Tool {
    let name = definition["name"].clone();
    let work = move |arguments: &Value| {
        let mut own = calls.iter().filter(|call| call["name"] == name);
        let recorded = own.find(|call| same(&call["arguments"], arguments));
        let recorded = recorded.ok_or_else(|| format!("no call of {name} was recorded with {arguments}"))?;
        let response = recorded["response"].clone();
        Ok(if response.is_object() { Answer::Structured(response) } else { Answer::Json(response) })
    };
    Tool { definition, work: Box::new(work) }
}

/// Equal as values: 1 and 1.0 are one number, and languages may differ in a number's last digit.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => match (left.as_f64(), right.as_f64()) {
            (Some(left), Some(right)) => (left - right).abs() <= left.abs() * 1e-12,
            _ => left == right,
        },
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn equal_values_are_the_same_call() {
        assert!(same(&json!({"a": [1, {"b": 2.5}], "c": null}), &json!({"c": null, "a": [1.0, {"b": 2.5}]})));
        for (left, right) in [
            (json!({"a": 1}), json!({"a": 1, "b": 2})),
            (json!([1]), json!([1, 2])),
            (json!("1"), json!(1)),
            (json!(1), json!(1.000_001)),
        ] {
            assert!(!same(&left, &right) && !same(&right, &left), "{left} {right}");
        }
    }
}
