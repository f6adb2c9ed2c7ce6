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

impl Tool {
    /// Checks the arguments and does the work.
    pub(crate) fn call(&mut self, arguments: &Value) -> Result<Answer, String> {
        match complaint(&self.definition["inputSchema"], arguments) {
            Some(problem) => Err(problem),
            None => (self.work)(arguments),
        }
    }
}

/// What is wrong with the arguments, if anything; only their names and types are looked at.
fn complaint(schema: &Value, arguments: &Value) -> Option<String> {
    let properties = schema["properties"].as_object()?;
    let known = || properties.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let mut required = schema["required"].as_array()?.iter().filter_map(Value::as_str);
    if let Some(missing) = required.find(|name| arguments.get(*name).is_none()) {
        return Some(format!("argument {missing:?} is missing; this tool takes: {}", known()));
    }
    arguments.as_object()?.iter().find_map(|(name, value)| match properties.get(name) {
        None => Some(format!("no argument is called {name:?}; this tool takes: {}", known())),
        Some(property) if fits(property["type"].as_str(), value) => None,
        Some(property) => Some(format!("argument {name:?} has to be of type {}", property["type"])),
    })
}

fn fits(kind: Option<&str>, value: &Value) -> bool {
    match kind {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => true,
    }
}

pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) tools: Vec<Tool>,
}

/// What a tool does to the world, from which its annotations follow.
#[derive(Clone, Copy)]
pub(crate) enum Effect {
    /// Changes nothing.
    Reads,
    /// Adds something at each call.
    Writes,
    /// Leaves the same state however often it is called.
    Sets,
    /// Cannot be undone.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_checked_by_name_and_type() {
        let parameters = [("id", text("An id"), true), ("limit", number("At most"), false)];
        let mut tool = tool("t", "", Effect::Reads, &parameters, None, |_| Ok(Answer::Text("done".into())));
        let mut told = |arguments: Value| match tool.call(&arguments) {
            Ok(Answer::Text(text)) | Err(text) => text,
            Ok(_) => String::new(),
        };
        assert_eq!(told(json!({"id": "a", "limit": 3})), "done");
        assert_eq!(told(json!({})), "argument \"id\" is missing; this tool takes: id, limit");
        assert_eq!(told(json!({"id": "a", "lim": 3})), "no argument is called \"lim\"; this tool takes: id, limit");
        assert_eq!(told(json!({"id": 7})), "argument \"id\" has to be of type \"string\"");
    }
}
