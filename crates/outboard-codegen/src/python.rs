//! Shapes and tools as Python.

use crate::docs;
use crate::shape::{Field, Shape, Typed, pascal, read};
use outboard_catalog::{Server, Tool};
use serde_json::Value;
use std::fmt::Write;

const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// A text literal: JSON's escapes mean the same in Python, but for `\/`, which JSON text here never holds.
pub(crate) fn quote(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// The module of one tool.
pub(crate) fn module(server: &Server, tool: &Tool) -> String {
    let base = pascal(&tool.names.typescript);
    let input = read(&tool.input_schema, &base);
    let mut types = String::new();
    for (name, shape) in &input.named {
        let _ = writeln!(types, "{name} = {}", declared(name, shape));
    }
    let output = tool.output_schema.as_ref().map(|schema| read(schema, &format!("{base}Output")));
    if let Some(output) = &output {
        let name = format!("{base}Output");
        for (name, shape) in &output.named {
            let _ = writeln!(types, "{name} = {}", declared(name, shape));
        }
        let _ = writeln!(types, "{name} = {}", declared(&name, &unwrapped(tool, output)));
    }
    let result = if output.is_some() { format!("\"{base}Output\"") } else { "Any".into() };
    let names: Vec<String> = tool.parameters.iter().map(|parameter| quote(&parameter.name)).collect();
    let (server, own, name) = (quote(server.name.as_str()), quote(tool.id.tool.as_str()), &tool.names.python);
    let gap = if types.is_empty() { "" } else { "\n" };
    format!(
        "from typing import Any, Dict, List, Literal, NotRequired, Required, Tuple, TypedDict, Union\n\n\
         from outboard_api import tool\n\n{types}{gap}\n\
         def {name}({}) -> {result}:\n{}    ...\n\n\n\
         {name} = tool({server}, {own}, [{}])\n",
        parameters(&input.shape, tool),
        docstring(tool, &input.shape),
        names.join(", "),
    )
}

fn unwrapped(tool: &Tool, typed: &Typed) -> Shape {
    let marked =
        tool.output_schema.as_ref().and_then(|schema| schema.get("x-fastmcp-wrap-result")) == Some(&Value::Bool(true));
    match &typed.shape {
        Shape::Object(fields) if marked => {
            fields.iter().find(|field| field.name == "result").map_or(Shape::Unknown, |field| field.shape.clone())
        }
        shape => shape.clone(),
    }
}

/// The right side of a type's definition. Inner types are quoted, so that order and recursion do not matter.
fn declared(name: &str, shape: &Shape) -> String {
    match shape {
        Shape::Object(fields) if !fields.is_empty() => {
            let field = |field: &Field| {
                let wrapper = if field.required { "Required" } else { "NotRequired" };
                format!("    {}: {wrapper}[{}],", quote(&field.name), quoted(&inline(&field.shape)))
            };
            format!("TypedDict({}, {{\n{}\n}})", quote(name), fields.iter().map(field).collect::<Vec<_>>().join("\n"))
        }
        shape => inline(shape),
    }
}

/// Names of types in quotes are looked up late; a type that is a text itself is no name.
fn quoted(annotation: &str) -> String {
    if annotation.contains('"') { annotation.to_owned() } else { format!("\"{annotation}\"") }
}

fn inline(shape: &Shape) -> String {
    match shape {
        Shape::Unknown => "Any".into(),
        Shape::Null => "None".into(),
        Shape::Boolean => "bool".into(),
        Shape::Integer => "int".into(),
        Shape::Number => "float".into(),
        Shape::Text => "str".into(),
        Shape::Literal(values) => literal(values),
        Shape::List(item) => format!("List[{}]", inline(item)),
        Shape::Tuple(items) if items.is_empty() => "Tuple[()]".into(),
        Shape::Tuple(items) => format!("Tuple[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Shape::Record(values) => format!("Dict[str, {}]", inline(values)),
        Shape::Object(_) => "Dict[str, Any]".into(),
        Shape::Union(options) => format!("Union[{}]", options.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Shape::Named(name) => format!("\"{name}\""),
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
        && !KEYWORDS.contains(&name)
}

fn fields(shape: &Shape) -> &[Field] {
    match shape {
        Shape::Object(fields) => fields,
        _ => &[],
    }
}

/// Parameters in calling order. Keys that are no identifiers can only be given in a dict.
fn parameters(input: &Shape, tool: &Tool) -> String {
    let known =
        tool.parameters.iter().filter_map(|parameter| fields(input).iter().find(|field| field.name == parameter.name));
    let mut seen_optional = false;
    let part = |field: &Field| {
        seen_optional |= !field.required;
        let default = if seen_optional { " = ..." } else { "" };
        format!("{}: {}{default}", field.name, inline(&field.shape))
    };
    known.filter(|field| is_identifier(&field.name)).map(part).collect::<Vec<_>>().join(", ")
}

fn docstring(tool: &Tool, input: &Shape) -> String {
    let mut lines: Vec<String> =
        docs::clean(&tool.description, docs::TOOL).lines().map(|line| line.trim_end().to_owned()).collect();
    let documented = fields(input).iter().filter(|field| !field.doc.is_empty());
    lines.extend(documented.map(|field| format!("{}: {}", docs::line(&field.name, 80), field.doc)));
    if lines.is_empty() {
        return String::new();
    }
    let text = lines
        .iter()
        .map(|line| if line.is_empty() { String::new() } else { format!("    {line}") })
        .collect::<Vec<_>>()
        .join("\n");
    // A text must not end in a quotation mark, or the closing marks would be read too early.
    let end = if text.ends_with('"') { " " } else { "" };
    format!("    \"\"\"{}{end}\"\"\"\n", text.trim_start())
}

/// Parameters and result on one line, for signatures.
pub(crate) fn parts(tool: &Tool) -> (String, String) {
    let input = read(&tool.input_schema, "");
    let result = tool.output_schema.as_ref().map_or("Any".into(), |schema| match unwrapped(tool, &read(schema, "")) {
        Shape::Object(fields) => {
            let inner = fields.iter().map(|field| format!("{}: {}", quote(&field.name), inline(&field.shape)));
            format!("{{{}}}", inner.collect::<Vec<_>>().join(", "))
        }
        shape => inline(&shape),
    });
    (parameters(&input.shape, tool), result)
}
