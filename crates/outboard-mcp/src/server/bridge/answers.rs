//! What a question needs of a client, and what counts as its answer.

use serde_json::{Value, json};

/// The largest answer that is taken, in bytes.
const LARGEST: usize = 4 << 20;

/// The capability that a question needs and a client did not declare, in words and as `ClientCapabilities`.
pub(in crate::server) fn required(capabilities: &Value, method: &str, params: &Value) -> Option<(&'static str, Value)> {
    let has = |part: &str| capabilities.get(part).is_some_and(Value::is_object);
    let inner = |part: &str, key: &str| capabilities[part].get(key).is_some_and(Value::is_object);
    match method {
        "elicitation/create" if params["mode"] == "url" => {
            (!inner("elicitation", "url")).then(|| ("elicitation by address", json!({"elicitation": {"url": {}}})))
        }
        "elicitation/create" => (!has("elicitation")).then(|| ("elicitation", json!({"elicitation": {}}))),
        "sampling/createMessage" if params.get("tools").is_some() => {
            (!inner("sampling", "tools")).then(|| ("sampling with tools", json!({"sampling": {"tools": {}}})))
        }
        "sampling/createMessage" => (!has("sampling")).then(|| ("sampling", json!({"sampling": {}}))),
        "roots/list" => (!has("roots")).then(|| ("roots", json!({"roots": {}}))),
        _ => Some(("what is asked", json!({}))),
    }
}

/// The answer as the server gets it, if it is one: forms get the defaults of fields that were left out.
pub(super) fn usable(method: &str, params: &Value, mut answer: Value) -> Option<Value> {
    let right = match method {
        "elicitation/create" => matches!(answer["action"].as_str(), Some("accept" | "decline" | "cancel")),
        "sampling/createMessage" => answer["role"].is_string() && !answer["content"].is_null(),
        _ => answer["roots"].is_array(),
    };
    if !right || answer.to_string().len() > LARGEST {
        return None;
    }
    if method == "elicitation/create" && answer["action"] == "accept" && params["mode"] != "url" {
        fill(&params["requestedSchema"], &mut answer);
    }
    Some(answer)
}

fn fill(schema: &Value, answer: &mut Value) {
    let Some(properties) = schema["properties"].as_object() else { return };
    let fields = answer.as_object_mut().map(|answer| answer.entry("content").or_insert_with(|| json!({})));
    let Some(fields) = fields.and_then(Value::as_object_mut) else { return };
    for (name, property) in properties {
        if let (Some(default), false) = (property.get("default"), fields.contains_key(name)) {
            fields.insert(name.clone(), default.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_declared_is_named() {
        let form = json!({"elicitation": {}, "sampling": {}});
        let named = |method: &str, params: Value| required(&form, method, &params).map(|(_, needed)| needed);
        assert_eq!(named("elicitation/create", json!({})), None);
        assert_eq!(named("elicitation/create", json!({"mode": "url"})), Some(json!({"elicitation": {"url": {}}})));
        assert_eq!(named("sampling/createMessage", json!({"tools": []})), Some(json!({"sampling": {"tools": {}}})));
        assert_eq!(named("roots/list", json!({})), Some(json!({"roots": {}})));
        assert!(named("something/else", json!({})).is_some());
    }

    #[test]
    fn only_answers_of_the_right_form_count_and_defaults_are_filled_in() {
        let params = json!({"requestedSchema": {"properties": {"a": {"default": 1}, "b": {"default": 2}, "c": {}}}});
        let answer = usable("elicitation/create", &params, json!({"action": "accept", "content": {"b": 5}}));
        assert_eq!(answer.unwrap()["content"], json!({"b": 5, "a": 1}));
        assert_eq!(usable("elicitation/create", &params, json!(12345)), None);
        assert_eq!(usable("elicitation/create", &params, json!({"action": "maybe"})), None);
        let declined = usable("elicitation/create", &params, json!({"action": "decline"})).unwrap();
        assert_eq!(declined, json!({"action": "decline"}));
        assert_eq!(usable("sampling/createMessage", &params, json!({"role": "assistant"})), None);
        assert!(usable("roots/list", &params, json!({"roots": []})).is_some());
    }
}
