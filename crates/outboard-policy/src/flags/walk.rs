//! Every text of a definition that a model may read: values and keys, with the path to them.

use serde_json::Value;

/// More texts than this are not looked at.
const MAX_TEXTS: usize = 20_000;
/// More bytes of one text are not looked at; that it is so long is flagged.
const MAX_BYTES: usize = 64 << 10;

/// Paths and texts. Parsers bound the nesting.
pub(super) fn texts(definition: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    visit(definition, &mut String::new(), &mut found);
    found
}

/// The part of a text that is looked at.
pub(super) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_BYTES)]
}

fn visit(value: &Value, path: &mut String, found: &mut Vec<(String, String)>) {
    if found.len() >= MAX_TEXTS {
        return;
    }
    match value {
        Value::String(text) => found.push((path.clone(), text.clone())),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| inside(item, &at.to_string(), path, found))
        }
        Value::Object(map) => {
            for (key, value) in map {
                if key.len() > 24 || !key.is_ascii() {
                    found.push((format!("{path} (a key)"), key.clone()));
                }
                inside(value, key, path, found);
            }
        }
        _ => {}
    }
}

fn inside(value: &Value, key: &str, path: &mut String, found: &mut Vec<(String, String)>) {
    let before = path.len();
    if before > 0 {
        path.push('/');
    }
    path.push_str(&crate::shown::excerpt(key, 60));
    visit(value, path, found);
    path.truncate(before);
}
