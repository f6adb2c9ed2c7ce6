//! Two definitions as a unified text that a person reads.

use crate::canonical;
use crate::shown::shown;
use serde_json::Value;
use similar::TextDiff;
use std::time::Duration;

/// Hostile texts may not keep the comparison busy for longer; it then gets coarser.
const TIME: Duration = Duration::from_millis(500);

/// The difference as unified text; empty if there is none. Invisible characters are written out.
pub fn unified(old: &Value, new: &Value) -> String {
    let (old, new) = (readable(old), readable(new));
    let diff = TextDiff::configure().timeout(TIME).diff_lines(&old, &new);
    diff.unified_diff().context_radius(3).header("accepted", "now").to_string()
}

/// Texts as lines, so that a change of one sentence shows as one line.
fn readable(definition: &Value) -> String {
    let definition = canonical::sorted(definition);
    let mut text = String::new();
    for part in ["name", "title", "description"] {
        if let Some(value) = definition.get(part).and_then(Value::as_str) {
            text += &format!("{part}:\n");
            value.lines().for_each(|line| text += &format!("  {line}\n"));
        }
    }
    for part in ["annotations", "inputSchema", "outputSchema"] {
        if let Some(value) = definition.get(part) {
            text += &format!("{part}: {value:#}\n");
        }
    }
    shown(&text)
}
