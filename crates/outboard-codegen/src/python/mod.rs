//! Tools as Python.

mod awaited;
mod print;

pub(crate) use print::inline;

use crate::docs;
use crate::hoist::Hoisted;
use crate::quote::python as quote;
use crate::shape::{Field, Object, Rest, Shape, pascal};
use crate::types::Types;
use crate::typescript::{documentation, may_be_object};
use outboard_catalog::{Server, Tool};
use print::{declaration, is_identifier};
use std::collections::HashSet;

/// The module that workers provide, as type checkers see it.
pub(crate) const PRIMITIVES: &str = include_str!("../outboard_api.pyi");

/// What types are written with, by the module that it comes from.
const TYPING: &str = "Any Dict Generator List Literal Never NotRequired Tuple TypeAlias Union overload";

/// The module of one tool. Checkers and readers see a function with types; a program gets the callable that
/// also takes one dict. Types are plain classes then: making them would take longer than most programs.
pub(crate) fn module(server: &Server, tool: &Tool, types: &Types) -> String {
    let declared = declared(server, tool, types, Form::Module);
    let names: Vec<String> = types.arguments.iter().map(|field| quote(&field.name)).collect();
    let call =
        format!("tool({}, {}, [{}])", quote(server.name.as_str()), quote(tool.id.tool.as_str()), names.join(", "));
    let text = indented(&format!("{}{}{}", imports(&declared), declared.types, declared.functions));
    format!(
        "from __future__ import annotations\n\nfrom typing import TYPE_CHECKING\n\nfrom outboard_api import tool\n\n\
         if TYPE_CHECKING:\n{text}\nelse:\n{}    {} = {call}\n",
        stand_ins(&declared),
        tool.names.python,
    )
}

/// The same without anything that runs.
pub(crate) fn stub(server: &Server, tool: &Tool, types: &Types, form: Form) -> String {
    let declared = declared(server, tool, types, form);
    format!("{}{}{}", imports(&declared), declared.types, declared.functions)
}

fn imports(declared: &Declared) -> String {
    let text = [declared.types.as_str(), declared.functions.as_str()];
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let words: HashSet<&str> = text.iter().flat_map(|text| text.split(|c: char| !is_word(c))).collect();
    let uses = |name: &&str| words.contains(*name);
    let names: Vec<&str> = TYPING.split_ascii_whitespace().filter(uses).collect();
    let typing = if names.is_empty() { String::new() } else { format!("from typing import {}\n\n", names.join(", ")) };
    match uses(&"TypedDict") {
        true => format!("{typing}from outboard_api import TypedDict\n\n"),
        false => typing,
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect()
}

/// What the names of types stand for while a program runs.
fn stand_ins(declared: &Declared) -> String {
    let line = |names: &[String], value: &str| match names.is_empty() {
        true => String::new(),
        false => format!("    {} = {value}\n", names.join(" = ")),
    };
    line(&declared.objects, "dict") + &line(&declared.aliases, "object")
}

/// Who reads the declarations.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A model: the function as it is best called.
    Details,
    /// A checker: every way to call it.
    Module,
    /// A checker that reads nothing else.
    Stub,
    /// An editor, which does not know whether a program awaits.
    Editor,
}

/// A tool's types and functions.
pub(crate) struct Declared {
    pub(crate) types: String,
    pub(crate) functions: String,
    /// The names of the types that are objects, and of the others.
    objects: Vec<String>,
    aliases: Vec<String>,
}

/// What a reader of the module wants to know.
pub(crate) fn declared(server: &Server, tool: &Tool, types: &Types, form: Form) -> Declared {
    let mut used = types.used.clone();
    let mut hoisted = Hoisted::new(&types.base, &mut used);
    types.named.iter().for_each(|(name, shape)| hoisted.declare(name.clone(), shape));
    let fields: Vec<Field> = types.arguments.iter().map(|field| argument(field, types, &mut hoisted)).collect();
    let named = |shape: &Shape| shape.mentions(&types.input.name);
    let asked = fields.iter().any(|field| named(&field.shape)) || hoisted.types.iter().any(|(_, shape)| named(shape));
    let ways =
        Ways { by_name: by_name(&fields, types), by_dict: form != Form::Details || by_dict(&fields, types), form };
    // The type of all arguments is worth a model's time only where something names it.
    if ways.by_dict || asked {
        hoisted.declare(types.input.name.clone(), &types.input.shape);
    }
    if let Some(output) = &types.output {
        hoisted.declare(output.name.clone(), &output.shape);
    }
    let mut text: String = hoisted.types.iter().map(|(name, shape)| declaration(name, shape) + "\n").collect();
    let output = types.output.as_ref().map(|output| output.name.as_str());
    let result = match (form, output) {
        (Form::Editor, Some(output)) => awaited::class(&types.base, output, &hoisted.types).map_or_else(
            || "Any".to_owned(),
            |(name, class)| {
                text.push_str(&class);
                name
            },
        ),
        (_, output) => output.unwrap_or("Any").to_owned(),
    };
    let (objects, aliases): (Vec<_>, Vec<_>) =
        hoisted.types.iter().partition(|(_, shape)| matches!(shape, Shape::Object(_) | Shape::Record(_)));
    let names = |types: Vec<&(String, Shape)>| types.into_iter().map(|(name, _)| name.clone()).collect();
    let functions = functions(server, tool, types, &fields, &result, ways);
    Declared { types: text, functions, objects: names(objects), aliases: names(aliases) }
}

