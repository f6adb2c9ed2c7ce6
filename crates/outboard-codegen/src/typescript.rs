//! Shapes and tools as TypeScript.

use crate::docs;
use crate::quote::typescript as quote;
use crate::shape::{Field, Object, Shape, Typed};
use crate::types::Types;
use outboard_catalog::{Server, Tool};
use serde_json::Value;

/// What every module relies on, for type checkers.
pub(crate) const GLOBALS: &str = include_str!("globals.d.ts");

/// Longer types are written on several lines, and in parameters by reference.
const LINE: usize = 80;

/// Parameters that can be given by position in the typed form; all can in fact.
const MAX_POSITIONAL: usize = 8;

/// The module of one tool.
pub(crate) fn module(server: &Server, tool: &Tool, types: &Types) -> String {
    let names: Vec<String> = tool.parameters.iter().map(|parameter| quote(&parameter.name)).collect();
    let (own, result) = (quote(tool.id.tool.as_str()), result(types));
    format!(
        "{}export async function {}(...given: any[]): Promise<{result}> {{\n  \
         return callMCPTool({}, {own}, toArguments([{}], given));\n}}\n",
        declared(server, tool, types),
        tool.names.typescript,
        quote(server.name.as_str()),
        names.join(", "),
    )
}

/// What a reader of the module wants to know: types, documentation, overloads.
pub(crate) fn declared(server: &Server, tool: &Tool, types: &Types) -> String {
    let mut text = declarations(&types.input);
    if let Some(output) = &types.output {
        text.push('\n');
        text.push_str(&declarations(output));
    }
    let (name, result) = (&tool.names.typescript, result(types));
    let optional = if tool.parameters.iter().any(|parameter| parameter.required) { "" } else { "?" };
    text.push_str(&format!("\n{}", comment(server, tool, types)));
    text.push_str(&format!(
        "export async function {name}(input{optional}: {}): Promise<{result}>;\n",
        types.input.name
    ));
    if let Some(positional) = positional(types, tool) {
        text.push_str(&format!("export async function {name}({positional}): Promise<{result}>;\n"));
    }
    text
}

fn result(types: &Types) -> &str {
    types.output.as_ref().map_or("any", |output| &output.name)
}

fn declarations(typed: &Typed) -> String {
    let mut text = declaration(&typed.name, &typed.shape);
    for (name, shape) in &typed.named {
        text.push_str(&format!("\n{}", declaration(name, shape)));
    }
    text
}

fn declaration(name: &str, shape: &Shape) -> String {
    match shape {
        Shape::Object(object) if !object.fields.is_empty() => format!("export interface {name} {}\n", block(object, 0)),
        shape => format!("export type {name} = {};\n", spread(shape, 0)),
    }
}

/// An object on several lines, its fields documented.
fn block(object: &Object, indent: usize) -> String {
    let pad = "  ".repeat(indent + 1);
    let mut text = String::from("{\n");
    for field in &object.fields {
        if !field.doc.is_empty() {
            text.push_str(&format!("{pad}/** {} */\n", docs::comment(&field.doc)));
        }
        text.push_str(&format!("{pad}{}: {};\n", key(field), spread(&field.shape, indent + 1)));
    }
    if object.open {
        text.push_str(&format!("{pad}[key: string]: unknown;\n"));
    }
    format!("{text}{}}}", "  ".repeat(indent))
}

/// A type on one line if it is short and says all, else on several.
fn spread(shape: &Shape, indent: usize) -> String {
    let line = inline(shape);
    if line.len() <= LINE && !has_docs(shape) {
        return line;
    }
    match shape {
        Shape::Object(object) if !object.fields.is_empty() => block(object, indent),
        Shape::List(item) if has_docs(item) => match &**item {
            Shape::Union(_) => format!("({})[]", spread(item, indent)),
            item => format!("{}[]", spread(item, indent)),
        },
        Shape::Union(options) => options.iter().map(|option| spread(option, indent)).collect::<Vec<_>>().join(" | "),
        Shape::Record(values) => format!("{{ [key: string]: {} }}", spread(values, indent)),
        _ => line,
    }
}

