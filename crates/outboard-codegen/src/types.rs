//! The types of one tool: what it takes and what it gives.

use crate::reader::read;
use crate::shape::{Field, Object, Shape, pascal, union};
use crate::share;
use outboard_catalog::{Parameter, Tool};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

/// A schema's type.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    /// The name that the type goes by.
    pub(crate) name: String,
    pub(crate) shape: Shape,
    /// The fields that it may have, whichever of its options is meant.
    pub(crate) fields: Vec<Field>,
}

/// A tool's types, and the type names that its module has given out.
pub(crate) struct Types {
    pub(crate) input: Typed,
    /// Absent where the server declares no output.
    pub(crate) output: Option<Typed>,
    /// What both refer to, each definition once.
    pub(crate) named: BTreeMap<String, Shape>,
    pub(crate) used: HashSet<String>,
    /// What the names of the module's types start with.
    pub(crate) base: String,
    /// Whether the definition says more than the module shows.
    pub(crate) cut: bool,
    /// All arguments in calling order: required ones first.
    pub(crate) arguments: Vec<Field>,
}

impl Types {
    pub(crate) fn of(tool: &Tool) -> Self {
        let base = base(&tool.names.typescript);
        let (input_name, output_name) = (format!("{base}Input"), format!("{base}Output"));
        let mut used = HashSet::from([output_name.clone()]);
        let input = read(&tool.input_schema, &input_name, &base, &mut used);
        let output = tool.output_schema.as_ref().map(|schema| {
            let mut read = read(schema, &output_name, &base, &mut used);
            read.shape = unwrapped(schema, read.shape, &read.named);
            read
        });
        let cut = input.cut || output.as_ref().is_some_and(|output| output.cut);
        let mut named = input.named;
        let mut shapes = vec![an_object(input.shape)];
        if let Some(output) = output {
            named.extend(output.named);
            shapes.push(output.shape);
        }
        share::definitions(&mut shapes, &mut named);
        share::repeated(&mut shapes, &mut named, &base, &mut used);
        let mut shapes = shapes.into_iter();
        let input = Typed::new(input_name, shapes.next().unwrap_or(Shape::Unknown), &named);
        let output = shapes.next().map(|shape| Typed::new(output_name, shape, &named));
        let arguments = arguments(&input.fields, &tool.parameters);
        Self { input, output, named, used, base, cut, arguments }
    }

    /// Whether a call without any argument is one that the type takes.
    pub(crate) fn may_be_empty(&self) -> bool {
        may_be_empty(&self.input.shape, &self.named, 0)
    }
}

impl Typed {
    fn new(name: String, shape: Shape, named: &BTreeMap<String, Shape>) -> Self {
        let fields = fields(&shape, named, 0);
        Self { name, shape, fields }
    }
}

/// One level of names is looked through; more would be odd, and may be a circle.
const MAX_NAMES: usize = 8;

fn fields(shape: &Shape, named: &BTreeMap<String, Shape>, depth: usize) -> Vec<Field> {
    match shape {
        Shape::Object(object) => object.fields.clone(),
        Shape::Named(name) if depth < MAX_NAMES => {
            named.get(name).map(|shape| fields(shape, named, depth + 1)).unwrap_or_default()
        }
        Shape::Union(options) => {
            let options = options.iter().filter(|option| **option != Shape::Null);
            merged(options.map(|option| fields(option, named, depth + 1)).collect())
        }
        _ => Vec::new(),
    }
}

/// The fields of several options: required where every option requires them.
fn merged(options: Vec<Vec<Field>>) -> Vec<Field> {
    let count = options.len();
    let mut all: Vec<(Field, Vec<Shape>, usize)> = Vec::new();
    for field in options.into_iter().flatten().filter(|field| field.shape != Shape::Never) {
        let required = usize::from(field.required);
        match all.iter_mut().find(|(known, ..)| known.name == field.name) {
            Some((_, shapes, times)) => {
                shapes.push(field.shape);
                *times += required;
            }
            None => {
                let shape = field.shape.clone();
                all.push((field, vec![shape], required));
            }
        }
    }
    let whole = |(field, shapes, times): (Field, Vec<Shape>, usize)| Field {
        shape: union(shapes),
        required: times == count,
        ..field
    };
    all.into_iter().map(whole).collect()
}

fn arguments(fields: &[Field], parameters: &[Parameter]) -> Vec<Field> {
    let of_parameter = |parameter: &Parameter| {
        let known = fields.iter().find(|field| field.name == parameter.name).cloned();
        known.unwrap_or_else(|| Field {
            name: parameter.name.clone(),
            required: parameter.required,
            shape: Shape::Unknown,
            doc: String::new(),
        })
    };
    let known: HashSet<&str> = parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    let more = fields.iter().filter(|field| !known.contains(field.name.as_str())).cloned();
    let mut arguments: Vec<Field> = match fields.len() < parameters.len() {
        // Only so many are shown as were read.
        true => parameters.iter().filter(|p| fields.iter().any(|f| f.name == p.name)).map(of_parameter).collect(),
        false => parameters.iter().map(of_parameter).collect(),
    };
    arguments.extend(more);
    arguments.sort_by_key(|field| !field.required);
    arguments
}

fn may_be_empty(shape: &Shape, named: &BTreeMap<String, Shape>, depth: usize) -> bool {
    match shape {
        Shape::Object(Object { fields, .. }) => fields.iter().all(|field| !field.required),
        Shape::Union(options) => options.iter().any(|option| may_be_empty(option, named, depth + 1)),
        Shape::Named(name) if depth < MAX_NAMES => {
            named.get(name).is_some_and(|shape| may_be_empty(shape, named, depth + 1))
        }
        Shape::Unknown | Shape::Record(_) => true,
        _ => false,
    }
}

/// Arguments are an object, whatever else their schema would take.
fn an_object(shape: Shape) -> Shape {
    match shape {
        Shape::Unknown => Shape::Record(Box::new(Shape::Unknown)),
        Shape::Union(options) => {
            let fits = |option: &Shape| matches!(option, Shape::Object(_) | Shape::Record(_) | Shape::Named(_));
            union(options.into_iter().filter(fits).collect())
        }
        shape => shape,
    }
}

/// `getDocument` → `GetDocument`. Function names are identifiers already, in any script.
fn base(function: &str) -> String {
    let name = function.trim_matches('_');
    let mut chars = name.chars();
    match chars.next() {
        Some(c) if c.is_ascii() => pascal(name),
        Some(c) => c.to_uppercase().chain(chars).filter(|&c| c == '_' || c.is_alphanumeric()).collect(),
        None => "Type".into(),
    }
}

/// A framework's `{ result: … }` around the value is taken off, as the gateway does with the value itself.
fn unwrapped(schema: &Value, shape: Shape, named: &BTreeMap<String, Shape>) -> Shape {
    if schema.get("x-fastmcp-wrap-result") != Some(&Value::Bool(true)) {
        return shape;
    }
    let result = fields(&shape, named, 0).into_iter().find(|field| field.name == "result");
    result.map_or(Shape::Unknown, |field| field.shape)
}
