//! Private data in JSON: what keys, records and tables say comes before what texts look like.

use crate::detector::Detector;
use crate::key::{Around, Key};
use crate::{Action, FieldRule, Finding, Kind};
use serde_json::{Map, Value};

/// Deepest value that is looked at.
const DEEPEST: usize = 128;

/// What is known about where a value comes from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hints<'a> {
    /// The server that gave it.
    pub server: Option<&'a str>,
    /// The tool that gave it.
    pub tool: Option<&'a str>,
}

/// Whether a finding is in a key or in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// In the last key of the pointer.
    Key,
    /// In the text, or the number as text, that the pointer leads to.
    Value,
}

/// A finding in JSON.
#[derive(Debug, Clone)]
pub struct JsonFinding {
    /// Where the text is (RFC 6901).
    pub pointer: String,
    /// Which of its texts.
    pub part: Part,
    /// Where in that text, and what.
    pub finding: Finding,
}

impl Detector {
    /// Finds private data in a JSON value, in the order of the document.
    pub fn json(&self, value: &Value, hints: &Hints<'_>) -> Vec<JsonFinding> {
        let rules = self.fields.iter().filter(|rule| {
            rule.server.as_deref().is_none_or(|server| hints.server == Some(server))
                && rule.tool.as_deref().is_none_or(|tool| hints.tool == Some(tool))
        });
        let mut walk = Walk { detector: self, rules: rules.collect(), pointer: String::new(), found: Vec::new() };
        walk.value(value, None, Around::default(), 0);
        walk.found
    }
}

struct Walk<'d> {
    detector: &'d Detector,
    rules: Vec<&'d FieldRule>,
    pointer: String,
    found: Vec<JsonFinding>,
}

impl Walk<'_> {
    fn value(&mut self, value: &Value, key: Option<&Key>, around: Around, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        match value {
            Value::String(text) => self.text(text, key, around, true),
            Value::Number(number) => self.text(&number.to_string(), key, around, false),
            Value::Array(items) => self.array(items, key, around, depth),
            Value::Object(map) => self.object(map, key, around, depth),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn object(&mut self, map: &Map<String, Value>, parent: Option<&Key>, around: Around, depth: usize) {
        let keys: Vec<Key> = map.keys().map(|key| Key::new(key)).collect();
        let person_above =
            parent.is_some_and(|key| key.text().ends_with("name") || key.is_personal() || key.is_party());
        let is_person = keys.iter().any(Key::is_personal) || person_above;
        let columns = columns(map);
        let named = named(map);
        for ((name, value), key) in map.iter().zip(&keys) {
            self.key(name);
            self.within(name, |walk| match (value, &columns) {
                (Value::Array(rows), Some(columns)) if rows.iter().all(Value::is_array) => {
                    walk.rows(rows, columns, depth + 2)
                }
                _ => {
                    let key = named.as_ref().filter(|(at, _)| at == name).map_or(key, |(_, label)| label);
                    walk.value(value, Some(key), Around { is_person: is_person || around.is_person }, depth + 1);
                }
            });
        }
    }

    /// Items have the key of their list; a list of lists may be a table with a header.
    fn array(&mut self, items: &[Value], key: Option<&Key>, around: Around, depth: usize) {
        if let Some((first, rows)) = items.split_first()
            && let Some(columns) = header(first).filter(|_| !rows.is_empty() && rows.iter().all(Value::is_array))
        {
            for (at, row) in rows.iter().enumerate() {
                self.within(&(at + 1).to_string(), |walk| walk.row(row, &columns, depth + 2));
            }
            return;
        }
        for (at, item) in items.iter().enumerate() {
            self.within(&at.to_string(), |walk| walk.value(item, key, around, depth + 1));
        }
    }

    fn rows(&mut self, rows: &[Value], columns: &[Key], depth: usize) {
        for (at, row) in rows.iter().enumerate() {
            self.within(&at.to_string(), |walk| walk.row(row, columns, depth));
        }
    }

    fn row(&mut self, row: &Value, columns: &[Key], depth: usize) {
        let around = Around { is_person: columns.iter().any(Key::is_personal) };
        for (at, cell) in row.as_array().into_iter().flatten().enumerate() {
            self.within(&at.to_string(), |walk| walk.value(cell, columns.get(at), around, depth));
        }
    }

    fn key(&mut self, name: &str) {
        // Keys are names of fields; only those that cannot be are looked at.
        if !name.bytes().any(|byte| matches!(byte, b'@' | b'+' | b' ' | b'0'..=b'9')) {
            return;
        }
        let found = self.detector.text(name);
        if !found.is_empty() {
            self.within(name, |walk| walk.add(found, Part::Key));
        }
    }

    fn text(&mut self, text: &str, key: Option<&Key>, around: Around, is_text: bool) {
        match self.rules.iter().find(|rule| self.fits(rule, key)).map(|rule| rule.action.clone()) {
            Some(Action::Allow) => return,
            Some(Action::Deny(kind)) => {
                return self.add(vec![Finding::new(0..text.len(), kind, 1.0, "field")], Part::Value);
            }
            None => {}
        }
        let mut found = if is_text { self.detector.text(text) } else { Vec::new() };
        if key.is_some_and(Key::is_release) {
            found.retain(|finding| finding.kind != Kind::Ip);
        }
        let says = key.and_then(|key| self.detector.field(key, around, text));
        let covered = found.iter().map(|finding| finding.range.len()).sum::<usize>() * 2 > text.len();
        if let Some((kind, sure, rule)) = says.filter(|(.., rule)| *rule == "custom-key" || !covered) {
            let start = text.len() - text.trim_start().len();
            found.push(Finding::new(start..text.trim_end().len(), kind, sure.max(0.99), rule));
        }
        let found = self.detector.settled(text, found);
        self.add(found, Part::Value);
    }

    fn fits(&self, rule: &FieldRule, key: Option<&Key>) -> bool {
        match rule.field.as_deref() {
            None => true,
            Some(pointer) if pointer.starts_with('/') => {
                let (mut own, mut asked) = (self.pointer.split('/'), pointer.split('/'));
                loop {
                    match (own.next(), asked.next()) {
                        (None, None) => return true,
                        (Some(_), Some("*")) => {}
                        (Some(own), Some(asked)) if own == asked => {}
                        _ => return false,
                    }
                }
            }
            Some(name) => key.is_some_and(|key| *key == Key::new(name)),
        }
    }

    fn add(&mut self, found: Vec<Finding>, part: Part) {
        let pointer = &self.pointer;
        self.found.extend(found.into_iter().map(|finding| JsonFinding { pointer: pointer.clone(), part, finding }));
    }

    fn within(&mut self, segment: &str, run: impl FnOnce(&mut Self)) {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&segment.replace('~', "~0").replace('/', "~1"));
        run(self);
        self.pointer.truncate(length);
    }
}

