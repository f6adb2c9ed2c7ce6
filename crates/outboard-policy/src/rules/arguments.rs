//! Arguments as a rule reads them: once, only if a condition needs them, and exactly or not at all.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::cell::OnceCell;
use std::fmt;

/// Arguments longer than this are not read by conditions.
const MAX_BYTES: usize = 1 << 20;

/// What parsers disagree about: the first, the last or both may reach the tool.
const TWICE: &str = "a key is there twice";

/// The arguments of one call, or why they cannot be read.
pub(crate) struct Arguments<'a> {
    raw: Option<&'a RawValue>,
    read: OnceCell<Result<Value, &'static str>>,
}

impl<'a> Arguments<'a> {
    pub(crate) fn new(raw: Option<&'a RawValue>) -> Self {
        Self { raw, read: OnceCell::new() }
    }

    /// The value, read on first use.
    pub(crate) fn value(&self) -> Result<&Value, &'static str> {
        let read = self.read.get_or_init(|| match self.raw {
            None => Err("the arguments are not known"),
            Some(raw) if raw.get().len() > MAX_BYTES => Err("the arguments have more than 1 MiB"),
            Some(raw) => serde_json::from_str::<Exact>(raw.get()).map(|exact| exact.0).map_err(|error| {
                if error.to_string().contains(TWICE) {
                    "the arguments hold a key twice"
                } else {
                    "the arguments are not JSON that can be read"
                }
            }),
        });
        read.as_ref().map_err(|problem| *problem)
    }

    /// Bytes of JSON as sent.
    pub(crate) fn bytes(&self) -> usize {
        self.raw.map_or(0, |raw| raw.get().len())
    }
}

/// A value in which no object holds a key twice.
struct Exact(Value);

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ExactVisitor).map(Exact)
    }
}

struct ExactVisitor;

impl<'de> Visitor<'de> for ExactVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Exact>()? {
            list.push(item.0);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, value)) = entries.next_entry::<String, Exact>()? {
            if map.insert(key, value.0).is_some() {
                return Err(A::Error::custom(TWICE));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value, &'static str> {
        let raw = RawValue::from_string(text.to_owned()).unwrap();
        Arguments::new(Some(&raw)).value().cloned()
    }

    #[test]
    fn what_parsers_could_read_differently_is_not_read() {
        assert_eq!(read(r#"{"a":{"b":1,"c":[null,true,"x",-1,1.5]}}"#).unwrap()["a"]["b"], 1);
        assert_eq!(read(r#"{"a":1,"a":2}"#), Err("the arguments hold a key twice"));
        assert_eq!(read(r#"{"a":1,"\u0061":2}"#), Err("the arguments hold a key twice"));
        assert!(read(&format!("\"{}\"", "x".repeat(MAX_BYTES))).is_err());
        assert!(read("[1e999]").is_err());
    }
}
