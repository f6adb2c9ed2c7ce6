//! A span, before it is written in any format.

use outboard_types::{SpanId, TraceId};
use std::sync::Arc;

/// Which side of a request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Neither.
    Internal = 1,
    /// The one that asks.
    Client = 3,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// Yes or no.
    Flag(bool),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

/// Attributes in the order in which they were added.
pub(crate) type Attributes = Vec<(&'static str, Value)>;

/// A moment of a span.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When, in microseconds since 1970.
    pub at_us: u64,
    /// What it is.
    pub name: &'static str,
    /// What is known about it.
    pub attributes: Attributes,
}

/// Another span that has to do with this one.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Its trace.
    pub trace: TraceId,
    /// The span there.
    pub span: SpanId,
    /// Why it is linked.
    pub attributes: Attributes,
}

/// Something that took time.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Its trace.
    pub trace: TraceId,
    /// Its id there.
    pub id: SpanId,
    /// The span that it is a part of.
    pub parent: Option<SpanId>,
    /// What tracing systems noted on the way here.
    pub state: Option<Arc<str>>,
    /// Its name; few different ones.
    pub name: String,
    /// Which side of a request it is.
    pub kind: Kind,
    /// When it began, in microseconds since 1970.
    pub start_us: u64,
    /// When it ended.
    pub end_us: u64,
    /// What is known about it.
    pub attributes: Attributes,
    /// Its moments.
    pub events: Vec<Event>,
    /// Other spans that have to do with it.
    pub links: Vec<Link>,
    /// The code with which it failed, where it did.
    pub failure: Option<String>,
}

impl Span {
    /// Adds an attribute.
    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        self.attributes.push((name, value.into()));
    }

    /// Adds an attribute where there is a value.
    pub(crate) fn set_some(&mut self, name: &'static str, value: Option<impl Into<Value>>) {
        self.attributes.extend(value.map(|value| (name, value.into())));
    }

    /// Marks it as failed.
    pub(crate) fn fail(&mut self, code: &str) {
        self.set(crate::names::ERROR, code);
        self.failure = Some(code.to_owned());
    }

    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// The text of an attribute.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number of an attribute.
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }
}
