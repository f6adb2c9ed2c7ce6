//! One place of a shape: which kinds of values were seen there, how often, and what lies below.

use crate::formats::Formats;
use crate::limits::{Budget, Seen};
use crate::names::Class;
use crate::object::Object;
use crate::words::{Salt, Words};
use serde::{Deserialize, Serialize};

/// What a merge has to know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Merging {
    pub(crate) salt: Salt,
    /// Deepest place that is kept.
    pub(crate) depth: usize,
    /// No words: the shape is too large for them.
    pub(crate) frugal: bool,
    /// Two shapes are merged, not a shape and a result.
    pub(crate) shapes: bool,
}

fn none(count: &u64) -> bool {
    *count == 0
}

fn no_format(formats: &u8) -> bool {
    *formats == 0
}

/// A place. Counts are of values, not of results.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Node {
    /// A limit was hit here: anything may be.
    #[serde(rename = "u", default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) unknown: bool,
    #[serde(rename = "z", default, skip_serializing_if = "none")]
    pub(crate) nulls: u64,
    #[serde(rename = "b", default, skip_serializing_if = "none")]
    pub(crate) booleans: u64,
    #[serde(rename = "i", default, skip_serializing_if = "none")]
    pub(crate) integers: u64,
    #[serde(rename = "f", default, skip_serializing_if = "none")]
    pub(crate) fractions: u64,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<Box<Text>>,
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub(crate) list: Option<Box<List>>,
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub(crate) object: Option<Box<Object>>,
}

/// The strings of a place.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Text {
    /// Results with strings here; while one is read, none.
    #[serde(rename = "r")]
    pub(crate) results: u32,
    #[serde(rename = "f", default, skip_serializing_if = "no_format")]
    formats: u8,
    #[serde(rename = "w", default = "Words::over", skip_serializing_if = "Words::is_over")]
    pub(crate) words: Words,
}

impl Text {
    pub(crate) fn absorb(&mut self, text: &str, class: Class) {
        let mut formats = Formats(self.formats);
        if self.results == 0 {
            (formats, self.results) = (Formats::default(), 1);
        }
        if formats.0 != 0 {
            formats.narrow(text);
        }
        self.formats = formats.0;
        self.words.absorb(text, class);
    }

    pub(crate) fn format(&self) -> Option<&'static str> {
        Formats(self.formats).name()
    }

    fn merge(&mut self, other: Self, how: Merging) {
        self.formats = if self.results == 0 { other.formats } else { self.formats & other.formats };
        self.results = self.results.saturating_add(other.results);
        self.words.merge(other.words, self.results, how.salt);
        if how.frugal {
            self.words.give_up();
        }
    }
}

/// The lists of a place; all their items are one place.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct List {
    #[serde(rename = "c")]
    pub(crate) count: u64,
    #[serde(rename = "n")]
    pub(crate) item: Node,
}

impl Node {
    pub(crate) fn unknown() -> Self {
        Self { unknown: true, ..Self::default() }
    }

    /// Anything, where no further place may be made.
    pub(crate) fn within(budget: &mut Budget) -> Self {
        if budget.place() { Self::default() } else { Self::unknown() }
    }

    /// Nothing was seen here, or only null: no type can be told.
    pub(crate) fn is_blank(&self) -> bool {
        self.unknown || self.kinds() == 0
    }

    /// Which kinds were seen, as bits; null does not count.
    pub(crate) fn kinds(&self) -> u8 {
        u8::from(self.booleans > 0)
            | u8::from(self.integers > 0 || self.fractions > 0) << 1
            | u8::from(self.text.is_some()) << 2
            | u8::from(self.list.is_some()) << 3
            | u8::from(self.object.is_some()) << 4
            | u8::from(self.unknown) << 5
    }

    pub(crate) fn merge(&mut self, other: Self, how: Merging, depth: usize) {
        if self.unknown || other.unknown {
            *self = Self::unknown();
            return;
        }
        self.nulls = self.nulls.saturating_add(other.nulls);
        self.booleans = self.booleans.saturating_add(other.booleans);
        self.integers = self.integers.saturating_add(other.integers);
        self.fractions = self.fractions.saturating_add(other.fractions);
        if let Some(text) = other.text {
            self.text.get_or_insert_default().merge(*text, how);
        }
        if let Some(list) = other.list {
            let own = self.list.get_or_insert_default();
            own.count = own.count.saturating_add(list.count);
            match depth < how.depth {
                true => own.item.merge(list.item, how, depth + 1),
                false => own.item = Self::unknown(),
            }
        }
        if let Some(object) = other.object {
            let own = self.object.get_or_insert_default();
            match depth < how.depth {
                true => own.merge(*object, how, depth),
                false => **own = Object::anything(),
            }
        }
    }

    /// Makes everything below `depth` unknown; scalars at that depth stay.
    pub(crate) fn cut(&mut self, depth: usize) {
        if let Some(list) = &mut self.list {
            match depth {
                0 => list.item = Self::unknown(),
                _ => list.item.cut(depth - 1),
            }
        }
        if let Some(object) = &mut self.object {
            match depth {
                0 => **object = Object::anything(),
                _ => object.below().for_each(|node| node.cut(depth - 1)),
            }
        }
    }

    /// Goes through this place and all below it.
    pub(crate) fn each(&mut self, visit: &mut impl FnMut(&mut Self)) {
        visit(self);
        if let Some(list) = &mut self.list {
            list.item.each(visit);
        }
        if let Some(object) = &mut self.object {
            object.below().for_each(|node| node.each(visit));
        }
    }

    /// How many places this and all below it are.
    pub(crate) fn places(&self) -> usize {
        let list = self.list.as_ref().map_or(0, |list| list.item.places());
        let object = self.object.as_ref().map_or(0, |object| {
            let rest = object.rest.as_ref().map_or(0, |node| node.places());
            rest + object.fields.iter().map(|field| field.node.places()).sum::<usize>()
        });
        1 + list + object
    }

    /// Drops keys that were long missing while their object was there.
    pub(crate) fn forget(&mut self, now: Seen, how: Merging, depth: usize) {
        if let Some(list) = &mut self.list {
            list.item.forget(now, how, depth + 1);
        }
        if let Some(object) = &mut self.object {
            object.forget(now, how, depth);
        }
    }
}
