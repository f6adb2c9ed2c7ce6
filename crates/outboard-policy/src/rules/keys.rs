//! Unknown keys in what users write, with the key that was meant.

use outboard_catalog::nearest;

/// The first key that is not known; the text says what was perhaps meant.
pub(crate) fn unknown<'a>(table: &'a toml::Table, known: &[&str]) -> Option<(&'a str, String)> {
    let key = table.keys().find(|key| !known.contains(&key.as_str()))?;
    let close = nearest(key, known.iter().copied(), 1);
    Some((
        key,
        match close.first() {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("there are {}", known.join(", ")),
        },
    ))
}

/// A TOML value as JSON; dates become texts.
pub(crate) fn json(value: &toml::Value) -> serde_json::Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(value) => (*value).into(),
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(items) => items.iter().map(json).collect(),
        toml::Value::Table(table) => table.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
    }
}
