//! The texts that cross between a model and its tools, in the form in which all figures count them.

use serde_json::{Value, json};

/// A tool as clients show it to a model, under the name by which the model calls it.
pub fn definition(name: &str, tool: &Value) -> String {
    json!({"name": name, "description": tool["description"], "inputSchema": tool["inputSchema"]}).to_string()
}

/// A call as a model writes it.
pub fn call(name: &str, arguments: &Value) -> String {
    json!({"name": name, "arguments": arguments}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_does_not_see_is_left_out() {
        let tool = json!({"name": "n", "description": "d", "inputSchema": {}, "outputSchema": {"type": "object"}});
        assert!(!definition("s__n", &tool).contains("outputSchema"));
        let read: Value = serde_json::from_str(&call("n", &json!({"a": 1}))).unwrap_or_default();
        assert_eq!(read, json!({"name": "n", "arguments": {"a": 1}}));
    }
}
