//! Reads one result as it streams by: no tree of values, no copy of a string.

use crate::error::ObserveError;
use crate::limits::{Budget, MAX_RESULT};
use crate::names::{Class, is_word};
use crate::node::Node;
use crate::object::{Object, Slot};
use crate::variants::{Keys, Variants};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The shape of one result alone.
pub(crate) fn skim(json: &str, mut budget: Budget) -> Result<Node, ObserveError> {
    if json.len() > MAX_RESULT {
        return Err(ObserveError::TooLarge { bytes: json.len(), max: MAX_RESULT });
    }
    let mut node = Node::default();
    let mut reader = serde_json::Deserializer::from_str(json);
    let value = Place { node: &mut node, budget: &mut budget, depth: 0, class: Class::Plain, tag: false };
    value
        .deserialize(&mut reader)
        .and_then(|_| reader.end())
        .map_err(|error| ObserveError::NotJson { line: error.line(), column: error.column() })?;
    Ok(node)
}

/// One value on its way into its place. Gives the word back if it is the value of a tag.
struct Place<'n, 'b> {
    node: &'n mut Node,
    budget: &'b mut Budget,
    depth: usize,
    class: Class,
    tag: bool,
}

impl<'de> DeserializeSeed<'de> for Place<'_, '_> {
    type Value = Option<Box<str>>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        if self.node.unknown {
            return reader.deserialize_ignored_any(IgnoredAny).map(|_| None);
        }
        self.budget.value();
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_, '_> {
    type Value = Option<Box<str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        self.node.nulls += 1;
        Ok(None)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        self.node.booleans += 1;
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        self.node.integers += 1;
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        self.node.integers += 1;
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        self.node.fractions += 1;
        Ok(None)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        self.node.text.get_or_insert_default().absorb(text, self.class);
        Ok((self.tag && is_word(text, Class::Tag)).then(|| text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let Self { node, budget, depth, class, .. } = self;
        if node.list.is_none() {
            let item = if depth < budget.depth { Node::within(budget) } else { Node::unknown() };
            node.list.get_or_insert_default().item = item;
        }
        let Some(list) = node.list.as_deref_mut() else { return Ok(None) };
        list.count += 1;
        for at in 0.. {
            let more = match budget.passes(at) {
                true => items.next_element::<IgnoredAny>()?.is_some(),
                false => {
                    let item = Place { node: &mut list.item, budget, depth: depth + 1, class, tag: false };
                    items.next_element_seed(item)?.is_some()
                }
            };
            if !more {
                break;
            }
        }
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let Self { node, budget, depth, class, .. } = self;
        let object = node.object.get_or_insert_default();
        if depth >= budget.depth {
            **object = Object::anything();
            while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(None);
        }
        let (mut present, mut tags) = (Keys::default(), Vec::new());
        let mut at = 0;
        while let Some(slot) = entries.next_key_seed(KeyOf { object, hint: at, budget })? {
            at += 1;
            match slot {
                Slot::Field(at) => {
                    let field = &mut object.fields[at];
                    let (class, tag) = (field.class, field.class == Class::Tag);
                    let value = Place { node: &mut field.node, budget, depth: depth + 1, class, tag };
                    let word = entries.next_value_seed(value)?;
                    if !present.has(at) {
                        present.insert(at);
                        field.objects += 1;
                        tags.extend(word.map(|word| (at, word)));
                    } else {
                        // Twice the same key: which value counts is up to the reader, so it tells no variant.
                        tags.retain(|(tag, _)| *tag != at);
                    }
                }
                Slot::Rest if budget.passes(at) => drop(entries.next_value::<IgnoredAny>()?),
                Slot::Rest => {
                    let rest = object.rest.get_or_insert_with(|| Box::new(Node::within(budget)));
                    entries.next_value_seed(Place { node: rest, budget, depth: depth + 1, class, tag: false })?;
                }
                Slot::Nowhere => {
                    object.rest = Some(Box::new(Node::unknown()));
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Variants::absorb_all(&mut object.variants, object.count == 0, present, &tags);
        object.count += 1;
        Ok(None)
    }
}

/// Looks a key up without copying it.
struct KeyOf<'o, 'b> {
    object: &'o mut Object,
    hint: usize,
    budget: &'b mut Budget,
}

impl<'de> DeserializeSeed<'de> for KeyOf<'_, '_> {
    type Value = Slot;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Slot, D::Error> {
        reader.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyOf<'_, '_> {
    type Value = Slot;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Slot, E> {
        Ok(self.object.slot(key, self.hint, self.budget))
    }
}