fn has_docs(shape: &Shape) -> bool {
    match shape {
        Shape::Object(object) => object.fields.iter().any(|field| !field.doc.is_empty() || has_docs(&field.shape)),
        Shape::List(inner) | Shape::Record(inner) => has_docs(inner),
        Shape::Union(options) | Shape::Tuple(options) => options.iter().any(has_docs),
        _ => false,
    }
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
        Shape::Literal(values) => values.iter().map(literal).collect::<Vec<_>>().join(" | "),
        Shape::List(item) => match &**item {
            Shape::Union(_) => format!("({})[]", inline(item)),
            Shape::Literal(values) if values.len() > 1 => format!("({})[]", inline(item)),
            item => format!("{}[]", inline(item)),
        },
        Shape::Tuple(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        // The short form may not lead back to the type that it stands in.
        Shape::Record(values) if has_names(values) => format!("{{ [key: string]: {} }}", inline(values)),
        Shape::Record(values) => format!("Record<string, {}>", inline(values)),
        Shape::Object(object) => inline_object(object),
        Shape::Union(options) => {
            let mut texts: Vec<String> = options.iter().map(inline).collect();
            // Integers and numbers are one here.
            let mut seen = std::collections::HashSet::new();
            texts.retain(|text| seen.insert(text.clone()));
            texts.join(" | ")
        }
        Shape::Named(name) => name.clone(),
        Shape::Etc => "…".into(),
    }
}

fn inline_object(object: &Object) -> String {
    let mut parts: Vec<String> = object.fields.iter().map(inline_field).collect();
    if parts.is_empty() {
        return if object.open { "Record<string, unknown>".into() } else { "Record<string, never>".into() };
    }
    if object.open {
        parts.push("[key: string]: unknown".into());
    }
    format!("{{ {} }}", parts.join("; "))
}

/// One field of a type on one line.
pub(crate) fn inline_field(field: &Field) -> String {
    match field.shape {
        Shape::Etc if field.name.is_empty() => "…".into(),
        _ => format!("{}: {}", key(field), inline(&field.shape)),
    }
}

fn literal(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), quote)
}

fn has_names(shape: &Shape) -> bool {
    match shape {
        Shape::Named(_) => true,
        Shape::List(inner) | Shape::Record(inner) => has_names(inner),
        Shape::Union(options) | Shape::Tuple(options) => options.iter().any(has_names),
        Shape::Object(object) => object.fields.iter().any(|field| has_names(&field.shape)),
        _ => false,
    }
}

/// Parameters by position. Not where the first may be an object: one object alone is taken for all arguments.
fn positional(types: &Types, tool: &Tool) -> Option<String> {
    let find = |name: &str| types.input.fields().iter().find(|field| field.name == name);
    let fields: Option<Vec<&Field>> =
        tool.parameters.iter().take(MAX_POSITIONAL).map(|parameter| find(&parameter.name)).collect();
    let fields = fields.filter(|fields| fields.first().is_some_and(|first| !may_be_object(&first.shape)))?;
    let mut labels = std::collections::HashSet::new();
    let part = |(at, field): (usize, &&Field)| {
        let label = label(&field.name).filter(|label| labels.insert(label.clone()));
        let label = label.unwrap_or_else(|| format!("argument{}", at + 1));
        let shown = inline(&field.shape);
        let shown = match shown.len() > LINE / 2 {
            true => format!("{}[{}]", types.input.name, quote(&field.name)),
            false => shown,
        };
        format!("{label}{}: {shown}", if tool.parameters[at].required { "" } else { "?" })
    };
    Some(fields.iter().enumerate().map(part).collect::<Vec<_>>().join(", "))
}

fn may_be_object(shape: &Shape) -> bool {
    match shape {
        Shape::Unknown | Shape::Object(_) | Shape::Record(_) | Shape::Named(_) | Shape::Etc => true,
        Shape::Union(options) => options.iter().any(may_be_object),
        _ => false,
    }
}

/// A parameter's label: the key, if it can be one.
fn label(name: &str) -> Option<String> {
    const RESERVED: &str = "arguments await break case catch class const continue debugger default delete do else \
        enum eval export extends false finally for function if implements import in instanceof interface let new \
        null package private protected public return static super switch this throw true try typeof var void while \
        with yield";
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let label: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let label = if plain { label } else { label.trim_matches('_').to_owned() };
    let fits = label.contains(|c: char| c.is_ascii_alphabetic()) && !label.starts_with(|c: char| c.is_ascii_digit());
    let reserved = RESERVED.split_ascii_whitespace().any(|word| word == label);
    fits.then(|| if reserved { format!("{label}_") } else { label })
}

fn comment(server: &Server, tool: &Tool, types: &Types) -> String {
    let (text, cut) = docs::cut(&tool.description, docs::TOOL);
    let mut lines: Vec<String> = docs::comment(&text).lines().map(|line| line.trim_end().to_owned()).collect();
    match (tool.hints.destructive, tool.hints.read_only) {
        (_, Some(true)) => lines.push("Read-only.".into()),
        (Some(true), _) => lines.push("Destructive.".into()),
        _ => {}
    }
    if cut || types.cut() {
        lines.push(format!("Shortened; all of it is in {}", crate::api::definition_path(server, tool)));
    }
    match lines.is_empty() {
        true => String::new(),
        false => format!(
            "/**\n{} */\n",
            lines.iter().map(|line| format!(" * {line}").trim_end().to_owned() + "\n").collect::<String>()
        ),
    }
}
