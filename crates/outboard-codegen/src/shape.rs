//! A schema as a type that both languages can print.

use serde_json::Value;

/// A type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    Unknown,
    /// No value fits.
    Never,
    Null,
    Boolean,
    Integer,
    Number,
    Text,
    Literal(Vec<Value>),
    List(Box<Shape>),
    Tuple(Tuple),
    /// Any keys, one type of values.
    Record(Box<Shape>),
    Object(Object),
    Union(Vec<Shape>),
    Named(String),
    /// Left out for brevity; only in signatures.
    Etc,
}

/// A list whose places have types of their own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tuple {
    pub(crate) items: Vec<Shape>,
    /// So many of them must be there.
    pub(crate) required: usize,
    /// What may follow.
    pub(crate) rest: Option<Box<Shape>>,
}

/// What a schema says about keys that it does not declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Rest {
    /// Nothing. Checkers refuse them in literals, because most are misspelt.
    #[default]
    Silent,
    /// They are refused.
    Closed,
    /// They are welcome.
    Open,
}

/// An object with known properties.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Object {
    pub(crate) fields: Vec<Field>,
    pub(crate) rest: Rest,
}

impl Object {
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
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

impl Shape {
    /// The shapes directly within.
    pub(crate) fn children(&self) -> Vec<&Shape> {
        match self {
            Shape::List(inner) | Shape::Record(inner) => vec![inner],
            Shape::Union(shapes) => shapes.iter().collect(),
            Shape::Tuple(tuple) => tuple.items.iter().chain(tuple.rest.as_deref()).collect(),
            Shape::Object(object) => object.fields.iter().map(|field| &field.shape).collect(),
            _ => Vec::new(),
        }
    }

    /// The same shape around other shapes. Of an object's field its name comes with it.
    pub(crate) fn map(&self, change: &mut dyn FnMut(&Shape, Option<&Field>) -> Shape) -> Shape {
        match self {
            Shape::List(item) => Shape::List(Box::new(change(item, None))),
            Shape::Record(values) => Shape::Record(Box::new(change(values, None))),
            Shape::Union(options) => union(options.iter().map(|option| change(option, None)).collect()),
            Shape::Tuple(tuple) => Shape::Tuple(Tuple {
                items: tuple.items.iter().map(|item| change(item, None)).collect(),
                required: tuple.required,
                rest: tuple.rest.as_ref().map(|rest| Box::new(change(rest, None))),
            }),
            Shape::Object(object) => {
                let field = |field: &Field| Field { shape: change(&field.shape, Some(field)), ..field.clone() };
                Shape::Object(Object { fields: object.fields.iter().map(field).collect(), rest: object.rest })
            }
            other => other.clone(),
        }
    }

    /// Whether this name is part of the type.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        matches!(self, Shape::Named(named) if named == name)
            || self.children().into_iter().any(|child| child.mentions(name))
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

/// Exactly these values.
pub(crate) fn literal(values: &[Value]) -> Shape {
    let (plain, nested): (Vec<&Value>, Vec<&Value>) =
        values.iter().partition(|value| !value.is_object() && !value.is_array());
    let plain = (!plain.is_empty()).then(|| Shape::Literal(plain.into_iter().cloned().collect()));
    union(plain.into_iter().chain(nested.into_iter().map(exactly)).collect())
}

/// One value, also if it is an object or a list.
fn exactly(value: &Value) -> Shape {
    match value {
        Value::Object(entries) => {
            let field = |(name, value): (&String, &Value)| Field {
                name: name.clone(),
                required: true,
                shape: exactly(value),
                doc: String::new(),
            };
            Shape::Object(Object { fields: entries.iter().map(field).collect(), rest: Rest::Closed })
        }
        Value::Array(items) => {
            Shape::Tuple(Tuple { items: items.iter().map(exactly).collect(), required: items.len(), rest: None })
        }
        plain => Shape::Literal(vec![plain.clone()]),
    }
}

/// One option is no union; the same option twice counts once; unknown swallows all, impossible ones vanish.
pub(crate) fn union(options: Vec<Shape>) -> Shape {
    let none = options.is_empty();
    let mut kept: Vec<Shape> = Vec::new();
    for option in options {
        let more = if let Shape::Union(inner) = option { inner } else { vec![option] };
        for option in more {
            if option != Shape::Never && !kept.contains(&option) {
                kept.push(option);
            }
        }
    }
    if kept.contains(&Shape::Number) {
        kept.retain(|option| *option != Shape::Integer);
    }
    match kept.len() {
        0 if none => Shape::Unknown,
        0 => Shape::Never,
        1 => kept.remove(0),
        _ if kept.contains(&Shape::Unknown) => Shape::Unknown,
        _ => Shape::Union(kept),
    }
}
