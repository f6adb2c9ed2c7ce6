//! Turns a schema violation into a sentence that names the place and the fix.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use outboard_catalog::{Tool, nearest};
use outboard_types::{ErrorCode, ToolError};
use serde_json::Value;

/// Violations told at once; a program with more has a deeper misunderstanding than a longer list would cure.
const TOLD: usize = 4;

/// Longest excerpt of a wrong value.
const EXCERPT: usize = 60;

pub(super) fn not_an_object(tool: &Tool, arguments: &Value) -> ToolError {
    let message = format!("{} takes one object of arguments, not {}", tool.id, excerpt(arguments));
    ToolError::new(ErrorCode::InvalidArguments, message).on(&tool.id).hint(expected(tool))
}

pub(super) fn refusal<'a>(tool: &Tool, errors: impl Iterator<Item = ValidationError<'a>>) -> ToolError {
    let told: Vec<String> = errors.take(TOLD).map(|error| sentence(tool, &error)).collect();
    ToolError::new(ErrorCode::InvalidArguments, told.join("; ")).on(&tool.id).hint(expected(tool))
}

fn sentence(tool: &Tool, error: &ValidationError<'_>) -> String {
    let place = place(&error.instance_path().to_string());
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            format!("{place}{} is required and missing", dotted(&place, property.as_str().unwrap_or("?")))
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = tool.parameters.iter().map(|parameter| parameter.name.as_str());
            let close = unexpected.first().map(|name| nearest(name, known, 1)).unwrap_or_default();
            let meant = close.first().map(|name| format!(" (did you mean {name:?}?)")).unwrap_or_default();
            format!("{}unknown argument {}{meant}", prefix(&place), quoted(unexpected))
        }
        _ => format!("{}{}", prefix(&place), cut(&error.to_string(), 200)),
    }
}

/// `/items/0/name` as `items[0].name`.
fn place(pointer: &str) -> String {
    let mut text = String::new();
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        match part.parse::<usize>() {
            Ok(index) => text.push_str(&format!("[{index}]")),
            Err(_) if text.is_empty() => text.push_str(&part),
            Err(_) => text.push_str(&format!(".{part}")),
        }
    }
    text
}

fn dotted(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!(".{name}") }
}

fn prefix(place: &str) -> String {
    if place.is_empty() { String::new() } else { format!("{place}: ") }
}

fn quoted(names: &[String]) -> String {
    names.iter().take(TOLD).map(|name| format!("{:?}", cut(name, EXCERPT))).collect::<Vec<_>>().join(", ")
}

/// The arguments in call order, optional ones marked.
fn expected(tool: &Tool) -> String {
    let names = tool.parameters.iter().take(20).map(|parameter| match parameter.required {
        true => parameter.name.clone(),
        false => format!("{}?", parameter.name),
    });
    format!("arguments: {{ {} }}", names.collect::<Vec<_>>().join(", "))
}

fn excerpt(value: &Value) -> String {
    cut(&value.to_string(), EXCERPT)
}

fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_read_like_code() {
        assert_eq!(place(""), "");
        assert_eq!(place("/items/0/name"), "items[0].name");
        assert_eq!(place("/a~1b"), "a/b");
    }
}
