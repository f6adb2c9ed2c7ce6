//! The texts of a JSON value with their pointers.

use serde_json::Value;

/// Every string, number and key with the JSON pointer to it, in order.
pub(super) fn leaves(value: &Value) -> Vec<(String, String)> {
    let mut out = Vec::new();
    walk(&mut String::new(), value, &mut out);
    out
}

fn walk(pointer: &mut String, value: &Value, out: &mut Vec<(String, String)>) {
    let length = pointer.len();
    match value {
        Value::String(text) => out.push((pointer.clone(), text.clone())),
        Value::Number(number) => out.push((pointer.clone(), number.to_string())),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                pointer.push_str(&format!("/{at}"));
                walk(pointer, item, out);
                pointer.truncate(length);
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                out.push((pointer.clone(), key.clone()));
                walk(pointer, item, out);
                pointer.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}
