//! Shapes as TypeScript.

use crate::docs;
use crate::quote::typescript as quote;
use crate::shape::{Field, Object, Rest, Shape, Tuple};
use serde_json::Value;
use std::collections::HashSet;

/// Longer types are written on several lines, and in parameters by reference.
pub(super) const LINE: usize = 80;

/// A type by name. An alias, not an interface: a value of it is then also a record of unknown values, which
/// is what many tools take.
pub(super) fn declaration(name: &str, shape: &Shape) -> String {
    match shape {
        Shape::Object(object) if !object.fields.is_empty() => format!("export type {name} = {};\n", block(object, 0)),
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
    if object.rest == Rest::Open {
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
    let own = matches!(shape, Shape::Object(object) if object.fields.iter().any(|field| !field.doc.is_empty()));
    own || shape.children().into_iter().any(has_docs)
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
        Shape::Never => "never".into(),
        Shape::Null => "null".into(),
        Shape::Boolean => "boolean".into(),
        Shape::Integer | Shape::Number => "number".into(),
        Shape::Text => "string".into(),
        Shape::Literal(values) => values.iter().map(literal).collect::<Vec<_>>().join(" | "),
        Shape::List(item) => list(item),
        Shape::Tuple(tuple) => inline_tuple(tuple),
        // The short form may not lead back to the type that it stands in.
        Shape::Record(values) if has_names(values) => format!("{{ [key: string]: {} }}", inline(values)),
        Shape::Record(values) => format!("Record<string, {}>", inline(values)),
        Shape::Object(object) => inline_object(object),
        Shape::Union(options) => {
            let mut texts: Vec<String> = options.iter().map(inline).collect();
            // Integers and numbers are one here.
            let mut seen = HashSet::new();
            texts.retain(|text| seen.insert(text.clone()));
            texts.join(" | ")
        }
        Shape::Named(name) => name.clone(),
        Shape::Etc => "…".into(),
    }
}

fn list(item: &Shape) -> String {
    let item_text = inline(item);
    let several = match item {
        Shape::Union(_) => true,
        Shape::Literal(values) => values.len() > 1,
        _ => false,
    };
    if several { format!("({item_text})[]") } else { format!("{item_text}[]") }
}

fn inline_tuple(tuple: &Tuple) -> String {
    let item = |(at, item): (usize, &Shape)| match at < tuple.required {
        true => inline(item),
        false => match item {
            Shape::Union(_) | Shape::Literal(_) => format!("({})?", inline(item)),
            item => format!("{}?", inline(item)),
        },
    };
    let items = tuple.items.iter().enumerate().map(item);
    let rest = tuple.rest.as_ref().map(|rest| format!("...{}", list(rest)));
    format!("[{}]", items.chain(rest).collect::<Vec<_>>().join(", "))
}

fn inline_object(object: &Object) -> String {
    let mut parts: Vec<String> = object.fields.iter().map(inline_field).collect();
    if parts.is_empty() {
        return if object.rest == Rest::Closed { "Record<string, never>" } else { "Record<string, unknown>" }.into();
    }
    if object.rest == Rest::Open {
        parts.push("[key: string]: unknown".into());
    }
    format!("{{ {} }}", parts.join("; "))
}

/// One field of a type on one line.
fn inline_field(field: &Field) -> String {
    match field.shape {
        Shape::Etc if field.name.is_empty() => "…".into(),
        _ => format!("{}: {}", key(field), inline(&field.shape)),
    }
}

fn literal(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), quote)
}

fn has_names(shape: &Shape) -> bool {
    matches!(shape, Shape::Named(_)) || shape.children().into_iter().any(has_names)
}
