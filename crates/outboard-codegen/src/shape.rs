//! A schema as a type that both languages can print.

use serde_json::Value;
use std::collections::BTreeMap;

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
    Object(Object),
    Union(Vec<Shape>),
    Named(String),
    /// Left out for brevity; only in signatures.
    Etc,
}

/// An object with known properties.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Object {
    pub(crate) fields: Vec<Field>,
    /// The schema says that there may be other properties.
    pub(crate) open: bool,
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
    /// The name that the type itself goes by.
    pub(crate) name: String,
    pub(crate) shape: Shape,
    pub(crate) named: BTreeMap<String, Shape>,
    /// Something was too deep, too large or too long to be shown.
    pub(crate) cut: bool,
}

impl Typed {
    /// The fields of the type, where it is an object, by name or at once.
    pub(crate) fn fields(&self) -> &[Field] {
        let shape = match &self.shape {
            Shape::Named(name) => self.named.get(name),
            shape => Some(shape),
        };
        match shape {
            Some(Shape::Object(object)) => &object.fields,
            _ => &[],
        }
    }
}

/// `get_document` as `GetDocument`; only ASCII letters and digits stay.
pub(crate) fn pascal(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name: String = words.map(|word| word[..1].to_uppercase() + &word[1..]).take(8).collect();
    match name.chars().next() {
        None => "Type".into(),
        Some(c) if c.is_ascii_digit() => format!("T{name}"),
        Some(_) => name,
    }
}

/// Scalar values as a literal type; of long lists and of anything else only the kind of value.
pub(crate) fn literal(values: &[Value]) -> Shape {
    const LONGEST: usize = 200;
    let plain = |value: &Value| !value.is_object() && !value.is_array();
    match values {
        [] => Shape::Unknown,
        _ if values.iter().all(plain) && values.len() <= LONGEST => Shape::Literal(values.to_vec()),
        _ if values.iter().all(Value::is_string) => Shape::Text,
        _ => Shape::Unknown,
    }
}

/// One option is no union; the same option twice counts once; unknown swallows all.
pub(crate) fn union(options: Vec<Shape>) -> Shape {
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
