//! How a program calls a tool, on one line or in full.

use crate::shape::{Field, Object, Shape, Typed};
use crate::types::Types;
use crate::{python, typescript};
use outboard_catalog::{Server, Tool};
use outboard_types::Language;
use std::collections::BTreeMap;

/// Longest signature, in characters.
const LONGEST: usize = 200;

/// Longest part of it for parameters, and for the result.
const INPUT: usize = 120;
const OUTPUT: usize = 60;

/// One line, at most 200 characters; what is deep or long is left out as `…`.
pub fn signature(server: &Server, tool: &Tool, language: Language) -> String {
    let types = Types::of(tool);
    let line = match language {
        Language::TypeScript => typescript_line(server, tool, &types),
        Language::Python => python_line(server, tool, &types),
        Language::Bash => bash_line(server, tool, &types),
    };
    cut(&line, LONGEST)
}

fn typescript_line(server: &Server, tool: &Tool, types: &Types) -> String {
    let optional = if tool.parameters.iter().any(|parameter| parameter.required) { "" } else { "?" };
    let input = match tool.parameters.is_empty() {
        true => String::new(),
        false => format!("input{optional}: {}", fitting(&types.input, INPUT, typescript::inline)),
    };
    let output = types.output.as_ref().map_or("any".into(), |output| fitting(output, OUTPUT, typescript::inline));
    format!("{}.{}({input}): Promise<{output}>", server.names.namespace, tool.names.typescript)
}

fn python_line(server: &Server, tool: &Tool, types: &Types) -> String {
    let fields = Shape::Object(Object { fields: python::arguments(types, tool), open: false });
    let typed = Typed { shape: fields, ..types.input.clone() };
    let input = fitting(&typed, INPUT, |shape| match shape {
        Shape::Object(object) => python::parameters(&object.fields),
        _ => String::new(),
    });
    let output =
        types.output.as_ref().map_or("Any".into(), |output| fitting(output, OUTPUT, |s| python::inline(s, false)));
    format!("{}.{}({input}) -> {output}", server.names.package, tool.names.python)
}

/// A command; its arguments in the notation of TypeScript, which says types and what may be left out.
fn bash_line(server: &Server, tool: &Tool, types: &Types) -> String {
    let command = format!("call {} {}", server.names.folder, tool.names.python);
    match tool.parameters.is_empty() {
        true => command,
        false => format!("{command} '{}'", fitting(&types.input, INPUT, typescript::inline)),
    }
}

/// The deepest view of a type that fits; of one with too many fields as many as fit.
fn fitting(typed: &Typed, limit: usize, print: impl Fn(&Shape) -> String) -> String {
    let fits = |shape: &Shape| Some(print(shape)).filter(|text| text.chars().count() <= limit);
    let view = |depth| seen(&typed.shape, &typed.named, depth);
    if let Some(text) = (1..=3).rev().find_map(|depth| fits(&view(depth))) {
        return text;
    }
    let Shape::Object(mut object) = view(1) else { return cut(&print(&view(1)), limit) };
    while object.fields.pop().is_some() {
        let mut shorter = object.clone();
        shorter.fields.push(Field { name: String::new(), required: false, shape: Shape::Etc, doc: String::new() });
        if let Some(text) = fits(&Shape::Object(shorter)) {
            return text;
        }
    }
    "…".into()
}

/// A shape with named types put in and everything below `depth` levels of objects left out.
fn seen(shape: &Shape, named: &BTreeMap<String, Shape>, depth: usize) -> Shape {
    const OPTIONS: usize = 6;
    let inner = |shape: &Shape| seen(shape, named, depth);
    match shape {
        Shape::Named(name) if depth > 0 => named.get(name).map_or(Shape::Etc, |shape| seen(shape, named, depth - 1)),
        Shape::Named(_) => Shape::Etc,
        Shape::Object(object) if object.fields.is_empty() => shape.clone(),
        Shape::Object(_) if depth == 0 => Shape::Etc,
        Shape::Object(object) => {
            let field = |field: &Field| Field { shape: seen(&field.shape, named, depth - 1), ..field.clone() };
            Shape::Object(Object { fields: object.fields.iter().map(field).collect(), open: false })
        }
        Shape::List(item) => Shape::List(Box::new(inner(item))),
        Shape::Record(values) => Shape::Record(Box::new(inner(values))),
        Shape::Tuple(items) => Shape::Tuple(items.iter().map(inner).collect()),
        Shape::Union(options) => {
            let more = (options.len() > OPTIONS).then_some(Shape::Etc);
            Shape::Union(options.iter().take(OPTIONS).map(inner).chain(more).collect())
        }
        shape => shape.clone(),
    }
}

/// The whole module as the program sees it: types, documentation, how to import it.
pub fn details(server: &Server, tool: &Tool, language: Language) -> String {
    let types = Types::of(tool);
    match language {
        Language::TypeScript => {
            let (folder, name) = (&server.names.folder, &tool.names.typescript);
            let declared = typescript::declared(server, tool, &types);
            format!("// import {{ {name} }} from \"./servers/{folder}\";\n{}", declared.trim_end())
        }
        Language::Python => {
            let (package, name) = (&server.names.package, &tool.names.python);
            let python::Declared { types, functions } = python::declared(server, tool, &types);
            format!("# from servers.{package} import {name}\n{types}{}", functions.trim_end())
        }
        Language::Bash => {
            let declared = typescript::declared(server, tool, &types);
            format!("# {}\n{}", bash_line(server, tool, &types), declared.trim_end())
        }
    }
}

fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some(_) => format!("{}…", text.chars().take(limit - 1).collect::<String>()),
        None => text.to_owned(),
    }
}
