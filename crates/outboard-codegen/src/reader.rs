//! From JSON Schema to shapes.
//!
//! Follows 2020-12 and draft-07 as real servers use them: references into the same document by any path,
//! recursion, unions, tuples, records, all ways of writing null. What is too deep or too large becomes
//! [`Shape::Unknown`] and is marked as cut.

use crate::docs;
use crate::shape::{Field, Object, Shape, Typed, literal, pascal, union};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Deeper nesting is shown as unknown.
const MAX_DEPTH: usize = 10;

/// Of a schema with more parts than this the rest is shown as unknown.
const MAX_PARTS: usize = 600;

/// So many characters of documentation are kept for the properties of one schema.
const MAX_DOCS: usize = 12_000;

/// Options of a union, and items of a tuple, that are shown.
const MAX_OPTIONS: usize = 40;

/// Type names that modules import or that their languages know.
const KNOWN: &str = "Any Array Dict List Literal NotRequired Promise Record Tuple TypeAlias TypedDict Union";

/// Reads a schema as the type `name`. Types it refers to get names that start with `prefix`; `used` holds
/// the names that the module has given out.
pub(crate) fn read(schema: &Value, name: &str, prefix: &str, used: &mut HashSet<String>) -> Typed {
    used.insert(name.to_owned());
    let names = HashMap::from([("#".to_owned(), name.to_owned())]);
    let mut reader =
        Reader { root: schema, prefix, used, names, named: BTreeMap::new(), parts: 0, docs: 0, cut: false };
    let shape = reader.shape(schema, 0);
    let (mut named, cut) = (reader.named, reader.cut);
    named.insert(name.to_owned(), shape);
    break_circles(&mut named);
    let shape = named.remove(name).unwrap_or(Shape::Unknown);
    Typed { name: name.to_owned(), shape, named, cut }
}

/// A type that is defined as itself, if only as one option, says nothing; both languages refuse it.
fn break_circles(named: &mut BTreeMap<String, Shape>) {
    for name in named.keys().cloned().collect::<Vec<_>>() {
        let (mut seen, mut open) = (HashSet::new(), vec![name.clone()]);
        while let Some(next) = open.pop() {
            for direct in named.get(&next).map(direct).unwrap_or_default() {
                if seen.insert(direct.clone()) {
                    open.push(direct);
                }
            }
        }
        if seen.contains(&name) {
            named.insert(name, Shape::Unknown);
        }
    }
}

fn direct(shape: &Shape) -> Vec<String> {
    match shape {
        Shape::Named(name) => vec![name.clone()],
        Shape::Union(options) => options.iter().flat_map(direct).collect(),
        _ => Vec::new(),
    }
}

struct Reader<'a, 'u> {
    root: &'a Value,
    prefix: &'a str,
    used: &'u mut HashSet<String>,
    /// Names given to reference targets, by pointer.
    names: HashMap<String, String>,
    named: BTreeMap<String, Shape>,
    parts: usize,
    docs: usize,
    cut: bool,
}

