//! JSON Schema as a type that both languages can print.
//!
//! Follows 2020-12 and draft-07 as real servers use them: references into the same document by any path,
//! recursion, unions, tuples, records, both ways of writing null. What is too deep or too large becomes
//! [`Shape::Unknown`]; the full schema stays in the definition.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Deeper nesting is printed as unknown.
const MAX_DEPTH: usize = 10;

/// A tool whose schema has more parts than this is printed only so far.
const MAX_PARTS: usize = 600;

/// A type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    Unknown,
    Null,
    Boolean,
    Integer,
    Number,
    Text,
    Literal(Vec<Value>),
    List(Box<Shape>),
    Tuple(Vec<Shape>),
    Record(Box<Shape>),
    Object(Vec<Field>),
    Union(Vec<Shape>),
    Named(String),
}

/// One property of an object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) shape: Shape,
    /// What the schema says about it: description, default, format, range.
    pub(crate) doc: String,
}

/// A schema's type and the named types it refers to, in the order of their names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Typed {
    pub(crate) shape: Shape,
    pub(crate) named: BTreeMap<String, Shape>,
}

/// Reads a schema; named types get names that start with `prefix`.
pub(crate) fn read(schema: &Value, prefix: &str) -> Typed {
    let mut reader = Reader { root: schema, prefix, names: BTreeMap::new(), named: BTreeMap::new(), parts: 0 };
    let shape = reader.shape(schema, 0);
    Typed { shape, named: reader.named }
}

struct Reader<'a> {
    root: &'a Value,
    prefix: &'a str,
    /// Names given to reference targets, by pointer.
    names: BTreeMap<String, String>,
    named: BTreeMap<String, Shape>,
    parts: usize,
}

impl<'a> Reader<'a> {
    fn shape(&mut self, schema: &'a Value, depth: usize) -> Shape {
        self.parts += 1;
        let Value::Object(schema) = schema else { return Shape::Unknown };
        if depth > MAX_DEPTH || self.parts > MAX_PARTS {
            return Shape::Unknown;
        }
        let shape = self.core(schema, depth);
        match schema.get("nullable") {
            Some(Value::Bool(true)) => union(vec![shape, Shape::Null]),
            _ => shape,
        }
    }

    fn core(&mut self, schema: &'a Map<String, Value>, depth: usize) -> Shape {
        if let Some(pointer) = schema.get("$ref").and_then(Value::as_str) {
            return self.reference(pointer);
        }
        if let Some(value) = schema.get("const") {
            return literal(vec![value.clone()]);
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return literal(values.clone());
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(options) = schema.get(key).and_then(Value::as_array)
                && !options.is_empty()
            {
                return self.options(schema, options, depth);
            }
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            return self.all_of(schema, parts, depth);
        }
        match schema.get("type") {
            Some(Value::String(kind)) => self.of_type(kind, schema, depth),
            Some(Value::Array(kinds)) => {
                let kinds = kinds.iter().filter_map(Value::as_str).take(8);
                union(kinds.map(|kind| self.of_type(kind, schema, depth)).collect())
            }
            _ if schema.contains_key("properties") => self.of_type("object", schema, depth),
            _ if schema.contains_key("items") || schema.contains_key("prefixItems") => {
                self.of_type("array", schema, depth)
            }
            _ => Shape::Unknown,
        }
    }

    fn options(&mut self, schema: &'a Map<String, Value>, options: &'a [Value], depth: usize) -> Shape {
        // Options that only say which properties are required describe the object around them.
        let only_required = options
            .iter()
            .all(|option| option.as_object().is_some_and(|o| o.keys().all(|key| key == "required" || key == "not")));
        if only_required && schema.contains_key("properties") {
            return self.of_type("object", schema, depth);
        }
        union(options.iter().take(40).map(|option| self.shape(option, depth + 1)).collect())
    }

    /// Objects are joined into one; of anything else the first part that says something counts.
    fn all_of(&mut self, schema: &'a Map<String, Value>, parts: &'a [Value], depth: usize) -> Shape {
        let mut fields: Vec<Field> = Vec::new();
        let mut other = Shape::Unknown;
        let own = schema.contains_key("properties").then(|| self.of_type("object", schema, depth));
        let parts: Vec<Shape> = parts.iter().map(|part| self.shape(part, depth + 1)).collect();
        for shape in own.into_iter().chain(parts) {
            let shape = match shape {
                Shape::Named(name) => self
                    .named
                    .get(&name)
                    .filter(|shape| matches!(shape, Shape::Object(_)))
                    .cloned()
                    .unwrap_or(Shape::Named(name)),
                shape => shape,
            };
            match shape {
                Shape::Object(more) => {
                    for field in more {
                        if !fields.iter().any(|known| known.name == field.name) {
                            fields.push(field);
                        }
                    }
                }
                Shape::Unknown => {}
                shape if other == Shape::Unknown => other = shape,
                _ => {}
            }
        }
        if fields.is_empty() { other } else { Shape::Object(fields) }
    }

