//! YAML, read as events with their places, and changed by whole lines, so that all others stay as they are.

use super::no_table;
use crate::HostError;
use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use serde_json::{Map, Value};

/// Most events of a file, and how deep they may be nested.
const MOST: usize = 200_000;
const DEEPEST: usize = 64;

/// A value and where it stands.
struct Node {
    value: Value,
    /// The first line, from 1, and the column of its beginning.
    line: usize,
    column: usize,
    /// The last line that belongs to it.
    last: usize,
    /// Names and places of a mapping's fields.
    fields: Vec<(String, usize, usize, Node)>,
    /// Whether it is written with braces.
    flow: bool,
}

fn syntax(line: usize, message: impl Into<String>) -> HostError {
    HostError::Syntax { format: "YAML", line, message: message.into() }
}

fn root(text: &str) -> Result<Option<Node>, HostError> {
    let mut events = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| syntax(error.marker().line(), error.info()))?;
        match event {
            _ if events.len() >= MOST => return Err(syntax(span.start.line(), "holds too much")),
            Event::Alias(_) => return Err(syntax(span.start.line(), "anchors and aliases are not read")),
            Event::DocumentStart(_) if !events.is_empty() => {
                return Err(syntax(span.start.line(), "holds more than one document"));
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {}
            other => events.push((other, span)),
        }
    }
    let lines: Vec<&str> = text.lines().collect();
    node(&mut events.into_iter(), 0, &lines)
}

/// The next value; `None` at the end of what it stands in.
fn node<'e>(
    events: &mut impl Iterator<Item = (Event<'e>, Span)>,
    depth: usize,
    lines: &[&str],
) -> Result<Option<Node>, HostError> {
    let Some((event, span)) = events.next() else { return Ok(None) };
    let (line, column) = (span.start.line(), span.start.col());
    if depth > DEEPEST {
        return Err(syntax(line, "is nested too deeply"));
    }
    let flow = lines.get(line.saturating_sub(1)).and_then(|text| text.chars().nth(column)) == Some('{');
    let made = |value, last, fields| Ok(Some(Node { value, line, column, last, fields, flow }));
    match event {
        Event::Scalar(text, style, ..) => {
            let last = match style {
                ScalarStyle::Literal | ScalarStyle::Folded => end_of_block(line, lines),
                _ if span.end.col() == 0 => span.end.line().saturating_sub(1),
                _ => span.end.line(),
            };
            made(scalar(&text, style), last.max(line), Vec::new())
        }
        Event::SequenceStart(..) => {
            let (mut items, mut last) = (Vec::new(), line);
            while let Some(item) = node(events, depth + 1, lines)? {
                last = last.max(item.last);
                items.push(item.value);
            }
            made(Value::Array(items), last, Vec::new())
        }
        Event::MappingStart(..) => {
            let (mut map, mut fields, mut last) = (Map::new(), Vec::new(), line);
            while let Some(key) = node(events, depth + 1, lines)? {
                let Value::String(name) = text_of(&key.value) else { return Err(syntax(key.line, "a key is no text")) };
                let Some(value) = node(events, depth + 1, lines)? else { return Err(syntax(key.line, "a key alone")) };
                last = last.max(key.last).max(value.last);
                if map.insert(name.clone(), value.value.clone()).is_some() {
                    return Err(syntax(key.line, "a key stands twice"));
                }
                fields.push((name, key.line, key.column, value));
            }
            made(Value::Object(map), last, fields)
        }
        _ => Ok(None),
    }
}

/// The last line of a text that begins below `line`: all that are indented as its first one is, or more.
fn end_of_block(line: usize, lines: &[&str]) -> usize {
    let indent = |text: &str| text.len() - text.trim_start_matches(' ').len();
    let below = || lines.iter().enumerate().skip(line).filter(|(_, text)| !text.trim().is_empty());
    let Some(first) = below().next().map(|(_, text)| indent(text)) else { return line };
    below().take_while(|(_, text)| indent(text) >= first.max(1)).last().map_or(line, |(at, _)| at + 1)
}

fn text_of(value: &Value) -> Value {
    match value {
        Value::Array(_) | Value::Object(_) => Value::Null,
        Value::String(text) => Value::String(text.clone()),
        other => Value::String(other.to_string()),
    }
}

