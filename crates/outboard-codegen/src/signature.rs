//! How a program calls a tool, on one line or in full.

use crate::python::Form;
use crate::shape::{Field, Object, Shape};
use crate::types::Types;
use crate::{docs, python, typescript};
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

/// What a search shows by default: the signature and the first sentence of what the tool does.
pub fn summary(server: &Server, tool: &Tool, language: Language) -> String {
    let mark = if language == Language::TypeScript { "//" } else { "#" };
    match docs::sentence(&tool.description) {
        text if text.is_empty() => signature(server, tool, language),
        text => format!("{}  {mark} {text}", signature(server, tool, language)),
    }
}

fn typescript_line(server: &Server, tool: &Tool, types: &Types) -> String {
    let optional = if types.may_be_empty() { "?" } else { "" };
    let input = match types.arguments.is_empty() {
        true => String::new(),
        false => format!("input{optional}: {}", fitting(&types.input.shape, types, INPUT, typescript::inline)),
    };
    let output = output(types, "any", typescript::inline);
    format!("{}.{}({input}): Promise<{output}>", server.names.namespace, tool.names.typescript)
}

fn python_line(server: &Server, tool: &Tool, types: &Types) -> String {
    let input = fitting(&python::as_object(types), types, INPUT, |shape| match shape {
        Shape::Object(object) => python::parameters(&object.fields, types),
        _ => String::new(),
    });
    let output = output(types, "Any", |shape| python::inline(shape, false));
    format!("{}.{}({input}) -> {output}", server.names.package, tool.names.python)
}

fn output(types: &Types, unknown: &str, print: impl Fn(&Shape) -> String) -> String {
    types.output.as_ref().map_or_else(|| unknown.into(), |output| fitting(&output.shape, types, OUTPUT, print))
}

/// A command; its arguments in the notation of TypeScript, which says types and what may be left out.
fn bash_line(server: &Server, tool: &Tool, types: &Types) -> String {
    let command = format!("call {} {}", server.names.folder, tool.names.python);
    match types.arguments.is_empty() {
        true => command,
        false => format!("{command} '{}'", fitting(&types.input.shape, types, INPUT, typescript::inline)),
    }
}

/// The deepest view of a type that fits; of one with too many fields as many as fit.
fn fitting(shape: &Shape, types: &Types, limit: usize, print: impl Fn(&Shape) -> String) -> String {
    let fits = |shape: &Shape| Some(print(shape)).filter(|text| text.chars().count() <= limit);
    let view = |depth| seen(shape, &types.named, depth);
    if let Some(text) = (1..=3).rev().find_map(|depth| fits(&view(depth))) {
        return text;
    }
    let Shape::Object(mut object) = brief(&view(1)) else { return cut(&print(&brief(&view(1))), limit) };
    if let Some(text) = fits(&Shape::Object(object.clone())) {
        return text;
    }
    while object.fields.pop().is_some() {
        let mut shorter = object.clone();
        shorter.fields.push(Field { name: String::new(), required: false, shape: Shape::Etc, doc: String::new() });
        if let Some(text) = fits(&Shape::Object(shorter)) {
            return text;
        }
    }
    "…".into()
}

/// Of long enumerations the first few values.
fn brief(shape: &Shape) -> Shape {
    const VALUES: usize = 3;
    match shape {
        Shape::Literal(values) if values.len() > VALUES + 1 => {
            Shape::Union(vec![Shape::Literal(values[..VALUES].to_vec()), Shape::Etc])
        }
        shape => shape.map(&mut |inner, _| brief(inner)),
    }
}

/// A shape with named types put in and everything below `depth` levels of objects left out.
fn seen(shape: &Shape, named: &BTreeMap<String, Shape>, depth: usize) -> Shape {
    const OPTIONS: usize = 6;
    match shape {
        Shape::Named(name) if depth > 0 => named.get(name).map_or(Shape::Etc, |shape| seen(shape, named, depth - 1)),
        Shape::Named(_) => Shape::Etc,
        Shape::Object(object) if object.fields.is_empty() => shape.clone(),
        Shape::Object(_) if depth == 0 => Shape::Etc,
        Shape::Object(object) => {
            let field = |field: &Field| Field { shape: seen(&field.shape, named, depth - 1), ..field.clone() };
            let mut fields: Vec<Field> = object.fields.iter().map(field).collect();
            fields.sort_by_key(|field| !field.required);
            Shape::Object(Object { fields, ..Object::default() })
        }
        Shape::Union(options) => {
            let more = (options.len() > OPTIONS).then_some(Shape::Etc);
            let shown = options.iter().take(OPTIONS).map(|option| seen(option, named, depth));
            Shape::Union(shown.chain(more).collect())
        }
        shape => shape.map(&mut |inner, _| seen(inner, named, depth)),
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
            let python::Declared { types, functions, .. } = python::declared(server, tool, &types, Form::Details);
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
