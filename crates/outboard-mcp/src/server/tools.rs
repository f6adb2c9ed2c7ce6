//! The definitions of our four tools. Byte-stable, and small: a test keeps them within 600 tokens.

use serde_json::Value;
use std::sync::LazyLock;

static DEFINITIONS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("tools.json")).expect("invariant: tools.json is checked by a test")
});

/// The four definitions, in the order in which they are listed.
pub fn definitions() -> &'static [Value] {
    &DEFINITIONS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_four_and_each_has_a_schema() {
        let names: Vec<_> = definitions().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["search_tools", "run_code", "call_tool", "wait"]);
        assert!(definitions().iter().all(|tool| tool["inputSchema"]["type"] == "object"));
    }
}
