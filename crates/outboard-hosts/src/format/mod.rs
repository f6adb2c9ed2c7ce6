//! Entries of a table of servers in JSON, TOML and YAML: read, put in, taken out. Each change is checked by
//! reading the result: exactly what was asked for differs.

mod json;
mod toml;
mod yaml;

use crate::{Format, HostError, LONGEST_FILE, MOST_SERVERS, Raw};
use serde_json::{Map, Value};

type Read<T> = fn(&str) -> Result<T, HostError>;
type Lines = fn(&str, &[String]) -> Result<Vec<(String, usize)>, HostError>;

/// What a format can do.
struct Editor {
    /// All of a text, as a value.
    whole: Read<Value>,
    /// The lines of the names of the table's entries.
    lines: Lines,
    insert: fn(&str, &[String], &str, &Value) -> Result<String, HostError>,
    remove: fn(&str, &[String], &str) -> Result<String, HostError>,
}

fn editor(format: Format) -> Editor {
    match format {
        Format::Json => Editor { whole: json::whole, lines: json::lines, insert: json::insert, remove: json::remove },
        Format::Toml => Editor { whole: toml::whole, lines: toml::lines, insert: toml::insert, remove: toml::remove },
        Format::Yaml => Editor { whole: yaml::whole, lines: yaml::lines, insert: yaml::insert, remove: yaml::remove },
    }
}

/// The entries of the table that the keys lead to; none where there is no such table.
///
/// # Errors
/// If the text is not of its format, or something else stands in the table's place.
pub fn raw_entries(format: Format, text: &str, keys: &[String]) -> Result<Vec<Raw>, HostError> {
    Ok(entries_there(format, text, keys)?.unwrap_or_default())
}

/// The same, but `None` where there is no such table.
pub(crate) fn entries_there(format: Format, text: &str, keys: &[String]) -> Result<Option<Vec<Raw>>, HostError> {
    let editor = editor(format);
    let mut whole = (editor.whole)(fits(text)?)?;
    let Some(table) = below(&mut whole, keys)? else { return Ok(None) };
    if table.len() > MOST_SERVERS {
        return Err(HostError::TooMany);
    }
    let lines = (editor.lines)(text, keys)?;
    let line = |name: &str| lines.iter().find(|(known, _)| known == name).map_or(0, |(_, line)| *line);
    let table = std::mem::take(table);
    Ok(Some(table.into_iter().map(|(name, value)| Raw { line: line(&name), name, value }).collect()))
}

/// The text with an entry put in, or put in another's place.
///
/// # Errors
/// As of [`raw_entries`], and if the text is written so that nothing can be put in alone.
pub fn insert(format: Format, text: &str, keys: &[String], name: &str, entry: &Value) -> Result<String, HostError> {
    let editor = editor(format);
    let mut expected = (editor.whole)(fits(text)?)?;
    let table = made(&mut expected, keys)?;
    table.insert(name.to_owned(), entry.clone());
    let after = (editor.insert)(text, keys, name, entry)?;
    proven(&editor, after, &expected)
}

/// The text without some entries; what is not there is not missed.
///
/// # Errors
/// As of [`insert`].
pub fn remove(format: Format, text: &str, keys: &[String], names: &[String]) -> Result<String, HostError> {
    let editor = editor(format);
    let mut expected = (editor.whole)(fits(text)?)?;
    let mut after = text.to_owned();
    for name in names {
        if below(&mut expected, keys)?.and_then(|table| table.shift_remove(name)).is_some() {
            after = (editor.remove)(&after, keys, name)?;
        }
    }
    proven(&editor, after, &expected)
}

fn fits(text: &str) -> Result<&str, HostError> {
    if text.len() > LONGEST_FILE { Err(HostError::TooLong(text.len())) } else { Ok(text) }
}

/// A change that touched anything else is none.
fn proven(editor: &Editor, after: String, expected: &Value) -> Result<String, HostError> {
    match (editor.whole)(&after) {
        Ok(found) if same(&found, expected) => Ok(after),
        _ => Err(HostError::Unwritable("it is written in an unusual way")),
    }
}

/// Whether two texts mean the same; a file of nothing means an empty table, and so does a table of nothing.
fn same(found: &Value, expected: &Value) -> bool {
    let nothing = |value: &Value| value.is_null() || value.as_object().is_some_and(Map::is_empty);
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            let keys = found.keys().chain(expected.keys());
            keys.into_iter()
                .all(|key| same(found.get(key).unwrap_or(&Value::Null), expected.get(key).unwrap_or(&Value::Null)))
        }
        _ => found == expected || (nothing(found) && nothing(expected)),
    }
}

fn below<'v>(whole: &'v mut Value, keys: &[String]) -> Result<Option<&'v mut Map<String, Value>>, HostError> {
    let mut at = whole;
    for (depth, key) in keys.iter().enumerate() {
        let table = match at {
            Value::Null => return Ok(None),
            Value::Object(table) => table,
            _ => return Err(no_table(&keys[..depth])),
        };
        match table.get_mut(key) {
            Some(inner) => at = inner,
            None => return Ok(None),
        }
    }
    match at {
        Value::Null => Ok(None),
        Value::Object(table) => Ok(Some(table)),
        _ => Err(no_table(keys)),
    }
}

fn made<'v>(whole: &'v mut Value, keys: &[String]) -> Result<&'v mut Map<String, Value>, HostError> {
    let mut at = whole;
    for (depth, key) in keys.iter().enumerate() {
        at = table_of(at, &keys[..depth])?.entry(key.clone()).or_insert(Value::Null);
    }
    table_of(at, keys)
}

fn table_of<'v>(value: &'v mut Value, keys: &[String]) -> Result<&'v mut Map<String, Value>, HostError> {
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().ok_or_else(|| no_table(keys))
}

fn no_table(keys: &[String]) -> HostError {
    HostError::NoTable(if keys.is_empty() { "the file".into() } else { keys.join(".") })
}
