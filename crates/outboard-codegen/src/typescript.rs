//! Shapes and tools as TypeScript.

use crate::docs;
use crate::shape::{Field, Shape, Typed, pascal, read};
use outboard_catalog::{Server, Tool};
use serde_json::Value;
use std::fmt::Write;

/// A quoted text is JSON: a subset of TypeScript since ES2019.
pub(crate) fn quote(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// The module of one tool.
pub(crate) fn module(server: &Server, tool: &Tool) -> String {
    let base = pascal(&tool.names.typescript);
    let (input, output) = types(tool);
    let mut text = declarations(&input, &format!("{base}Input"));
    let result = match &output {
        Some(output) => {
            text.push('\n');
            text.push_str(&declarations(output, &format!("{base}Output")));
            format!("{base}Output")
        }
        None => "any".into(),
    };
    let name = &tool.names.typescript;
    let optional = if tool.parameters.iter().any(|parameter| parameter.required) { "" } else { "?" };
    let _ = write!(text, "\n{}", comment(tool));
    let _ = writeln!(text, "export async function {name}(input{optional}: {base}Input): Promise<{result}>;");
    if let Some(positional) = positional(&input.shape, tool) {
        let _ = writeln!(text, "export async function {name}({positional}): Promise<{result}>;");
    }
    let names: Vec<String> = tool.parameters.iter().map(|parameter| quote(&parameter.name)).collect();
    let (server, own) = (quote(server.name.as_str()), quote(tool.id.tool.as_str()));
    let _ = writeln!(text, "export async function {name}(...given: any[]): Promise<{result}> {{");
    let _ = writeln!(text, "  return callMCPTool({server}, {own}, toArguments([{}], given));\n}}", names.join(", "));
    text
}

fn types(tool: &Tool) -> (Typed, Option<Typed>) {
    let base = pascal(&tool.names.typescript);
    let output = tool.output_schema.as_ref().map(|schema| {
        let wrapped = schema.get("x-fastmcp-wrap-result") == Some(&Value::Bool(true));
        let mut typed = read(schema, &format!("{base}Output"));
        if wrapped
            && let Shape::Object(fields) = &typed.shape
            && let Some(field) = fields.iter().find(|field| field.name == "result")
        {
            typed.shape = field.shape.clone();
        }
        typed
    });
    (read(&tool.input_schema, &base), output)
}

fn declarations(typed: &Typed, name: &str) -> String {
    let mut text = declaration(name, &typed.shape);
    for (name, shape) in &typed.named {
        let _ = write!(text, "\n{}", declaration(name, shape));
    }
    text
}

fn declaration(name: &str, shape: &Shape) -> String {
    match shape {
        Shape::Object(fields) if !fields.is_empty() => {
            let lines: String = fields.iter().map(field_lines).collect();
            format!("export interface {name} {{\n{lines}}}\n")
        }
        shape => format!("export type {name} = {};\n", inline(shape)),
    }
}

fn field_lines(field: &Field) -> String {
    let doc = if field.doc.is_empty() { String::new() } else { format!("  /** {} */\n", field.doc) };
    format!("{doc}  {}: {};\n", key(field), inline(&field.shape))
}

fn key(field: &Field) -> String {
    let plain = field.name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
        && !field.name.starts_with(|c: char| c.is_ascii_digit())
        && !field.name.is_empty();
    let name = if plain { field.name.clone() } else { quote(&field.name) };
    if field.required { name } else { format!("{name}?") }
}

/// A type on one line.
pub(crate) fn inline(shape: &Shape) -> String {
    match shape {
        Shape::Unknown => "unknown".into(),
        Shape::Null => "null".into(),
        Shape::Boolean => "boolean".into(),
        Shape::Integer | Shape::Number => "number".into(),
        Shape::Text => "string".into(),
        Shape::Literal(values) => values.iter().map(Value::to_string).collect::<Vec<_>>().join(" | "),
        Shape::List(item) => match &**item {
            Shape::Union(_) | Shape::Literal(_) => format!("({})[]", inline(item)),
            item => format!("{}[]", inline(item)),
        },
        Shape::Tuple(items) => {
            format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        Shape::Record(values) => format!("Record<string, {}>", inline(values)),
        Shape::Object(fields) if fields.is_empty() => "{}".into(),
        Shape::Object(fields) => {
            let inner = fields.iter().map(|field| format!("{}: {}", key(field), inline(&field.shape)));
            format!("{{ {} }}", inner.collect::<Vec<_>>().join("; "))
        }
        Shape::Union(options) => options.iter().map(inline).collect::<Vec<_>>().join(" | "),
        Shape::Named(name) => name.clone(),
    }
}

/// Parameters by position, if every argument has a name that can be one.
fn positional(input: &Shape, tool: &Tool) -> Option<String> {
    let Shape::Object(fields) = input else { return None };
    let parts: Option<Vec<String>> = tool
        .parameters
        .iter()
        .take(8)
        .map(|parameter| {
            let field = fields.iter().find(|field| field.name == parameter.name)?;
            let name = parameter_name(&field.name)?;
            Some(format!("{name}{}: {}", if field.required { "" } else { "?" }, inline(&field.shape)))
        })
        .collect();
    parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join(", "))
}

fn parameter_name(name: &str) -> Option<&str> {
    const RESERVED: &[&str] = &[
        "await",
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "debugger",
        "default",
        "delete",
        "do",
        "else",
        "enum",
        "export",
        "extends",
        "false",
        "finally",
        "for",
        "function",
        "if",
        "import",
        "in",
        "instanceof",
        "new",
        "null",
        "return",
        "super",
        "switch",
        "this",
        "throw",
        "true",
        "try",
        "typeof",
        "var",
        "void",
        "while",
        "with",
        "yield",
        "let",
        "static",
        "implements",
        "interface",
        "package",
        "private",
        "protected",
        "public",
        "arguments",
        "eval",
    ];
    let fits =
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    (fits && !name.is_empty() && !RESERVED.contains(&name)).then_some(name)
}

fn comment(tool: &Tool) -> String {
    let text = docs::clean(&tool.description, docs::TOOL);
    let mut lines: Vec<String> = text.lines().map(|line| format!(" * {}", line.trim_end())).collect();
    if tool.hints.destructive == Some(true) {
        lines.push(" * Destructive.".into());
    } else if tool.hints.read_only == Some(true) {
        lines.push(" * Read-only.".into());
    }
    if lines.is_empty() {
        return String::new();
    }
    format!("/**\n{}\n */\n", lines.join("\n"))
}

/// Input and result types on one line, for signatures.
pub(crate) fn parts(tool: &Tool) -> (String, Option<String>) {
    let (input, output) = types(tool);
    (inline(&expanded(&input)), output.map(|output| inline(&expanded(&output))))
}

/// A named type at the top is shown by its content.
fn expanded(typed: &Typed) -> Shape {
    match &typed.shape {
        Shape::Named(name) => typed.named.get(name).cloned().unwrap_or(Shape::Unknown),
        shape => shape.clone(),
    }
}

/// What every module relies on, for type checkers.
pub(crate) const GLOBALS: &str = include_str!("globals.d.ts");
