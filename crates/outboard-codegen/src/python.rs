//! Shapes and tools as Python.

use crate::docs;
use crate::hoist::Hoisted;
use crate::quote::python as quote;
use crate::shape::{Field, Shape, pascal};
use crate::types::Types;
use outboard_catalog::{Server, Tool};
use serde_json::Value;

/// The module that workers provide, as type checkers see it.
pub(crate) const PRIMITIVES: &str = include_str!("outboard_api.pyi");

const KEYWORDS: &str = "False None True and as assert async await break class continue def del elif else except \
    finally for from global if import in is lambda nonlocal not or pass raise return try while with yield";

/// The module of one tool. Checkers and readers see a function with types; a program gets the callable that
/// also takes one dict.
pub(crate) fn module(server: &Server, tool: &Tool, types: &Types) -> String {
    let Declared { types, functions } = declared(server, tool, types);
    let names: Vec<String> = tool.parameters.iter().map(|parameter| quote(&parameter.name)).collect();
    let call =
        format!("tool({}, {}, [{}])", quote(server.name.as_str()), quote(tool.id.tool.as_str()), names.join(", "));
    let functions: String =
        functions.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect();
    let gap = if types.is_empty() { "" } else { "\n" };
    let imports: Vec<&str> = "Any Dict List Literal NotRequired Tuple TypeAlias TypedDict Union overload"
        .split(' ')
        .filter(|name| types.contains(name) || functions.contains(name))
        .collect();
    let imports = std::iter::once("TYPE_CHECKING").chain(imports).collect::<Vec<_>>().join(", ");
    format!(
        "from __future__ import annotations\n\nfrom typing import {imports}\n\nfrom outboard_api import tool\n\n\
         {types}{gap}if TYPE_CHECKING:\n\n{functions}\nelse:\n    {} = {call}\n",
        tool.names.python,
    )
}

/// A tool's types and functions.
pub(crate) struct Declared {
    pub(crate) types: String,
    pub(crate) functions: String,
}

/// What a reader of the module wants to know.
pub(crate) fn declared(server: &Server, tool: &Tool, types: &Types) -> Declared {
    let mut used = types.used.clone();
    let mut hoisted = Hoisted::new(&mut used);
    hoisted.named(&types.input);
    let fields = arguments(types, tool);
    let odd = fields.iter().any(|field| !is_identifier(&field.name));
    let fields: Vec<Field> = fields
        .into_iter()
        .map(|field| Field {
            shape: hoisted.inner(&field.shape, &format!("{}{}", types.base, pascal(&field.name))),
            ..field
        })
        .collect();
    // The type of all arguments is worth its room only where something names it.
    let named = |shape: &Shape| mentions(shape, &types.input.name);
    if odd || fields.iter().any(|field| named(&field.shape)) || hoisted.types.iter().any(|(_, shape)| named(shape)) {
        let object = crate::shape::Object { fields: fields.clone(), open: false };
        hoisted.types.push((types.input.name.clone(), Shape::Object(object)));
    }
    if let Some(output) = &types.output {
        hoisted.named(output);
        hoisted.declare(output.name.clone(), &output.shape);
    }
    let shown: String = hoisted.types.iter().map(|(name, shape)| declaration(name, shape) + "\n").collect();
    let (name, result) = (&tool.names.python, types.output.as_ref().map_or("Any", |output| &output.name));
    let doc = docstring(server, tool, types, &fields);
    let keyword = format!("def {name}({}) -> {result}:\n{doc}    ...\n", parameters(&fields));
    let functions = match odd {
        true => format!(
            "@overload\n{keyword}\n@overload\ndef {name}(arguments: {}, /) -> {result}: ...\n\n\
             def {name}(*args: Any, **kwargs: Any) -> Any: ...\n",
            types.input.name
        ),
        false => keyword,
    };
    Declared { types: shown, functions }
}

fn mentions(shape: &Shape, name: &str) -> bool {
    match shape {
        Shape::Named(named) => named == name,
        Shape::List(inner) | Shape::Record(inner) => mentions(inner, name),
        Shape::Union(shapes) | Shape::Tuple(shapes) => shapes.iter().any(|shape| mentions(shape, name)),
        Shape::Object(object) => object.fields.iter().any(|field| mentions(&field.shape, name)),
        _ => false,
    }
}

/// The input's fields in calling order.
pub(crate) fn arguments(types: &Types, tool: &Tool) -> Vec<Field> {
    let find = |name: &str| types.input.fields().iter().find(|field| field.name == name);
    let field = |parameter: &outboard_catalog::Parameter| {
        find(&parameter.name).map(|field| Field { required: parameter.required, ..field.clone() })
    };
    tool.parameters.iter().filter_map(field).collect()
}

