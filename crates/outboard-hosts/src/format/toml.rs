//! TOML, with its comments and its order.

use super::no_table;
use crate::HostError;
use crate::error::line;
use serde_json::{Map, Number, Value};
use toml_edit::{Document, DocumentMut, Formatted, Item, Key, Table, TableLike};

pub(super) fn whole(text: &str) -> Result<Value, HostError> {
    let document = Document::parse(text).map_err(|error| HostError::toml(text, &error))?;
    Ok(table(document.as_table()))
}

fn table(from: &dyn TableLike) -> Value {
    let fields = from.iter().filter_map(|(key, item)| Some((key.to_owned(), item_value(item)?)));
    Value::Object(fields.collect::<Map<_, _>>())
}

fn item_value(item: &Item) -> Option<Value> {
    Some(match item {
        Item::None => return None,
        Item::Value(inner) => value(inner),
        Item::Table(inner) => table(inner),
        Item::ArrayOfTables(tables) => Value::Array(tables.iter().map(|inner| table(inner)).collect()),
    })
}

fn value(from: &toml_edit::Value) -> Value {
    match from {
        toml_edit::Value::String(text) => Value::String(text.value().clone()),
        toml_edit::Value::Integer(number) => Value::from(*number.value()),
        toml_edit::Value::Float(number) => Number::from_f64(*number.value()).map_or(Value::Null, Value::Number),
        toml_edit::Value::Boolean(flag) => Value::Bool(*flag.value()),
        toml_edit::Value::Datetime(time) => Value::String(time.value().to_string()),
        toml_edit::Value::Array(items) => Value::Array(items.iter().map(value).collect()),
        toml_edit::Value::InlineTable(inner) => table(inner),
    }
}

pub(super) fn lines(text: &str, keys: &[String]) -> Result<Vec<(String, usize)>, HostError> {
    let document = Document::parse(text).map_err(|error| HostError::toml(text, &error))?;
    let mut at: &dyn TableLike = document.as_table();
    for key in keys {
        match at.get(key).and_then(Item::as_table_like) {
            Some(inner) => at = inner,
            None => return Ok(Vec::new()),
        }
    }
    let place = |(name, item): (&str, &Item)| {
        let span = at.key(name).and_then(Key::span).or_else(|| item.span());
        (name.to_owned(), span.map_or(0, |span| line(text, span.start)))
    };
    Ok(at.iter().map(place).collect())
}

pub(super) fn insert(text: &str, keys: &[String], name: &str, entry: &Value) -> Result<String, HostError> {
    let mut document: DocumentMut = text.parse().map_err(|error| HostError::toml(text, &error))?;
    let mut at: &mut dyn TableLike = document.as_table_mut();
    let mut in_line = false;
    for (depth, key) in keys.iter().enumerate() {
        let item = at.entry(key).or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        in_line |= item.is_inline_table();
        at = item.as_table_like_mut().ok_or_else(|| no_table(&keys[..=depth]))?;
    }
    at.insert(name, item(entry, in_line)?);
    Ok(document.to_string())
}

pub(super) fn remove(text: &str, keys: &[String], name: &str) -> Result<String, HostError> {
    let mut document: DocumentMut = text.parse().map_err(|error| HostError::toml(text, &error))?;
    let mut at: &mut dyn TableLike = document.as_table_mut();
    for key in keys {
        match at.get_mut(key).and_then(Item::as_table_like_mut) {
            Some(inner) => at = inner,
            None => return Ok(text.to_owned()),
        }
    }
    at.remove(name);
    Ok(document.to_string())
}

fn item(entry: &Value, in_line: bool) -> Result<Item, HostError> {
    let toml_edit::Value::InlineTable(table) = inline(entry)? else {
        return Ok(Item::Value(inline(entry)?));
    };
    Ok(match in_line {
        true => Item::Value(table.into()),
        false => Item::Table(table.into_table()),
    })
}

fn inline(from: &Value) -> Result<toml_edit::Value, HostError> {
    Ok(match from {
        Value::Null => return Err(HostError::Unwritable("TOML has no null")),
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => match number.as_i64() {
            Some(number) => number.into(),
            None => toml_edit::Value::Float(Formatted::new(number.as_f64().unwrap_or_default())),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => {
            toml_edit::Value::Array(items.iter().map(inline).collect::<Result<toml_edit::Array, _>>()?)
        }
        Value::Object(fields) => {
            let pair = |(key, value): (&String, &Value)| Ok((Key::new(key), inline(value)?));
            let pairs = fields.iter().map(pair).collect::<Result<Vec<_>, HostError>>()?;
            toml_edit::Value::InlineTable(pairs.into_iter().collect())
        }
    })
}
