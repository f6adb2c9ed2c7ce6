//! The one entry that starts Outboard, as each client wants it; and how to know it again.

use crate::Dialect;
use serde_json::{Map, Value, json};

/// The entry that starts `program` with `args`.
pub fn own_entry(dialect: Dialect, program: &str, args: &[String]) -> Value {
    match dialect {
        Dialect::OpenCode => {
            let command: Vec<&str> = std::iter::once(program).chain(args.iter().map(String::as_str)).collect();
            json!({"type": "local", "command": command, "enabled": true})
        }
        Dialect::Goose => json!({
            "name": "Outboard", "type": "stdio", "cmd": program, "args": args, "enabled": true, "timeout": 300,
        }),
        Dialect::ClaudeCode => json!({"type": "stdio", "command": program, "args": args}),
        _ => json!({"command": program, "args": args}),
    }
}

/// Whether an entry starts Outboard itself; behind itself it would start itself for ever.
pub fn is_own(entry: &Value) -> bool {
    let Some(entry) = entry.as_object() else { return false };
    // Some have a table of its own for this.
    let entry = entry.get("transport").and_then(Value::as_object).unwrap_or(entry);
    let words = words(entry);
    let program = words.first().map(|word| word.rsplit(['/', '\\']).next().unwrap_or_default());
    matches!(program, Some("outboard" | "outboard.exe")) && words.contains(&"serve")
}

fn words(entry: &Map<String, Value>) -> Vec<&str> {
    let all = ["command", "cmd", "args"].iter().filter_map(|key| entry.get(*key));
    all.flat_map(|value| match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect::<Vec<_>>(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_entry_is_known_again_in_every_dialect() {
        for dialect in [Dialect::Common, Dialect::ClaudeCode, Dialect::OpenCode, Dialect::Goose, Dialect::Codex] {
            let entry = own_entry(dialect, "/opt/bin/outboard", &["serve".into()]);
            assert!(is_own(&entry), "{entry}");
        }
        assert!(!is_own(&json!({"command": "outboard", "args": ["list"]})));
        assert!(!is_own(&json!({"command": "npx", "args": ["serve", "outboard"]})));
        assert!(!is_own(&json!("outboard serve")));
        assert!(is_own(&json!({"transport": {"type": "stdio", "command": "/opt/outboard", "args": ["serve"]}})));
    }
}
