//! From JSON Schema to shapes.
//!
//! Follows 2020-12 and draft-07 as real servers use them: references into the same document by any path,
//! anchor or id, recursion, unions, tuples, records, all ways of writing null. What is too deep or too large
//! becomes [`Shape::Unknown`] and is marked as cut.

mod arrays;
mod notes;
mod objects;
mod refs;

use crate::meet::Meeting;
use crate::shape::{Object, Rest, Shape, literal, pascal, union};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Deeper nesting is shown as unknown: no surveyed tool passes 12.
const MAX_DEPTH: usize = 14;

/// Of a schema with more parts than this the rest is shown as unknown.
const MAX_PARTS: usize = 3_000;

/// So many characters of documentation are kept for the properties of one schema.
const MAX_DOCS: usize = 12_000;

/// Options of a union, and items of a tuple, that are shown.
pub(crate) const MAX_OPTIONS: usize = 40;

/// Fields that may be put together where several keywords speak of one object.
const MAX_MERGED: usize = 6_000;

/// Values of an enumeration that are shown.
const MAX_VALUES: usize = 200;

/// Type names that modules import or that their languages know.
const KNOWN: &str = "Any Array Dict List Literal Never NotRequired Partial Promise Record Tuple TypeAlias TypedDict \
    Union";

/// What one schema says.
pub(crate) struct Read {
    pub(crate) shape: Shape,
    /// The types that it refers to.
    pub(crate) named: BTreeMap<String, Shape>,
    /// Something was too deep, too large or too long to be shown.
    pub(crate) cut: bool,
}

/// Reads a schema as the type `name`. Types it refers to get names that start with `prefix`; `used` holds
/// the names that the module has given out.
pub(crate) fn read(schema: &Value, name: &str, prefix: &str, used: &mut HashSet<String>) -> Read {
    used.insert(name.to_owned());
    let names = HashMap::from([("#".to_owned(), name.to_owned())]);
    let mut reader = Reader {
        root: schema,
        prefix,
        used,
        names,
        named: BTreeMap::new(),
        inlined: Vec::new(),
        parts: 0,
        merged: 0,
        docs: 0,
        cut: false,
    };
    let shape = reader.shape(schema, 0);
    let (mut named, cut) = (reader.named, reader.cut);
    named.insert(name.to_owned(), shape);
    break_circles(&mut named);
    let shape = named.remove(name).unwrap_or(Shape::Unknown);
    Read { shape, named, cut }
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
    /// Names given to reference targets, by reference.
    names: HashMap<String, String>,
    named: BTreeMap<String, Shape>,
    /// References that are being read in place.
    inlined: Vec<&'a str>,
    parts: usize,
    merged: usize,
    docs: usize,
    cut: bool,
}