fn argument(field: &Field, types: &Types, hoisted: &mut Hoisted<'_>) -> Field {
    let shape = hoisted.inner(&field.shape, &format!("{}.{}", types.base, pascal(&field.name)));
    Field { shape, ..field.clone() }
}

/// Whether parameters can say what is needed: not keys that are no names, nor arguments that go together.
fn by_name(fields: &[Field], types: &Types) -> bool {
    let odd = |field: &Field| !is_identifier(&field.name);
    let none = !fields.is_empty() && fields.iter().all(odd);
    !none && !fields.iter().any(|field| field.required && odd(field)) && !matches!(types.input.shape, Shape::Union(_))
}

/// Whether parameters alone leave something out.
fn by_dict(fields: &[Field], types: &Types) -> bool {
    !by_name(fields, types) || fields.iter().any(|field| !is_identifier(&field.name))
}

/// In how many ways a function is shown.
#[derive(Clone, Copy)]
struct Ways {
    by_name: bool,
    by_dict: bool,
    form: Form,
}

/// One dict comes first: alone it is taken for all arguments.
fn functions(server: &Server, tool: &Tool, types: &Types, fields: &[Field], result: &str, ways: Ways) -> String {
    let name = &tool.names.python;
    let doc = docstring(server, tool, types, fields);
    let optional = if types.may_be_empty() { " = ..." } else { "" };
    let dict = format!("def {name}(arguments: {}{optional}, /) -> {result}:", types.input.name);
    let parameters = parameters(fields, types) + further(fields, types, ways.form);
    let keywords = format!("def {name}({parameters}) -> {result}:\n{doc}    ...\n");
    let all = match ways.form {
        Form::Stub | Form::Editor => String::new(),
        _ => format!("\ndef {name}(*args: Any, **kwargs: Any) -> Any: ...\n"),
    };
    match (ways.by_name && !(fields.is_empty() && ways.by_dict), ways.by_dict) {
        (true, false) => keywords,
        (true, true) => format!("@overload\n{dict} ...\n\n@overload\n{keywords}{all}"),
        (false, _) => format!("{dict}\n{doc}    ...\n"),
    }
}

/// Other arguments, where the schema welcomes them. Models are not invited to make some up.
fn further(fields: &[Field], types: &Types, form: Form) -> &'static str {
    let open = matches!(&types.input.shape, Shape::Object(object) if object.rest == Rest::Open);
    let named = fields.iter().any(|field| field.name == "further");
    if open && !named && form != Form::Details { ", **further: Any" } else { "" }
}

/// Parameters in calling order. A key that is no identifier has no place among them, so that those after it
/// can only be given by name; neither has one that could be taken for all arguments.
pub(crate) fn parameters(fields: &[Field], types: &Types) -> String {
    let first = types.arguments.first().filter(|_| !fields.is_empty());
    let mut odd = first.is_some_and(|first| may_be_object(&first.shape, &types.named, 0));
    let (mut parts, mut named) = (Vec::new(), false);
    for field in fields {
        if field.name.is_empty() && field.shape == Shape::Etc {
            parts.push("…".to_owned());
            continue;
        }
        if !is_identifier(&field.name) {
            odd = true;
            continue;
        }
        if odd && !std::mem::replace(&mut named, true) {
            parts.push("*".into());
        }
        let default = if field.required { "" } else { " = ..." };
        parts.push(format!("{}: {}{default}", field.name, inline(&field.shape, false)));
    }
    parts.join(", ")
}

fn docstring(server: &Server, tool: &Tool, types: &Types, fields: &[Field]) -> String {
    let mut lines = documentation(server, tool, types);
    let shortened = if lines.last().is_some_and(|line| line.starts_with("Shortened;")) { lines.pop() } else { None };
    let documented = fields.iter().filter(|field| !field.doc.is_empty() && is_identifier(&field.name));
    lines.extend(documented.map(|field| format!("{}: {}", field.name, field.doc)));
    lines.extend(shortened);
    if lines.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = lines
        .iter()
        .map(|line| if line.is_empty() { String::new() } else { format!("    {}", docs::docstring(line)) })
        .collect();
    let text = lines.join("\n");
    // A text must not end in a quotation mark, or the closing marks would be read too early.
    let end = if text.ends_with('"') { " " } else { "" };
    format!("    \"\"\"{}{end}\"\"\"\n", text.trim_start())
}

/// All arguments as one object, for signatures.
pub(crate) fn as_object(types: &Types) -> Shape {
    Shape::Object(Object { fields: types.arguments.clone(), ..Object::default() })
}
