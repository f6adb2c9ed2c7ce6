//! What a tool's output schema declares of its values: `format` says what a text is where the text does not.

use crate::border::Border;
use crate::place::Place;
use outboard_privacy::Kind;
use outboard_types::ToolId;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Deepest schema that is followed.
const DEEPEST: usize = 32;

/// Values of one answer that are learned.
const MOST: usize = 10_000;

/// Steps through one answer: schemas that refer to themselves can make them many.
const STEPS: usize = 200_000;

/// Shorter texts are too common to be hidden wherever they occur.
const SHORTEST: usize = 4;

/// The kind behind a `format`, of JSON Schema or as people write it.
fn kind(format: &str) -> Option<Kind> {
    Some(match format {
        "email" | "idn-email" => Kind::Email,
        "ipv4" | "ipv6" | "ip" => Kind::Ip,
        "phone" | "tel" | "telephone" | "phone-number" => Kind::Phone,
        "password" => Kind::Secret,
        "credit-card" | "creditcard" | "card-number" => Kind::Card,
        "iban" => Kind::Iban,
        "ssn" => Kind::Ssn,
        "mac" | "mac-address" => Kind::Mac,
        "birthdate" | "date-of-birth" => Kind::Dob,
        _ => return None,
    })
}

impl Border {
    /// Learns the values of an answer that the tool's output schema declares to be private; from then on they are
    /// hidden wherever the place shows them.
    pub fn learn_declared(&self, place: &Place, from: &ToolId, schema: Option<&Value>, answer: &RawValue) {
        let Some(schema) = schema.filter(|schema| declares(schema, 0)) else { return };
        let value: Value = serde_json::from_str(answer.get()).unwrap_or_default();
        let mut found = Vec::new();
        // A framework's wrapping is taken off the answer.
        let wrapped = schema.get("x-fastmcp-wrap-result").and(schema.pointer("/properties/result"));
        Walk { root: schema, found: &mut found, left: STEPS }.value(wrapped.unwrap_or(schema), &value, 0);
        let values: Vec<_> =
            found.iter().map(|(text, kind)| (*text, kind.label(), Cow::Owned(kind.normal(text)))).collect();
        let learned = self.session(place).and_then(|session| session.learn(&values, Some(from.server.as_str())));
        if let Err(error) = learned {
            tracing::error!(%error, tool = %from, "declared private values are not known to be private");
        }
    }
}

/// Whether a schema declares such a format anywhere; most do not.
fn declares(schema: &Value, depth: usize) -> bool {
    match schema {
        Value::Object(map) => {
            map.get("format").and_then(Value::as_str).and_then(kind).is_some()
                || (depth < DEEPEST && map.values().any(|part| declares(part, depth + 1)))
        }
        Value::Array(parts) => depth < DEEPEST && parts.iter().any(|part| declares(part, depth + 1)),
        _ => false,
    }
}

/// A schema and a value, read together.
struct Walk<'w, 'v> {
    root: &'w Value,
    found: &'w mut Vec<(&'v str, Kind)>,
    left: usize,
}

impl<'v> Walk<'_, 'v> {
    fn value(&mut self, schema: &Value, value: &'v Value, depth: usize) {
        if depth > DEEPEST || self.left == 0 || self.found.len() >= MOST {
            return;
        }
        self.left -= 1;
        if let Some(place) = schema.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#')) {
            let root = self.root;
            root.pointer(place).into_iter().for_each(|part| self.value(part, value, depth + 1));
        }
        for options in ["anyOf", "oneOf", "allOf"].iter().filter_map(|name| schema.get(name)?.as_array()) {
            options.iter().for_each(|part| self.value(part, value, depth + 1));
        }
        match value {
            Value::String(text) if text.len() >= SHORTEST => {
                let kind = schema.get("format").and_then(Value::as_str).and_then(kind);
                self.found.extend(kind.map(|kind| (text.as_str(), kind)));
            }
            Value::Array(items) => {
                let part = schema.get("items").filter(|part| part.is_object());
                part.iter().for_each(|part| items.iter().for_each(|item| self.value(part, item, depth + 1)));
            }
            Value::Object(map) => {
                let (own, other) = (schema.get("properties"), schema.get("additionalProperties"));
                for (key, value) in map {
                    let part = own.and_then(|own| own.get(key)).or(other);
                    part.into_iter().for_each(|part| self.value(part, value, depth + 1));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn formats_are_followed_through_a_schema() {
        let schema = json!({"type": "object", "properties": {
            "rows": {"type": "array", "items": {"$ref": "#/$defs/row"}},
            "next": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/row"}]}, "id": {"format": "uuid"}},
            "$defs": {"row": {"type": "object", "properties": {"login": {"format": "password"}, "desk": {"format": "phone"},
                "again": {"$ref": "#/$defs/row"}}, "additionalProperties": {"format": "email"}}}});
        let value = json!({"rows": [{"login": "open sesame", "desk": "4711"}, {"other": "x at y"}], "id": "u-1234",
            "next": {"again": {"login": "deeper"}, "desk": "x"}});
        let mut found = Vec::new();
        Walk { root: &schema, found: &mut found, left: STEPS }.value(&schema, &value, 0);
        found.sort();
        let texts: Vec<_> = found.iter().map(|(text, kind)| (*text, kind.label())).collect();
        let expected = [("4711", "PHONE"), ("deeper", "SECRET"), ("open sesame", "SECRET"), ("x at y", "EMAIL")];
        assert_eq!(texts, expected);
        assert!(declares(&schema, 0) && !declares(&json!({"properties": {"a": {"format": "uri"}}}), 0));
        let endless = json!({"anyOf": [{"$ref": "#"}, {"$ref": "#"}]});
        Walk { root: &endless, found: &mut found, left: STEPS }.value(&endless, &value, 0);
    }
}
