//! What changed outside since a skill was kept: definitions of tools, and what they answer.

use outboard_catalog::Catalogue;
use outboard_journal::{Journal, What};
use outboard_skills::{Case, ToolShape};
use outboard_types::{Digest, ExecutionId};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Executions in which later answers are looked for.
const RECENT: usize = 50;

/// Places of an answer that are noted, and items of a list that are looked at.
const PLACES: usize = 200;
const ITEMS: usize = 20;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// The server.
    pub server: String,
    /// The tool.
    pub tool: String,
    /// `gone`, `definition` or `answers`.
    pub kind: &'static str,
    /// What changed.
    pub text: String,
}

/// What changed since a case was kept.
pub fn drift(case: &Case, catalogue: &Catalogue, journal: &Journal) -> Vec<Drift> {
    let mut found = Vec::new();
    for tool in &case.tools {
        let told = |kind, text: String| Drift { server: tool.server.clone(), tool: tool.tool.clone(), kind, text };
        match catalogue.find(&tool.server, &tool.tool) {
            Err(_) => found.push(told("gone", "no server lists it any more".into())),
            Ok(now) if now.fingerprint != tool.definition => {
                let text = format!("definition {} became {}", tool.definition.short(), now.fingerprint.short());
                found.push(told("definition", text));
            }
            Ok(_) => {}
        }
    }
    let latest = latest_shapes(journal, &case.shapes);
    for (then, now) in case.shapes.iter().zip(latest) {
        let changes = now.map(|now| changes(&then.places, &now)).unwrap_or_default();
        if !changes.is_empty() {
            let (server, tool) = (then.server.clone(), then.tool.clone());
            found.push(Drift { server, tool, kind: "answers", text: changes.join("; ") });
        }
    }
    found
}

/// Only what was there and is gone or another type: what is new breaks nobody.
fn changes(then: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<String> {
    let change = |(place, kind): (&String, &String)| match now.get(place) {
        None => Some(format!("{place} is gone")),
        Some(other) if other != kind && kind != "null" && other != "null" => {
            Some(format!("{place} was {kind}, is {other}"))
        }
        Some(_) => None,
    };
    then.iter().filter_map(change).take(5).collect()
}

/// What each of these tools answered last.
fn latest_shapes(journal: &Journal, wanted: &[ToolShape]) -> Vec<Option<BTreeMap<String, String>>> {
    let mut found: Vec<Option<BTreeMap<String, String>>> = vec![None; wanted.len()];
    for row in journal.executions(RECENT).unwrap_or_default() {
        if found.iter().all(Option::is_some) {
            break;
        }
        for shape in shapes(journal, &row.record.id) {
            let at = wanted.iter().position(|one| one.server == shape.server && one.tool == shape.tool);
            if let Some(place) = at.and_then(|at| found.get_mut(at)).filter(|place| place.is_none()) {
                *place = Some(shape.places);
            }
        }
    }
    found
}

/// What the tools of an execution answered: names and types, of all answers of a tool together.
pub(crate) fn shapes(journal: &Journal, id: &ExecutionId) -> Vec<ToolShape> {
    let Ok(history) = journal.history(id) else { return Vec::new() };
    let mut found: BTreeMap<(String, String), BTreeMap<String, String>> = BTreeMap::new();
    for event in &history.events {
        let What::Completed { call, outcome: Ok(answer) } = &event.what else { continue };
        let intent = history.intents.iter().find(|intent| intent.number == *call);
        let answer = journal.load(answer).ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
        if let (Some(intent), Some(answer)) = (intent, answer) {
            let places = found.entry((intent.key.server.clone(), intent.key.tool.clone())).or_default();
            note("$", &answer, places, 0);
        }
    }
    found.into_iter().map(|((server, tool), places)| ToolShape { server, tool, places }).collect()
}

fn note(place: &str, value: &Value, places: &mut BTreeMap<String, String>, depth: usize) {
    if places.len() >= PLACES || depth > 8 {
        return;
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    places.insert(place.to_owned(), kind.to_owned());
    match value {
        Value::Array(items) => {
            items.iter().take(ITEMS).for_each(|item| note(&format!("{place}[]"), item, places, depth + 1))
        }
        Value::Object(fields) => {
            for (key, value) in fields.iter().take(PLACES) {
                // A key that is data, such as an id, is no name of a field.
                let is_name = key.len() <= 64 && !key.starts_with(|c: char| c.is_ascii_digit());
                if is_name {
                    note(&format!("{place}.{key}"), value, places, depth + 1);
                }
            }
        }
        _ => {}
    }
}

/// The digest of a tool's definition now.
pub(crate) fn definition(catalogue: &Catalogue, server: &str, tool: &str) -> Option<Digest> {
    catalogue.find(server, tool).ok().map(|tool| tool.fingerprint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn places(value: Value) -> BTreeMap<String, String> {
        let mut places = BTreeMap::new();
        note("$", &value, &mut places, 0);
        places
    }

    #[test]
    fn what_went_or_changed_its_type_is_told_and_what_is_new_is_not() {
        let then = places(json!({"rows": [{"id": 1, "name": "x"}], "next": null}));
        let now = places(json!({"rows": [{"id": "1", "more": 2}], "next": "y"}));
        assert_eq!(changes(&then, &now), ["$.rows[].id was number, is string", "$.rows[].name is gone"]);
        assert!(changes(&then, &then).is_empty());
    }
}