impl<'a> Reader<'a, '_> {
    fn shape(&mut self, schema: &'a Value, depth: usize) -> Shape {
        self.parts += 1;
        let schema = match schema {
            Value::Object(schema) => schema,
            Value::Bool(false) => return Shape::Never,
            _ => return Shape::Unknown,
        };
        if depth > MAX_DEPTH || self.parts > MAX_PARTS {
            self.cut |= !schema.is_empty();
            return Shape::Unknown;
        }
        let shape = self.all(schema, depth);
        match schema.get("nullable") {
            Some(Value::Bool(true)) => union(vec![shape, Shape::Null]),
            _ => shape,
        }
    }

    /// Every keyword restricts; a value has to satisfy all of them.
    fn all(&mut self, schema: &'a Map<String, Value>, depth: usize) -> Shape {
        let mut shape = self.by_type(schema, depth);
        if let Some(values) = self.values(schema) {
            shape = self.meet(values, shape);
        }
        let parts = schema.get("allOf").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        self.cut |= parts.len() > MAX_OPTIONS;
        for part in parts.iter().take(MAX_OPTIONS) {
            let part = self.shape(part, depth + 1);
            shape = self.meet(shape, part);
        }
        for options in ["anyOf", "oneOf"].iter().filter_map(|key| schema.get(*key)?.as_array()) {
            let options = self.options(options, depth);
            shape = self.meet(shape, options);
        }
        if let Some(reference) = refs::of(schema) {
            let target = self.reference(reference, shape == Shape::Unknown, depth);
            shape = self.meet(shape, target);
        }
        match schema.get("unevaluatedProperties") {
            Some(Value::Bool(false)) => closed(shape),
            _ => shape,
        }
    }

    fn values(&mut self, schema: &Map<String, Value>) -> Option<Shape> {
        if let Some(value) = schema.get("const") {
            return Some(literal(std::slice::from_ref(value)));
        }
        let values = schema.get("enum")?.as_array().filter(|values| !values.is_empty())?;
        if values.len() <= MAX_VALUES {
            return Some(literal(values));
        }
        self.cut = true;
        Some(if values.iter().all(Value::is_string) { Shape::Text } else { Shape::Unknown })
    }

    fn options(&mut self, options: &'a [Value], depth: usize) -> Shape {
        self.cut |= options.len() > MAX_OPTIONS;
        let mut shapes: Vec<Shape> =
            options.iter().take(MAX_OPTIONS).map(|option| self.shape(option, depth + 1)).collect();
        shapes.extend((options.len() > MAX_OPTIONS).then_some(Shape::Unknown));
        union(shapes)
    }

    fn meet(&mut self, a: Shape, b: Shape) -> Shape {
        let named = &self.named;
        let left = MAX_MERGED - self.merged;
        let mut meeting = Meeting { lookup: &|name| named.get(name).cloned(), exact: true, left };
        let shape = meeting.meet(a, b);
        self.cut |= !meeting.exact;
        self.merged = MAX_MERGED - meeting.left;
        shape
    }

    fn by_type(&mut self, schema: &'a Map<String, Value>, depth: usize) -> Shape {
        match schema.get("type") {
            Some(Value::String(kind)) => self.of_type(kind, schema, depth),
            // All seven kinds are no restriction.
            Some(Value::Array(kinds)) if kinds.len() < 7 => {
                union(kinds.iter().filter_map(Value::as_str).map(|kind| self.of_type(kind, schema, depth)).collect())
            }
            Some(Value::Array(_)) => Shape::Unknown,
            _ if objects::is_meant(schema) => self.object(schema, depth),
            _ if schema.contains_key("items") || schema.contains_key("prefixItems") => self.array(schema, depth),
            _ => Shape::Unknown,
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

    fn doc(&mut self, property: &Value) -> String {
        let (doc, cut) = notes::of_property(self.root, property);
        self.docs += doc.len();
        self.cut |= cut || self.docs > MAX_DOCS;
        if self.docs > MAX_DOCS { String::new() } else { doc }
    }

    /// Where other keywords say something too, the target is read again in place, so that both can meet.
    fn reference(&mut self, reference: &'a str, alone: bool, depth: usize) -> Shape {
        let Some(target) = refs::resolve(self.root, reference) else { return Shape::Unknown };
        if !alone && !self.inlined.contains(&reference) {
            self.inlined.push(reference);
            let shape = self.shape(target, depth + 1);
            self.inlined.pop();
            return shape;
        }
        if let Some(name) = self.names.get(reference) {
            return Shape::Named(name.clone());
        }
        if self.parts > MAX_PARTS {
            self.cut = true;
            return Shape::Unknown;
        }
        let name = fresh(&format!("{}{}", self.prefix, pascal(refs::last_name(reference))), self.used);
        // The name is known before the target is read: that is what ends a recursion.
        self.names.insert(reference.to_owned(), name.clone());
        let shape = self.shape(target, 1);
        self.named.insert(name.clone(), shape);
        Shape::Named(name)
    }
}

fn closed(shape: Shape) -> Shape {
    match shape {
        Shape::Object(object) => Shape::Object(Object { rest: Rest::Closed, ..object }),
        Shape::Union(options) => Shape::Union(options.into_iter().map(closed).collect()),
        other => other,
    }
}

/// The name, or the first of `name2`, `name3`, … that nobody has.
pub(crate) fn fresh(wanted: &str, used: &mut HashSet<String>) -> String {
    let mut name = wanted.to_owned();
    let mut number = 2;
    while KNOWN.split_ascii_whitespace().any(|known| known == name) || !used.insert(name.clone()) {
        name = format!("{wanted}{number}");
        number += 1;
    }
    name
}
