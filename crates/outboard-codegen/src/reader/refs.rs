//! Where a reference leads within its own document.

use serde_json::{Map, Value};

/// So many parts of a document are looked at for an anchor.
const MAX_LOOKED_AT: usize = 20_000;

/// The reference that a schema makes, in any draft's spelling.
pub(super) fn of(schema: &Map<String, Value>) -> Option<&str> {
    ["$ref", "$dynamicRef", "$recursiveRef"].iter().find_map(|key| schema.get(*key)?.as_str())
}

/// The target of `#/$defs/Node`, `#node` (an anchor) or `node.json#/…` (an id within the document). Other
/// documents are never fetched.
pub(super) fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let (document, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let own = document.is_empty() || is_id(root, document);
    let base = if own { root } else { find(root, &|schema| is_id(schema, document))? };
    if fragment.is_empty() || fragment.starts_with('/') {
        return outboard_catalog::resolve(base, &format!("#{fragment}"));
    }
    let named = |schema: &Value, key: &str| schema.get(key).and_then(Value::as_str) == Some(fragment);
    let draft_07 = format!("#{fragment}");
    let anchored = |schema: &Value| {
        named(schema, "$anchor") || named(schema, "$dynamicAnchor") || id(schema) == Some(draft_07.as_str())
    };
    find(base, &anchored)
}

fn id(schema: &Value) -> Option<&str> {
    schema.get("$id").and_then(Value::as_str)
}

/// An id may be written in full, or by the last part of its path.
fn is_id(schema: &Value, document: &str) -> bool {
    let Some(id) = id(schema).map(|id| id.trim_end_matches('#')).filter(|id| !id.is_empty()) else { return false };
    id == document || id.strip_suffix(document).is_some_and(|before| before.ends_with('/'))
}

fn find<'a>(root: &'a Value, wanted: &dyn Fn(&Value) -> bool) -> Option<&'a Value> {
    let (mut open, mut looked_at) = (vec![root], 0);
    while let Some(next) = open.pop() {
        looked_at += 1;
        if looked_at > MAX_LOOKED_AT {
            return None;
        }
        if wanted(next) {
            return Some(next);
        }
        match next {
            Value::Object(entries) => open.extend(entries.values().rev()),
            Value::Array(items) => open.extend(items.iter().rev()),
            _ => {}
        }
    }
    None
}

/// The part of a reference that says what it is about.
pub(super) fn last_name(reference: &str) -> &str {
    let steps = ["", "#", "items", "properties", "anyOf", "oneOf", "allOf", "additionalProperties"];
    let named = |part: &&str| !steps.contains(part) && !part.bytes().all(|b| b.is_ascii_digit());
    reference.rsplit(['/', '#']).find(named).unwrap_or("Type")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_anchors_and_ids_are_found() {
        let root = json!({"$id": "https://a.example/root.json", "$defs": {"A": {"$anchor": "here", "title": "a"},
            "B": {"$id": "b.json", "properties": {"x": {"title": "x"}}}, "C": {"$id": "#old", "title": "c"}}});
        let title = |reference: &str| resolve(&root, reference).map(|found| found["title"].clone());
        for reference in ["#/$defs/A", "#here", "root.json#here", "https://a.example/root.json#/$defs/A"] {
            assert_eq!(title(reference), Some(json!("a")), "{reference}");
        }
        assert_eq!(title("b.json#/properties/x"), Some(json!("x")));
        assert_eq!(title("#old"), Some(json!("c")));
        assert_eq!(resolve(&root, "#"), Some(&root));
        assert_eq!(resolve(&root, "https://elsewhere.example/x.json"), None);
        assert_eq!(last_name("#/properties/kind/anyOf/0"), "kind");
        assert_eq!(last_name("#node"), "node");
    }
}