/// One type. Types within an alias are quoted, so that order and recursion do not matter.
fn declaration(name: &str, shape: &Shape) -> String {
    let alias = || format!("{name}: TypeAlias = {}\n", inline(shape, true));
    let Shape::Object(object) = shape else { return alias() };
    if object.fields.is_empty() {
        return alias();
    }
    let plain = object.fields.iter().all(|field| is_identifier(&field.name) && !field.name.starts_with("__"));
    let lines: String = object.fields.iter().map(|field| field_lines(field, plain)).collect();
    match plain {
        true => format!("class {name}(TypedDict):\n{lines}"),
        false => format!("{name} = TypedDict({}, {{\n{lines}}})\n", quote(name)),
    }
}

fn field_lines(field: &Field, plain: bool) -> String {
    let doc = if field.doc.is_empty() { String::new() } else { format!("    # {}\n", field.doc) };
    let shape = inline(&field.shape, !plain);
    let shape = if field.required { shape } else { format!("NotRequired[{shape}]") };
    match plain {
        true => format!("{doc}    {}: {shape}\n", field.name),
        false => format!("{doc}    {}: {shape},\n", quote(&field.name)),
    }
}

/// A type on one line; `early` where it is evaluated when the module is loaded.
pub(crate) fn inline(shape: &Shape, early: bool) -> String {
    let all = |shapes: &[Shape], sign: &str| {
        let mut texts: Vec<String> = Vec::new();
        for text in shapes.iter().map(|shape| inline(shape, early)) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts.join(sign)
    };
    match shape {
        Shape::Unknown => "Any".into(),
        Shape::Null => "None".into(),
        Shape::Boolean => "bool".into(),
        Shape::Integer => "int".into(),
        Shape::Number => "float".into(),
        Shape::Text => "str".into(),
        Shape::Literal(values) => literal(values),
        Shape::List(item) => format!("List[{}]", inline(item, early)),
        Shape::Tuple(items) if items.is_empty() => "Tuple[()]".into(),
        Shape::Tuple(items) => {
            format!("Tuple[{}]", items.iter().map(|item| inline(item, early)).collect::<Vec<_>>().join(", "))
        }
        Shape::Record(values) => format!("Dict[str, {}]", inline(values, early)),
        Shape::Object(object) if object.fields.is_empty() => "Dict[str, Any]".into(),
        Shape::Object(object) => {
            format!("{{{}}}", object.fields.iter().map(inline_field).collect::<Vec<_>>().join(", "))
        }
        Shape::Union(options) if early => format!("Union[{}]", all(options, ", ")),
        Shape::Union(options) => all(options, " | "),
        Shape::Named(name) if early => format!("\"{name}\""),
        Shape::Named(name) => name.clone(),
        Shape::Etc => "…".into(),
    }
}

fn inline_field(field: &Field) -> String {
    match field.shape {
        Shape::Etc if field.name.is_empty() => "…".into(),
        _ => format!("{}: {}", quote(&field.name), inline(&field.shape, false)),
    }
}

/// Python's `Literal` takes texts, whole numbers, truth values and None.
fn literal(values: &[Value]) -> String {
    let item = |value: &Value| match value {
        Value::Null => Some("None".to_owned()),
        Value::Bool(true) => Some("True".into()),
        Value::Bool(false) => Some("False".into()),
        Value::String(text) => Some(quote(text)),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    };
    let items: Option<Vec<String>> = values.iter().map(item).collect();
    items.map_or_else(|| "Any".into(), |items| format!("Literal[{}]", items.join(", ")))
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !KEYWORDS.split_ascii_whitespace().any(|keyword| keyword == name)
}

/// Parameters in calling order. A key that is no identifier has no place among them, so that those after it
/// can only be given by name.
pub(crate) fn parameters(fields: &[Field]) -> String {
    let (mut parts, mut odd, mut named) = (Vec::new(), false, false);
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
    let (text, cut) = docs::cut(&tool.description, docs::TOOL);
    let mut lines: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
    match (tool.hints.destructive, tool.hints.read_only) {
        (_, Some(true)) => lines.push("Read-only.".into()),
        (Some(true), _) => lines.push("Destructive.".into()),
        _ => {}
    }
    let documented = fields.iter().filter(|field| !field.doc.is_empty() && is_identifier(&field.name));
    lines.extend(documented.map(|field| format!("{}: {}", field.name, field.doc)));
    if cut || types.cut() {
        lines.push(format!("Shortened; all of it is in {}", crate::api::definition_path(server, tool)));
    }
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
