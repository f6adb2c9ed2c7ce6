//! One tool as its server declares it.

use crate::schema;
use outboard_types::{Digest, ServerName, ToolId, ToolName};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// A tool's definition: the raw text, and the parts that others read often.
#[derive(Debug, Clone)]
pub struct Tool {
    /// Server and tool name.
    pub id: ToolId,
    /// The definition exactly as the server sent it.
    pub raw: Arc<RawValue>,
    /// Its display name.
    pub title: Option<String>,
    /// What it does; empty if the server does not say.
    pub description: String,
    /// The schema of its arguments.
    pub input_schema: Value,
    /// The schema of its structured result.
    pub output_schema: Option<Value>,
    /// What the server claims about its effects.
    pub hints: Hints,
    /// What programs call it.
    pub names: ToolNames,
    /// Its arguments in calling order: required ones first.
    pub parameters: Vec<Parameter>,
    /// SHA-256 over name, description, schemas and annotations, independent of the order of keys.
    pub fingerprint: Digest,
}

/// Annotations: claims of the server, not facts (MCP 2025-11-25, "Tool annotations").
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hints {
    /// It changes nothing.
    pub read_only: Option<bool>,
    /// It may destroy something.
    pub destructive: Option<bool>,
    /// Repeating it changes nothing more.
    pub idempotent: Option<bool>,
    /// It reaches beyond its server.
    pub open_world: Option<bool>,
}

/// The function's name in each language; unique within its server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolNames {
    /// In TypeScript, such as `getDocument`.
    pub typescript: String,
    /// In Python, such as `get_document`.
    pub python: String,
}

/// One argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The key as the schema spells it.
    pub name: String,
    /// Whether it must be given.
    pub required: bool,
    /// What the schema says about it; may be empty.
    pub description: String,
}

impl Tool {
    /// Reads a definition; the error says what is wrong with it. Names are given out later.
    pub(crate) fn read(server: &ServerName, raw: Box<RawValue>) -> Result<Self, String> {
        let definition: Map<String, Value> =
            serde_json::from_str(raw.get()).map_err(|error| format!("a definition is not a JSON object: {error}"))?;
        let name = definition.get("name").and_then(Value::as_str).ok_or("a definition has no name")?;
        let tool = ToolName::new(name).map_err(|error| error.to_string())?;
        let input_schema = input_schema(&definition).map_err(|problem| format!("{name}: {problem}"))?;
        let output_schema =
            definition.get("outputSchema").filter(|schema| schema.is_object() && !schema::too_deep(schema, 0));
        let text = |key: &str| definition.get(key).and_then(Value::as_str).map(str::to_owned);
        let annotations = definition.get("annotations");
        let title = text("title").or_else(|| annotations?.get("title")?.as_str().map(str::to_owned));
        Ok(Self {
            id: ToolId { server: server.clone(), tool },
            title,
            description: text("description").unwrap_or_default(),
            output_schema: output_schema.cloned(),
            hints: hints(annotations),
            names: ToolNames::default(),
            parameters: schema::parameters(&input_schema),
            fingerprint: fingerprint(&definition),
            input_schema,
            raw: raw.into(),
        })
    }
}

fn input_schema(definition: &Map<String, Value>) -> Result<Value, String> {
    match definition.get("inputSchema") {
        None | Some(Value::Null) => Ok(json!({"type": "object"})),
        Some(schema) if schema::too_deep(schema, 0) => {
            Err(format!("its input schema nests deeper than {} levels", schema::MAX_DEPTH))
        }
        Some(schema @ Value::Object(_)) => Ok(schema.clone()),
        Some(_) => Err("its input schema is not an object".into()),
    }
}

fn hints(annotations: Option<&Value>) -> Hints {
    let hint = |key: &str| annotations.and_then(|all| all.get(key)).and_then(Value::as_bool);
    Hints {
        read_only: hint("readOnlyHint"),
        destructive: hint("destructiveHint"),
        idempotent: hint("idempotentHint"),
        open_world: hint("openWorldHint"),
    }
}

fn fingerprint(definition: &Map<String, Value>) -> Digest {
    let parts = ["name", "description", "inputSchema", "outputSchema", "annotations"];
    let texts = parts.map(|part| {
        let mut text = String::new();
        if let Some(value) = definition.get(part) {
            canonical(value, &mut text);
        }
        text
    });
    Digest::of_all(texts.iter().map(|text| text.as_bytes()))
}

/// Appends JSON text with keys in sorted order. The parser has bounded the nesting.
fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by(|a, b| a.0.cmp(b.0));
            text.push('{');
            for (key, value) in entries {
                quoted(key, text);
                text.push(':');
                canonical(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::String(value) => quoted(value, text),
        other => text.push_str(&other.to_string()),
    }
}

/// Only two escapes: the text is for comparing, and most of a definition is prose.
fn quoted(value: &str, text: &mut String) {
    text.push('"');
    for part in value.split_inclusive(['"', '\\']) {
        let (plain, sign) = part.split_at(part.trim_end_matches(['"', '\\']).len());
        text.push_str(plain);
        for sign in sign.chars() {
            text.extend(['\\', sign]);
        }
    }
    text.push('"');
}