    fn of_type(&mut self, kind: &str, schema: &'a Map<String, Value>, depth: usize) -> Shape {
        match kind {
            "null" => Shape::Null,
            "boolean" => Shape::Boolean,
            "integer" => Shape::Integer,
            "number" => Shape::Number,
            "string" => Shape::Text,
            "array" => self.array(schema, depth),
            "object" => self.object(schema, depth),
            _ => Shape::Unknown,
        }
    }

    fn array(&mut self, schema: &'a Map<String, Value>, depth: usize) -> Shape {
        let tuple = schema.get("prefixItems").or_else(|| schema.get("items").filter(|items| items.is_array()));
        if let Some(items) = tuple.and_then(Value::as_array) {
            return Shape::Tuple(items.iter().take(20).map(|item| self.shape(item, depth + 1)).collect());
        }
        let item = schema.get("items").map_or(Shape::Unknown, |items| self.shape(items, depth + 1));
        Shape::List(Box::new(item))
    }

    fn object(&mut self, schema: &'a Map<String, Value>, depth: usize) -> Shape {
        let properties =
            schema.get("properties").and_then(Value::as_object).filter(|properties| !properties.is_empty());
        let Some(properties) = properties else { return self.record(schema, depth) };
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let mut fields = Vec::new();
        for (name, property) in properties {
            let (required, shape) = (required.contains(&name.as_str()), self.shape(property, depth + 1));
            fields.push(Field { name: name.clone(), required, shape, doc: crate::docs::of_property(property) });
        }
        Shape::Object(fields)
    }

    fn record(&mut self, schema: &'a Map<String, Value>, depth: usize) -> Shape {
        let patterns = schema.get("patternProperties").and_then(Value::as_object).and_then(|all| all.values().next());
        match patterns.or_else(|| schema.get("additionalProperties")) {
            Some(Value::Bool(false)) if schema.contains_key("properties") => Shape::Object(Vec::new()),
            Some(values @ Value::Object(_)) => Shape::Record(Box::new(self.shape(values, depth + 1))),
            _ => Shape::Record(Box::new(Shape::Unknown)),
        }
    }

    fn reference(&mut self, pointer: &str) -> Shape {
        if let Some(name) = self.names.get(pointer) {
            return Shape::Named(name.clone());
        }
        let target = pointer.strip_prefix('#').and_then(|path| self.root.pointer(&path.replace("%24", "$")));
        let Some(target) = target else { return Shape::Unknown };
        let name = self.fresh_name(pointer);
        // The name is known before the target is read: that is what ends a recursion.
        self.names.insert(pointer.to_owned(), name.clone());
        self.named.insert(name.clone(), Shape::Unknown);
        let shape = self.shape(target, 1);
        self.named.insert(name.clone(), shape);
        Shape::Named(name)
    }

    fn fresh_name(&self, pointer: &str) -> String {
        let last =
            pointer.rsplit('/').find(|part| !matches!(*part, "" | "#" | "items" | "properties" | "anyOf" | "oneOf"));
        let base = format!("{}{}", self.prefix, pascal(last.unwrap_or("Root")));
        let mut name = base.clone();
        let mut number = 2;
        while self.named.contains_key(&name) {
            name = format!("{base}{number}");
            number += 1;
        }
        name
    }
}

/// `get_document` as `GetDocument`; only ASCII letters and digits stay.
pub(crate) fn pascal(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name: String = words.map(|word| word[..1].to_uppercase() + &word[1..]).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) || name.is_empty() { format!("T{name}") } else { name }
}

fn literal(values: Vec<Value>) -> Shape {
    let plain = |value: &Value| !value.is_object() && !value.is_array();
    match values.iter().all(plain) && !values.is_empty() && values.len() <= 200 {
        true => Shape::Literal(values),
        false => Shape::Unknown,
    }
}

/// One option is no union; the same option twice counts once; unknown swallows all.
fn union(options: Vec<Shape>) -> Shape {
    let mut kept: Vec<Shape> = Vec::new();
    for option in options {
        let more = if let Shape::Union(inner) = option { inner } else { vec![option] };
        for option in more {
            if !kept.contains(&option) {
                kept.push(option);
            }
        }
    }
    match kept.len() {
        0 => Shape::Unknown,
        1 => kept.remove(0),
        _ if kept.contains(&Shape::Unknown) => Shape::Unknown,
        _ => Shape::Union(kept),
    }
}
