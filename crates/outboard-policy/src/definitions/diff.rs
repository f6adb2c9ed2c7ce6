//! What changed between two definitions, in words. Everything quoted is made visible.

use crate::canonical;
use crate::shown::excerpt;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;

/// More changes than this are not told one by one.
const MAX_CHANGES: usize = 200;
/// So much of a changed text is quoted, in characters.
const QUOTED: usize = 120;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionChange {
    /// Where: `description`, `inputSchema/properties/path`, `annotations/readOnlyHint`.
    pub path: String,
    /// What, such as ``parameter `path` is now required``.
    pub words: String,
}

impl fmt::Display for DefinitionChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// The changes from one definition to another; none if both have the same canonical text.
pub fn diff(old: &Value, new: &Value) -> Vec<DefinitionChange> {
    let (old, new) = (canonical::sorted(old), canonical::sorted(new));
    let mut changes = Changes(Vec::new());
    for part in ["name", "title", "description"] {
        changes.text(part, part, old.get(part), new.get(part));
    }
    changes.annotations(old.get("annotations"), new.get("annotations"));
    changes.input(old.get("inputSchema"), new.get("inputSchema"));
    changes.whole("outputSchema", "output schema", old.get("outputSchema"), new.get("outputSchema"));
    let more = changes.0.len().saturating_sub(MAX_CHANGES);
    changes.0.truncate(MAX_CHANGES);
    if more > 0 {
        changes.add("", format!("{more} more changes"));
    }
    changes.0
}

struct Changes(Vec<DefinitionChange>);

impl Changes {
    fn add(&mut self, path: impl Into<String>, words: String) {
        self.0.push(DefinitionChange { path: path.into(), words });
    }

    fn text(&mut self, path: &str, what: &str, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (Some(Value::String(old)), Some(Value::String(new))) if old != new => {
                let (old, new) = around_difference(old, new);
                self.add(path, format!("{what} changed: \"{old}\" -> \"{new}\""));
            }
            (old, new) if old != new => self.add(path, format!("{what} changed: {} -> {}", value(old), value(new))),
            _ => {}
        }
    }

    fn whole(&mut self, path: &str, what: &str, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (None, Some(_)) => self.add(path, format!("{what} added")),
            (Some(_), None) => self.add(path, format!("{what} removed")),
            (old, new) if old != new => self.add(path, format!("{what} changed")),
            _ => {}
        }
    }

    fn annotations(&mut self, old: Option<&Value>, new: Option<&Value>) {
        for key in keys(old, new) {
            let (old, new) = (member(old, &key), member(new, &key));
            if old != new {
                let name = excerpt(&key, 60);
                self.add(format!("annotations/{name}"), format!("annotation {name} {} -> {}", value(old), value(new)));
            }
        }
    }

    fn input(&mut self, old: Option<&Value>, new: Option<&Value>) {
        let (old_properties, new_properties) = (member(old, "properties"), member(new, "properties"));
        for name in keys(old_properties, new_properties) {
            let (before, after) = (member(old_properties, &name), member(new_properties, &name));
            self.parameter(&name, (before, required(old, &name)), (after, required(new, &name)));
        }
        for key in keys(old, new).into_iter().filter(|key| key != "properties" && key != "required") {
            let name = excerpt(&key, 60);
            let (old, new) = (member(old, &key), member(new, &key));
            self.whole(&format!("inputSchema/{name}"), &format!("input schema: `{name}`"), old, new);
        }
    }

    fn parameter(&mut self, name: &str, old: (Option<&Value>, bool), new: (Option<&Value>, bool)) {
        let name = excerpt(name, 60);
        let path = format!("inputSchema/properties/{name}");
        let kind = |required: bool| if required { "required" } else { "optional" };
        match (old, new) {
            ((None, _), (Some(_), needed)) => self.add(path, format!("parameter `{name}` added, {}", kind(needed))),
            ((Some(_), _), (None, _)) => self.add(path, format!("parameter `{name}` removed")),
            ((before, was), (after, is)) => {
                if was != is {
                    let now = if is { "is now required" } else { "is no longer required" };
                    self.add(path.clone(), format!("parameter `{name}` {now}"));
                }
                self.schema(&path, &name, before, after);
            }
        }
    }

    fn schema(&mut self, path: &str, name: &str, old: Option<&Value>, new: Option<&Value>) {
        for key in keys(old, new) {
            let (old, new) = (member(old, &key), member(new, &key));
            let key = excerpt(&key, 60);
            let path = format!("{path}/{key}");
            let what = format!("{key} of parameter `{name}`");
            match key.as_str() {
                "description" | "title" | "type" | "default" | "const" | "enum" => self.text(&path, &what, old, new),
                _ => self.whole(&path, &what, old, new),
            }
        }
    }
}

fn member<'a>(value: Option<&'a Value>, key: &str) -> Option<&'a Value> {
    value?.as_object()?.get(key)
}

fn keys(old: Option<&Value>, new: Option<&Value>) -> BTreeSet<String> {
    let maps = [old, new].into_iter().flatten().filter_map(Value::as_object);
    maps.flat_map(Map::keys).cloned().collect()
}

fn required(schema: Option<&Value>, name: &str) -> bool {
    let names = member(schema, "required").and_then(Value::as_array);
    names.is_some_and(|names| names.iter().any(|required| required.as_str() == Some(name)))
}

fn value(value: Option<&Value>) -> String {
    value.map_or_else(|| "not given".into(), |value| excerpt(&value.to_string(), QUOTED))
}

/// Both texts from shortly before the place where they part, so that a change deep inside is seen.
fn around_difference(old: &str, new: &str) -> (String, String) {
    let same = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).count();
    let start = same.saturating_sub(30);
    let from = |text: &str| {
        let rest: String = text.chars().skip(start).collect();
        format!("{}{}", if start > 0 { "…" } else { "" }, excerpt(&rest, QUOTED))
    };
    (from(old), from(new))
}