impl<'a> Reader<'a, '_> {
    fn shape(&mut self, schema: &'a Value, depth: usize) -> Shape {
        self.parts += 1;
        let Value::Object(schema) = schema else { return Shape::Unknown };
        if depth > MAX_DEPTH || self.parts > MAX_PARTS {
            self.cut |= !schema.is_empty();
            return Shape::Unknown;
        }
        let shape = self.core(schema, depth);
        match schema.get("nullable") {
            Some(Value::Bool(true)) => union(vec![shape, Shape::Null]),
            _ => shape,
        }
    }

    fn core(&mut self, schema: &'a Map<String, Value>, depth: usize) -> Shape {
        if let Some(value) = schema.get("const") {
            return literal(std::slice::from_ref(value));
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return literal(values);
        }
        let parts = schema.get("allOf").and_then(Value::as_array);
        let target = schema.get("$ref").and_then(Value::as_str).map(|pointer| self.reference(pointer));
        let beside = schema.contains_key("properties") || schema.contains_key("required");
        match (target, parts) {
            (Some(target), None) if !beside => return target,
            (None, None) => {}
            (target, parts) => return self.joined(target, schema, parts.map_or(&[], Vec::as_slice), depth),
        }
        let options = ["anyOf", "oneOf"].iter().find_map(|key| schema.get(*key)?.as_array());
        match options {
            Some(options) if !options.is_empty() => self.options(schema, options, depth),
            _ => self.by_type(schema, depth),
        }
    }

    fn by_type(&mut self, schema: &'a Map<String, Value>, depth: usize) -> Shape {
        match schema.get("type") {
            Some(Value::String(kind)) => self.of_type(kind, schema, depth),
            // All seven kinds are no restriction.
            Some(Value::Array(kinds)) if kinds.len() < 7 => {
                union(kinds.iter().filter_map(Value::as_str).map(|kind| self.of_type(kind, schema, depth)).collect())
            }
            Some(Value::Array(_)) => Shape::Unknown,
            _ if schema.contains_key("properties") => self.object(schema, depth),
            _ if schema.contains_key("items") || schema.contains_key("prefixItems") => self.array(schema, depth),
            _ => Shape::Unknown,
        }
    }

    /// Beside properties of their own, options that are objects only add optional ones; options that say
    /// nothing about the type leave it to the schema around them.
    fn options(&mut self, schema: &'a Map<String, Value>, options: &'a [Value], depth: usize) -> Shape {
        self.cut |= options.len() > MAX_OPTIONS;
        let shapes: Vec<Shape> = options.iter().take(MAX_OPTIONS).map(|option| self.shape(option, depth + 1)).collect();
        if schema.contains_key("properties") {
            let mut object = Object::default();
            merge(&mut object, self.object(schema, depth), false);
            shapes.into_iter().for_each(|shape| merge(&mut object, self.looked_up(shape), true));
            return Shape::Object(object);
        }
        match union(shapes) {
            Shape::Unknown => self.by_type(schema, depth),
            shape if options.len() > MAX_OPTIONS => union(vec![shape, Shape::Unknown]),
            shape => shape,
        }
    }

    /// `allOf`, and `$ref` with more beside it: objects are joined into one; of anything else the first part
    /// that says something counts.
    fn joined(
        &mut self,
        target: Option<Shape>,
        schema: &'a Map<String, Value>,
        parts: &'a [Value],
        depth: usize,
    ) -> Shape {
        let own = schema.contains_key("properties").then(|| self.object(schema, depth));
        let parts: Vec<Shape> = parts.iter().take(MAX_OPTIONS).map(|part| self.shape(part, depth + 1)).collect();
        let (mut object, mut other) = (Object::default(), Shape::Unknown);
        for shape in own.into_iter().chain(target).chain(parts) {
            let shape = match self.looked_up(shape.clone()) {
                looked_up @ Shape::Object(_) => looked_up,
                _ => shape,
            };
            match shape {
                shape @ Shape::Object(_) => merge(&mut object, shape, false),
                shape if other == Shape::Unknown => other = shape,
                _ => {}
            }
        }
        if object.fields.is_empty() {
            return if other == Shape::Unknown { self.by_type(schema, depth) } else { other };
        }
        let required = required(schema);
        object.fields.iter_mut().for_each(|field| field.required |= required.contains(field.name.as_str()));
        Shape::Object(object)
    }

    fn looked_up(&self, shape: Shape) -> Shape {
        match shape {
            Shape::Named(name) => self.named.get(&name).cloned().unwrap_or(Shape::Named(name)),
            shape => shape,
        }
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
        if let Some(items) = tuple.and_then(Value::as_array)
            && items.len() <= MAX_OPTIONS
        {
            return Shape::Tuple(items.iter().map(|item| self.shape(item, depth + 1)).collect());
        }
        let item = schema.get("items").map_or(Shape::Unknown, |items| self.shape(items, depth + 1));
        Shape::List(Box::new(item))
    }

    fn object(&mut self, schema: &'a Map<String, Value>, depth: usize) -> Shape {
        let properties = schema.get("properties").and_then(Value::as_object).filter(|all| !all.is_empty());
        let Some(properties) = properties else { return self.record(schema, depth) };
        let required = required(schema);
        let more = schema.get("additionalProperties").or_else(|| schema.get("patternProperties"));
        let mut object = Object { fields: Vec::new(), open: more.is_some_and(|more| *more != Value::Bool(false)) };
        for (name, property) in properties {
            if self.parts > MAX_PARTS {
                (object.open, self.cut) = (true, true);
                break;
            }
            let shape = self.shape(property, depth + 1);
            let (required, doc) = (required.contains(name.as_str()), self.doc(property));
            object.fields.push(Field { name: name.clone(), required, shape, doc });
        }
        Shape::Object(object)
    }

    fn doc(&mut self, property: &Value) -> String {
        let (doc, cut) = docs::of_property(self.root, property);
        self.docs += doc.len();
        self.cut |= cut || self.docs > MAX_DOCS;
        if self.docs > MAX_DOCS { String::new() } else { doc }
    }

    fn record(&mut self, schema: &'a Map<String, Value>, depth: usize) -> Shape {
        let patterns = schema.get("patternProperties").and_then(Value::as_object).filter(|all| !all.is_empty());
        if let Some(patterns) = patterns {
            let values = patterns.values().take(MAX_OPTIONS).map(|values| self.shape(values, depth + 1)).collect();
            return Shape::Record(Box::new(union(values)));
        }
        match schema.get("additionalProperties") {
            Some(Value::Bool(false)) => Shape::Object(Object::default()),
            Some(values @ Value::Object(_)) => Shape::Record(Box::new(self.shape(values, depth + 1))),
            _ => Shape::Record(Box::new(Shape::Unknown)),
        }
    }

    fn reference(&mut self, pointer: &str) -> Shape {
        if let Some(name) = self.names.get(pointer) {
            return Shape::Named(name.clone());
        }
        let Some(target) = outboard_catalog::resolve(self.root, pointer) else { return Shape::Unknown };
        if self.parts > MAX_PARTS {
            self.cut = true;
            return Shape::Unknown;
        }
        let name = self.fresh_name(pointer);
        // The name is known before the target is read: that is what ends a recursion.
        self.names.insert(pointer.to_owned(), name.clone());
        let shape = self.shape(target, 1);
        self.named.insert(name.clone(), shape);
        Shape::Named(name)
    }

    fn fresh_name(&mut self, pointer: &str) -> String {
        let steps = ["", "#", "items", "properties", "anyOf", "oneOf", "allOf"];
        let named = |part: &&str| !steps.contains(part) && !part.bytes().all(|b| b.is_ascii_digit());
        let last = pointer.rsplit('/').find(named);
        fresh(&format!("{}{}", self.prefix, pascal(last.unwrap_or("Type"))), self.used)
    }
}

/// The name, or the first of `name2`, `name3`, … that nobody has.
pub(crate) fn fresh(wanted: &str, used: &mut HashSet<String>) -> String {
    let mut name = wanted.to_owned();
    let mut number = 2;
    while KNOWN.split(' ').any(|known| known == name) || !used.insert(name.clone()) {
        name = format!("{wanted}{number}");
        number += 1;
    }
    name
}

fn merge(object: &mut Object, more: Shape, optional: bool) {
    let Shape::Object(more) = more else { return };
    object.open |= more.open;
    for mut field in more.fields {
        field.required &= !optional;
        match object.fields.iter_mut().find(|known| known.name == field.name) {
            Some(known) => known.required |= field.required,
            None => object.fields.push(field),
        }
    }
}

fn required(schema: &Map<String, Value>) -> HashSet<&str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}
