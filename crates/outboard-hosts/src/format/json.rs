//! JSON with comments, as editors let people write it.

use super::no_table;
use crate::HostError;
use crate::error::line;
use jsonc_parser::ast::{ObjectProp, Value as Node};
use jsonc_parser::common::Ranged;
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};
use jsonc_parser::errors::ParseError;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::Value;

/// What clients themselves take; anything looser would be read here and refused there.
fn options() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

const MARK: char = '\u{feff}';

fn syntax(text: &str, error: &ParseError) -> HostError {
    HostError::Syntax { format: "JSON", line: line(text, error.range().start), message: error.kind().to_string() }
}

fn ast(text: &str) -> Result<Option<Node<'_>>, HostError> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options());
    Ok(parsed.map_err(|error| syntax(text, &error))?.value)
}

pub(super) fn whole(text: &str) -> Result<Value, HostError> {
    let text = text.strip_prefix(MARK).unwrap_or(text);
    Ok(ast(text)?.map_or(Value::Null, Value::from))
}

pub(super) fn lines(text: &str, keys: &[String]) -> Result<Vec<(String, usize)>, HostError> {
    let text = text.strip_prefix(MARK).unwrap_or(text);
    let Some(mut at) = ast(text)? else { return Ok(Vec::new()) };
    for key in keys {
        let Node::Object(object) = at else { return Ok(Vec::new()) };
        // The last of several counts, as everywhere.
        let inner = object.properties.into_iter().rev().find(|property| property.name.as_str() == key);
        let Some(property) = inner else { return Ok(Vec::new()) };
        at = property.value;
    }
    let Node::Object(object) = at else { return Ok(Vec::new()) };
    let place = |property: &ObjectProp<'_>| (property.name.as_str().to_owned(), line(text, property.start()));
    Ok(object.properties.iter().map(place).collect())
}

pub(super) fn insert(text: &str, keys: &[String], name: &str, entry: &Value) -> Result<String, HostError> {
    edited(text, |root| {
        let mut table = root.object_value_or_create().ok_or_else(|| no_table(&[]))?;
        for (depth, key) in keys.iter().enumerate() {
            table = table.object_value_or_create(key).ok_or_else(|| no_table(&keys[..=depth]))?;
        }
        match table.get(name) {
            Some(property) => property.set_value(input(entry)),
            None => drop(table.append(name, input(entry))),
        }
        Ok(())
    })
}

pub(super) fn remove(text: &str, keys: &[String], name: &str) -> Result<String, HostError> {
    edited(text, |root| {
        let below = |table: Option<CstObject>, key: &String| table?.object_value(key);
        let table = keys.iter().fold(root.object_value(), below);
        if let Some(property) = table.and_then(|table| table.get(name)) {
            property.remove();
        }
        Ok(())
    })
}

/// Changes the tree of a text; a byte order mark stays where it was.
fn edited(text: &str, change: impl FnOnce(&CstRootNode) -> Result<(), HostError>) -> Result<String, HostError> {
    let plain = text.strip_prefix(MARK).unwrap_or(text);
    let root = CstRootNode::parse(plain, &options()).map_err(|error| syntax(plain, &error))?;
    change(&root)?;
    let mark = if plain.len() < text.len() { MARK.to_string() } else { String::new() };
    Ok(format!("{mark}{root}"))
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(flag) => CstInputValue::Bool(*flag),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(input).collect()),
        Value::Object(table) => {
            CstInputValue::Object(table.iter().map(|(key, value)| (key.clone(), input(value))).collect())
        }
    }
}
