//! The fields of one entry, read with their types and without trust.

use crate::Refused;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Longest text of a field, in bytes, and most items of a list or a table.
const LONGEST: usize = 64 << 10;
const MOST: usize = 1_000;

pub(crate) struct Fields<'a> {
    entry: &'a Map<String, Value>,
    text: &'a dyn Fn(&str) -> Result<String, Refused>,
    known: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Fields<'a> {
    /// Reads fields; `text` turns each text into our words.
    pub(crate) fn new(entry: &'a Map<String, Value>, text: &'a dyn Fn(&str) -> Result<String, Refused>) -> Self {
        Self { entry, text, known: RefCell::default() }
    }

    /// Notes that a field means something, or that it need not be told.
    pub(crate) fn know(&self, keys: &[&'static str]) {
        self.known.borrow_mut().extend(keys);
    }

    /// Fields that nobody asked for.
    pub(crate) fn left(&self) -> Vec<String> {
        let known = self.known.borrow();
        let left = self.entry.keys().filter(|key| !known.contains(key.as_str()));
        left.map(|key| key.chars().filter(|c| !c.is_control()).take(64).collect()).take(20).collect()
    }

    /// The first of these fields that is there and not null.
    pub(crate) fn get(&self, keys: &[&'static str]) -> Option<(&'static str, &'a Value)> {
        self.know(keys);
        keys.iter().find_map(|key| Some((*key, self.entry.get(*key).filter(|value| !value.is_null())?)))
    }

    fn read(&self, key: &str, value: &Value) -> Result<String, Refused> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            _ => return Err(wrong(key, "a text", value)),
        };
        if text.len() > LONGEST || text.contains('\0') {
            return Err(Refused(format!("{key}: longer than {LONGEST} bytes, or not a text")));
        }
        (self.text)(&text).map_err(|refused| Refused(format!("{key}: {refused}")))
    }

    pub(crate) fn text(&self, keys: &[&'static str]) -> Result<Option<String>, Refused> {
        self.get(keys).map(|(key, value)| self.read(key, value)).transpose()
    }

    pub(crate) fn flag(&self, keys: &[&'static str]) -> Result<Option<bool>, Refused> {
        let flag = |(key, value): (&str, &Value)| value.as_bool().ok_or_else(|| wrong(key, "true or false", value));
        self.get(keys).map(flag).transpose()
    }

    pub(crate) fn number(&self, keys: &[&'static str]) -> Result<Option<f64>, Refused> {
        let number = |(key, value): (&str, &Value)| {
            let given = value.as_f64().filter(|number| number.is_finite() && *number > 0.0);
            given.ok_or_else(|| wrong(key, "a number above 0", value))
        };
        self.get(keys).map(number).transpose()
    }

    pub(crate) fn list(&self, keys: &[&'static str]) -> Result<Vec<String>, Refused> {
        let Some((key, value)) = self.get(keys) else { return Ok(Vec::new()) };
        let items = value.as_array().ok_or_else(|| wrong(key, "a list of texts", value))?;
        few(key, items.len())?;
        items.iter().map(|item| self.read(key, item)).collect()
    }

    pub(crate) fn map(&self, keys: &[&'static str]) -> Result<BTreeMap<String, String>, Refused> {
        let Some((key, value)) = self.get(keys) else { return Ok(BTreeMap::new()) };
        let table = value.as_object().ok_or_else(|| wrong(key, "a table of texts", value))?;
        few(key, table.len())?;
        let named = table.iter().filter(|(_, value)| !value.is_null());
        named.map(|(name, value)| Ok((plain(key, name)?, self.read(key, value)?))).collect()
    }

    pub(crate) fn is_list(&self, key: &'static str) -> bool {
        self.entry.get(key).is_some_and(Value::is_array)
    }
}

fn few(key: &str, items: usize) -> Result<(), Refused> {
    if items > MOST { Err(Refused(format!("{key}: more than {MOST} items"))) } else { Ok(()) }
}

/// A name of a variable or a header.
fn plain(key: &str, name: &str) -> Result<String, Refused> {
    let usable = !name.is_empty() && name.len() <= 256 && !name.contains(|c: char| c.is_control() || c == '=');
    if usable { Ok(name.to_owned()) } else { Err(Refused(format!("{key}: holds a name that is not usable"))) }
}

/// Names the type found, never the value: it may be a secret.
fn wrong(key: &str, expected: &str, found: &Value) -> Refused {
    let found = if found.is_array() || found.is_object() { "something with parts" } else { "a single value" };
    Refused(format!("{key}: expected {expected}, found {found}"))
}
