//! The JSON Schema of a settings file, from the one list of settings.

use crate::list::all_settings;
use crate::table::{Kind, Setting};
use serde_json::{Map, Value, json};

/// The schema as text; the same bytes for the same list.
pub fn schema() -> String {
    let mut root = table();
    root["$schema"] = "http://json-schema.org/draft-07/schema#".into();
    root["title"] = "outboard.toml".into();
    root["description"] = "Settings of Outboard. Texts may hold ${VAR} and ${VAR:-default}.".into();
    for setting in all_settings() {
        let parts: Vec<&str> = setting.key.split('.').collect();
        put(&mut root, &parts, of(setting));
    }
    format!("{root:#}\n")
}

fn table() -> Value {
    json!({"type": "object", "additionalProperties": false, "properties": {}})
}

/// Puts a setting in its place; `*` stands for any name.
fn put(at: &mut Value, parts: &[&str], schema: Value) {
    let Some((part, rest)) = parts.split_first() else {
        *at = schema;
        return;
    };
    let place = match *part {
        "*" => &mut at["additionalProperties"],
        name => &mut at["properties"][name],
    };
    if !rest.is_empty() && !place.is_object() {
        *place = table();
    }
    put(place, rest, schema);
}

fn of(setting: &Setting) -> Value {
    let mut schema = form(setting);
    schema.insert("description".into(), setting.doc.into());
    if let Some(default) = value(setting.default) {
        schema.insert("default".into(), default);
    }
    schema.insert("examples".into(), Value::Array(value(&example(setting)).into_iter().collect()));
    Value::Object(schema)
}

/// A value as it is written in a settings file.
fn value(written: &str) -> Option<Value> {
    let table: toml::Table = format!("x = {written}").parse().ok()?;
    serde_json::to_value(table.get("x")?).ok()
}

/// A value that the setting takes, as it is written in a settings file.
pub fn example(setting: &Setting) -> String {
    match (setting.kind, setting.default) {
        (_, default) if !default.is_empty() && default != "[]" && default != "{}" => default.to_owned(),
        (Kind::Text, _) if setting.key.ends_with("url") || setting.key.ends_with("webhook") => {
            "\"https://example.com/mcp\"".into()
        }
        (Kind::Text, _) => "\"${NAME:-text}\"".into(),
        (Kind::Path, _) => "\"folder/file\"".into(),
        (Kind::Number, _) => setting.range.0.to_string(),
        (Kind::Flag, _) => "true".into(),
        (Kind::Span, _) => "\"90s\"".into(),
        (Kind::Size, _) => "\"2MiB\"".into(),
        (Kind::Amount, _) => "0.5".into(),
        (Kind::List, _) => "[\"text\"]".into(),
        (Kind::Map, _) => "{ name = \"text\" }".into(),
        (Kind::Choice(words), _) => format!("{:?}", words.first().copied().unwrap_or_default()),
        (Kind::Tables, _) => "[]".into(),
    }
}

/// A text with a variable may come to mean anything.
const VARIABLE: &str = r"\$\{";

fn form(setting: &Setting) -> Map<String, Value> {
    let (least, most) = setting.range;
    let texts = json!({"type": "string"});
    let schema = match setting.kind {
        Kind::Text | Kind::Path => texts,
        Kind::Number => json!({"type": "integer", "minimum": least, "maximum": most}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Span => {
            let pattern = format!(r"^\s*[0-9]+(\.[0-9]+)?\s*(ms|s|m|min|h|d)$|{VARIABLE}");
            json!({"anyOf": [{"type": "string", "pattern": pattern}, {"type": "number", "exclusiveMinimum": 0}]})
        }
        Kind::Size => {
            let pattern = format!(r"^\s*[0-9]+(\.[0-9]+)?\s*(B|KB|KiB|MB|MiB|GB|GiB)?$|{VARIABLE}");
            json!({"anyOf": [{"type": "string", "pattern": pattern}, {"type": "integer", "minimum": 0}]})
        }
        Kind::Amount => json!({"type": "number", "minimum": 0, "maximum": 1e12}),
        Kind::List => json!({"type": "array", "items": texts}),
        Kind::Map => json!({"type": "object", "additionalProperties": texts}),
        Kind::Choice(words) => json!({"anyOf": [{"enum": words}, {"type": "string", "pattern": VARIABLE}]}),
        Kind::Tables => json!({"type": "array", "items": {"type": "object"}}),
    };
    schema.as_object().cloned().unwrap_or_default()
}
