//! What a demo server consists of.

use serde_json::{Value, json};

/// What a tool does with its arguments; the error is shown with `isError`.
pub(crate) type Work = Box<dyn FnMut(&Value) -> Result<Answer, String>>;

/// An answer as servers in the wild give it.
pub(crate) enum Answer {
    /// `structuredContent`, and the same as text.
    Structured(Value),
    /// JSON as text only.
    Json(Value),
    /// Words.
    Text(String),
}

pub(crate) struct Tool {
    pub(crate) definition: Value,
    pub(crate) work: Work,
}

pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) tools: Vec<Tool>,
}

/// What a tool does to the world.
#[derive(Clone, Copy)]
pub(crate) enum Effect {
    Reads,
    Writes,
    Sets,
    Destroys,
}

/// Builds one tool. `parameters` are (name, schema, required).
pub(crate) fn tool(
    name: &str,
    description: &str,
    effect: Effect,
    parameters: &[(&str, Value, bool)],
    output: Option<Value>,
    work: impl FnMut(&Value) -> Result<Answer, String> + 'static,
) -> Tool {
    let properties: serde_json::Map<String, Value> =
        parameters.iter().map(|(name, schema, _)| ((*name).to_owned(), schema.clone())).collect();
    let required: Vec<&str> =
        parameters.iter().filter(|(_, _, required)| *required).map(|(name, _, _)| *name).collect();
    let mut definition = json!({
        "name": name,
        "description": description,
        "inputSchema": {"type": "object", "properties": properties, "required": required, "additionalProperties": false},
        "annotations": {
            "readOnlyHint": matches!(effect, Effect::Reads),
            "destructiveHint": matches!(effect, Effect::Destroys),
            "idempotentHint": matches!(effect, Effect::Reads | Effect::Sets),
            "openWorldHint": false,
        },
    });
    if let Some(output) = output {
        definition["outputSchema"] = output;
    }
    Tool { definition, work: Box::new(work) }
}

/// A described text parameter.
pub(crate) fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

/// A described whole number.
pub(crate) fn number(description: &str) -> Value {
    json!({"type": "integer", "description": description})
}

/// An object schema in which everything is required.
pub(crate) fn object(properties: Value) -> Value {
    let required: Vec<String> = properties.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    json!({"type": "object", "properties": properties, "required": required})
}

/// A text argument, empty if it is missing.
pub(crate) fn given<'a>(arguments: &'a Value, name: &str) -> &'a str {
    arguments[name].as_str().unwrap_or_default()
}

/// A number argument or its default.
pub(crate) fn count(arguments: &Value, name: &str, default: u64) -> usize {
    arguments[name].as_u64().unwrap_or(default) as usize
}
