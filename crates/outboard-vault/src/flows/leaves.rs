//! The texts of a JSON value with their pointers.

use serde_json::Value;

/// A text and where it stands.
pub(super) struct Leaf {
    pub(super) path: String,
    pub(super) text: String,
    /// The name of a field, and not what is in one.
    pub(super) is_key: bool,
}

/// Every string, number and key with the JSON pointer to it, in order.
pub(super) fn leaves(value: &Value) -> Vec<Leaf> {
    let mut out = Vec::new();
    walk(&mut String::new(), value, &mut out);
    out
}

fn walk(pointer: &mut String, value: &Value, out: &mut Vec<Leaf>) {
    let length = pointer.len();
    let leaf = |path: &String, text: String, is_key| Leaf { path: path.clone(), text, is_key };
    match value {
        Value::String(text) => out.push(leaf(pointer, text.clone(), false)),
        Value::Number(number) => out.push(leaf(pointer, number.to_string(), false)),
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
                out.push(leaf(pointer, key.clone(), true));
                walk(pointer, item, out);
                pointer.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}