/// A row of short texts of which one at least tells what its column is.
fn header(row: &Value) -> Option<Vec<Key>> {
    let cells = row.as_array()?;
    let keys: Vec<Key> =
        cells.iter().map(|cell| cell.as_str().filter(|text| text.len() <= 40).map(Key::new)).collect::<Option<_>>()?;
    (keys.len() >= 2 && keys.iter().any(Key::is_personal)).then_some(keys)
}

/// The columns that an object names beside its rows.
fn columns(map: &Map<String, Value>) -> Option<Vec<Key>> {
    let list = ["columns", "headers", "header", "fields", "column_names"]
        .iter()
        .find_map(|name| map.get(*name)?.as_array())?;
    let name = |column: &Value| column.as_str().or_else(|| column.get("name")?.as_str()).map(Key::new);
    list.iter().map(name).collect()
}

/// `{"label": "Full name", "value": …}`: the field whose key is another field's text.
fn named(map: &Map<String, Value>) -> Option<(String, Key)> {
    let value = ["value", "answer", "content"].iter().find(|name| map.contains_key(**name))?;
    let label =
        ["label", "key", "field", "name", "property", "question"].iter().find_map(|name| map.get(*name)?.as_str())?;
    (label.len() <= 60).then(|| ((*value).to_owned(), Key::new(label)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;
    use serde_json::json;

    fn found(value: &Value, options: &Options) -> Vec<(String, String)> {
        let detector = Detector::new(options).unwrap();
        let found = detector.json(value, &Hints { server: Some("crm"), tool: Some("list") });
        found.iter().map(|one| (one.pointer.clone(), one.finding.kind.label().to_owned())).collect()
    }

    fn kinds(value: &Value) -> Vec<(String, String)> {
        found(value, &Options::default())
    }

    fn is(found: &[(String, String)], expected: &[(&str, &str)]) {
        let found: Vec<_> = found.iter().map(|(pointer, kind)| (pointer.as_str(), kind.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn records_tables_and_labelled_values() {
        is(
            &kinds(&json!({"rows": [{"id": 7, "name": "Ada Lovelace", "email": "ada@example.org", "ssn": 638186468}]})),
            &[("/rows/0/name", "NAME"), ("/rows/0/email", "EMAIL"), ("/rows/0/ssn", "SSN")],
        );
        is(
            &kinds(&json!([["name", "phone"], ["Ada Lovelace", "0170 1234567"]])),
            &[("/1/0", "NAME"), ("/1/1", "PHONE")],
        );
        is(
            &kinds(&json!({"columns": ["id", "last_name", "zip"], "rows": [[1, "Lovelace", "90210"]]})),
            &[("/rows/0/1", "NAME"), ("/rows/0/2", "POSTCODE")],
        );
        is(
            &kinds(
                &json!({"fields": [{"label": "Date of birth", "value": "1815-12-10"}, {"label": "Size", "value": "12"}]}),
            ),
            &[("/fields/0/value", "DOB")],
        );
        is(
            &kinds(&json!({"name": {"first": "Ada", "last": "Lovelace"}})),
            &[("/name/first", "NAME"), ("/name/last", "NAME")],
        );
        is(&kinds(&json!({"ada@example.org": {"role": "admin"}})), &[("/ada@example.org", "EMAIL")]);
    }

    #[test]
    fn what_is_ordinary_stays() {
        let ordinary = json!({
            "total": 30, "page": 2, "next_page_token": "CAUQAA0123456789", "id": "00Q000000000001", "created_at": "2024-05-01T10:00:00Z",
            "items": [{"name": "Desk lamp", "sku": "4111-22", "price": 12.5, "status": "open", "tags": ["red", "Blue Team"]}],
        });
        is(&kinds(&ordinary), &[]);
    }

    #[test]
    fn fields_are_decided_by_rule() {
        let rule = |field: &str, action| FieldRule {
            server: Some("crm".into()),
            tool: None,
            field: Some(field.into()),
            action,
        };
        let fields = vec![rule("/rows/*/nick", Action::Deny(Kind::Name)), rule("support_email", Action::Allow)];
        let options = Options { fields, ..Options::default() };
        let value = json!({"rows": [{"nick": "ada81"}], "support_email": "help@example.org"});
        is(&found(&value, &options), &[("/rows/0/nick", "NAME")]);
    }
}