/// What a word without quotes means.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
            let number = text.parse::<i64>().map(Value::from).ok();
            let float = || text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from);
            number.or_else(float).unwrap_or_else(|| Value::String(text.to_owned()))
        }
        _ => Value::String(text.to_owned()),
    }
}

pub(super) fn whole(text: &str) -> Result<Value, HostError> {
    Ok(root(text)?.map_or(Value::Null, |node| node.value))
}

/// The table that the keys lead to, and the place of its own key.
fn table(mut at: Node, keys: &[String]) -> Option<(usize, usize, Node)> {
    let mut place = (at.line, at.column);
    for key in keys {
        let found = at.fields.into_iter().find(|(name, ..)| name == key)?;
        (place, at) = ((found.1, found.2), found.3);
    }
    Some((place.0, place.1, at))
}

pub(super) fn lines(text: &str, keys: &[String]) -> Result<Vec<(String, usize)>, HostError> {
    let found = root(text)?.and_then(|root| table(root, keys));
    let fields = found.map(|(_, _, node)| node.fields).unwrap_or_default();
    Ok(fields.into_iter().map(|(name, line, ..)| (name, line)).collect())
}

pub(super) fn insert(text: &str, keys: &[String], name: &str, entry: &Value) -> Result<String, HostError> {
    let text = remove(text, keys, name)?;
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let found = root(&text)?.map(|root| table(root, keys)).unwrap_or_default();
    match found {
        Some((_, _, node)) if !node.fields.is_empty() => {
            if node.flow {
                return Err(HostError::Unwritable("its extensions stand between braces"));
            }
            let column = node.fields[0].2;
            lines.splice(node.last..node.last, written(name, entry, column));
        }
        Some((line, column, node)) => {
            let empty = node.value.is_null() || node.value == Value::Object(Map::new());
            let (Some(key), true) = (keys.last(), empty) else { return Err(no_table(keys)) };
            let head = format!("{}{}:", " ".repeat(column), quoted_if_needed(key));
            lines.splice(line - 1..node.last.max(line), [head].into_iter().chain(written(name, entry, column + 2)));
        }
        None => {
            let [key] = keys else { return Err(no_table(keys)) };
            lines.push(format!("{}:", quoted_if_needed(key)));
            lines.extend(written(name, entry, 2));
        }
    }
    Ok(joined(&lines, &text))
}

pub(super) fn remove(text: &str, keys: &[String], name: &str) -> Result<String, HostError> {
    let Some((line, column, node)) = root(text)?.and_then(|root| table(root, keys)) else { return Ok(text.to_owned()) };
    let Some((_, start, _, value)) = node.fields.iter().find(|(known, ..)| known == name) else {
        return Ok(text.to_owned());
    };
    if node.flow {
        return Err(HostError::Unwritable("its extensions stand between braces"));
    }
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.drain(start - 1..value.last.max(*start));
    if let (1, Some(key)) = (node.fields.len(), keys.last()) {
        lines[line - 1] = format!("{}{}: {{}}", " ".repeat(column), quoted_if_needed(key));
    }
    Ok(joined(&lines, text))
}

fn joined(lines: &[String], before: &str) -> String {
    let end = if before.contains("\r\n") { "\r\n" } else { "\n" };
    lines.iter().map(|line| format!("{line}{end}")).collect()
}

/// An entry as lines; texts stand in quotes, so that none of them can mean anything else.
fn written(name: &str, entry: &Value, column: usize) -> Vec<String> {
    let (pad, deeper) = (" ".repeat(column), " ".repeat(column + 2));
    let key = quoted_if_needed(name);
    match entry {
        Value::Object(fields) if !fields.is_empty() => {
            let inner = fields.iter().flat_map(|(name, value)| written(name, value, column + 2));
            std::iter::once(format!("{pad}{key}:")).chain(inner).collect()
        }
        Value::Array(items) if !items.is_empty() => {
            let inner = items.iter().map(|item| format!("{deeper}- {item}"));
            std::iter::once(format!("{pad}{key}:")).chain(inner).collect()
        }
        other => vec![format!("{pad}{key}: {other}")],
    }
}

fn quoted_if_needed(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
        && scalar(name, ScalarStyle::Plain).is_string();
    if plain { name.to_owned() } else { Value::from(name).to_string() }
}
