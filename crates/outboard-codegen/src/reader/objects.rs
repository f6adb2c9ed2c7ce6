//! Objects and records.

use super::{MAX_OPTIONS, MAX_PARTS, Reader};
use crate::shape::{Field, Object, Rest, Shape, union};
use serde_json::{Map, Value};

/// Whether a schema without a type speaks of an object.
pub(super) fn is_meant(schema: &Map<String, Value>) -> bool {
    let holds = |key: &str| match schema.get(key) {
        Some(Value::Object(entries)) => !entries.is_empty(),
        Some(Value::Array(names)) => !names.is_empty(),
        _ => false,
    };
    ["properties", "patternProperties", "additionalProperties", "required"].iter().any(|key| holds(key))
}

impl<'a> Reader<'a, '_> {
    pub(super) fn object(&mut self, schema: &'a Map<String, Value>, depth: usize) -> Shape {
        let properties = schema.get("properties").and_then(Value::as_object).filter(|all| !all.is_empty());
        let required = required(schema);
        if properties.is_none() && required.is_empty() {
            return self.record(schema, depth);
        }
        let mut object = Object { fields: Vec::new(), rest: rest(schema) };
        for (name, property) in properties.into_iter().flatten() {
            if self.parts > MAX_PARTS {
                (object.rest, self.cut) = (Rest::Open, true);
                break;
            }
            let shape = self.shape(property, depth + 1);
            let (required, doc) = (required.contains(&name.as_str()), self.doc(property));
            object.fields.push(Field { name: name.clone(), required, shape, doc });
        }
        if object.rest != Rest::Closed {
            self.undeclared(&mut object, schema, &required, depth);
        }
        Shape::Object(object)
    }

    /// What must be there without being declared has the type of all that is not declared.
    fn undeclared(&mut self, object: &mut Object, schema: &'a Map<String, Value>, required: &[&str], depth: usize) {
        let declared = schema.get("properties");
        let missing = required.iter().filter(|name| declared.is_none_or(|all| all.get(**name).is_none()));
        for name in missing.take(MAX_OPTIONS) {
            let shape = match schema.get("additionalProperties") {
                Some(values) if object.field(name).is_none() => self.shape(values, depth + 1),
                _ => Shape::Unknown,
            };
            if object.field(name).is_none() {
                object.fields.push(Field { name: (*name).to_owned(), required: true, shape, doc: String::new() });
            }
        }
    }

    fn record(&mut self, schema: &'a Map<String, Value>, depth: usize) -> Shape {
        let patterns = schema.get("patternProperties").and_then(Value::as_object).filter(|all| !all.is_empty());
        let more = schema.get("additionalProperties");
        if let Some(patterns) = patterns {
            let values = patterns.values().take(MAX_OPTIONS).map(|values| self.shape(values, depth + 1)).collect();
            let more = more.map(|values| self.shape(values, depth + 1)).unwrap_or(Shape::Never);
            return Shape::Record(Box::new(union(vec![union(values), more])));
        }
        let values = match more {
            Some(Value::Bool(false)) => return Shape::Object(Object { fields: Vec::new(), rest: Rest::Closed }),
            Some(values) => self.shape(values, depth + 1),
            None => Shape::Unknown,
        };
        match keys(schema) {
            Some(keys) => Shape::Object(Object {
                fields: keys.into_iter().map(|name| optional(name, values.clone())).collect(),
                rest: Rest::Closed,
            }),
            None => Shape::Record(Box::new(values)),
        }
    }
}

/// The keys of a record, where the schema lists them.
fn keys(schema: &Map<String, Value>) -> Option<Vec<&str>> {
    let names = schema.get("propertyNames")?;
    let one = names.get("const").map(std::slice::from_ref);
    let names = names.get("enum").and_then(Value::as_array).map(Vec::as_slice).or(one)?;
    let keys: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
    (!keys.is_empty() && keys.len() <= MAX_OPTIONS).then_some(keys)
}

fn optional(name: &str, shape: Shape) -> Field {
    Field { name: name.to_owned(), required: false, shape, doc: String::new() }
}

fn rest(schema: &Map<String, Value>) -> Rest {
    let patterns = schema.get("patternProperties").and_then(Value::as_object).is_some_and(|all| !all.is_empty());
    match schema.get("additionalProperties") {
        _ if patterns => Rest::Open,
        None => Rest::Silent,
        Some(Value::Bool(false)) => Rest::Closed,
        Some(_) => Rest::Open,
    }
}

fn required(schema: &Map<String, Value>) -> Vec<&str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}
