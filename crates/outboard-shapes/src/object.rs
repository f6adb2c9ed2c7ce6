//! The objects of a place: named keys, and one place for all keys that are data.

use crate::limits::{Budget, FORGET_DAYS, FORGET_RESULTS, MAX_KEYS, Seen};
use crate::names::{Class, KeyKind, class, key_kind};
use crate::node::{Merging, Node};
use crate::variants::Variants;
use crate::words::digest;
use serde::{Deserialize, Serialize};

/// Keys with spaces that are waiting to be shown, at most.
const MAX_SHY: usize = 64;

/// A key with spaces is shown when so many results and so many objects had it, nearly all that there were.
const SHY_RESULTS: u32 = 3;
/// See [`SHY_RESULTS`].
const SHY_OBJECTS: u64 = 20;

/// The objects of a place.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Object {
    #[serde(rename = "c")]
    pub(crate) count: u64,
    /// Keys are data: no key has a name, all values are in `rest`.
    #[serde(rename = "m", default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) map: bool,
    /// Keys in the order in which they were first met.
    #[serde(rename = "k", default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) fields: Vec<Field>,
    /// The values of all keys without a name.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub(crate) rest: Option<Box<Node>>,
    #[serde(rename = "v", default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) variants: Vec<Variants>,
    #[serde(rename = "s", default, skip_serializing_if = "Vec::is_empty")]
    shy: Vec<Shy>,
}

/// A key with a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "FieldForm", into = "FieldForm")]
pub(crate) struct Field {
    pub(crate) name: Box<str>,
    /// Objects that have it; fewer than all: it is optional.
    pub(crate) objects: u64,
    pub(crate) last: Seen,
    pub(crate) node: Node,
    pub(crate) class: Class,
    /// Only while one result is read: the key has spaces, and may be data.
    shy: bool,
}

type FieldForm = (Box<str>, u64, u64, u32, Node);

impl From<FieldForm> for Field {
    fn from((name, objects, result, day, node): FieldForm) -> Self {
        Self { class: class(&name), name, objects, last: Seen { result, day }, node, shy: false }
    }
}

impl From<Field> for FieldForm {
    fn from(field: Field) -> Self {
        (field.name, field.objects, field.last.result, field.last.day, field.node)
    }
}

/// A key with spaces, as a digest: results and objects that had it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Shy(u64, u32, u64);

/// Where the value of a key belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    Field(usize),
    Rest,
    /// There is no room: any further key may hold anything.
    Nowhere,
}

impl Object {
    /// An object of which nothing is known.
    pub(crate) fn anything() -> Self {
        Self { count: 1, map: true, rest: Some(Box::new(Node::unknown())), ..Self::default() }
    }

    /// The places below.
    pub(crate) fn below(&mut self) -> impl Iterator<Item = &mut Node> {
        self.fields.iter_mut().map(|field| &mut field.node).chain(self.rest.as_deref_mut())
    }

    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| &*field.name == name)
    }

    /// Where a key of the result that is being read belongs; `hint` is where it is in most objects.
    pub(crate) fn slot(&mut self, key: &str, hint: usize, budget: &mut Budget) -> Slot {
        if self.map {
            return Slot::Rest;
        }
        if self.fields.get(hint).is_some_and(|field| &*field.name == key) {
            return Slot::Field(hint);
        }
        if let Some(at) = self.find(key) {
            return Slot::Field(at);
        }
        let kind = key_kind(key);
        // One key too many: the merge forgets those that are known, further ones need not be looked up.
        self.map = self.fields.len() > MAX_KEYS;
        if self.map || kind == KeyKind::Data {
            return Slot::Rest;
        }
        if !budget.place() {
            return Slot::Nowhere;
        }
        let (shy, class) = (kind == KeyKind::Phrase, class(key));
        let field = Field { name: key.into(), objects: 0, last: budget.now, node: Node::default(), class, shy };
        self.fields.push(field);
        Slot::Field(self.fields.len() - 1)
    }

    pub(crate) fn merge(&mut self, other: Self, how: Merging, depth: usize) {
        let before = self.count;
        self.count = self.count.saturating_add(other.count);
        self.map |= other.map;
        let other_rest = other.rest.as_deref().filter(|_| how.shapes).cloned();
        if let Some(rest) = other.rest {
            self.put_among_rest(*rest, how, depth);
        }
        other.shy.iter().for_each(|shy| self.wait(*shy));
        if how.shapes {
            self.meet_rest(&other.fields, other_rest, how, depth);
        }
        let places: Vec<Option<usize>> =
            other.fields.into_iter().enumerate().map(|(at, field)| self.merge_field(at, field, how, depth)).collect();
        if self.map || self.fields.len() > MAX_KEYS || self.looks_like_a_map() {
            return self.collapse(how, depth);
        }
        Variants::merge_all(&mut self.variants, other.variants, before, &places, how);
    }

    /// A key with spaces that only this shape shows is, in the other, somewhere among the rest.
    fn meet_rest(&mut self, fields: &[Field], rest: Option<Node>, how: Merging, depth: usize) {
        let Some(rest) = rest else { return };
        let shown = |field: &&mut Field| key_kind(&field.name) == KeyKind::Phrase;
        for own in self.fields.iter_mut().filter(shown) {
            if fields.iter().all(|field| field.name != own.name) {
                own.node.merge(rest.clone(), how, depth + 1);
            }
        }
    }

    fn put_among_rest(&mut self, node: Node, how: Merging, depth: usize) {
        self.rest.get_or_insert_default().merge(node, how, depth + 1);
    }

    /// Where the field is now; nowhere, if its key is not to be shown.
    fn merge_field(&mut self, hint: usize, field: Field, how: Merging, depth: usize) -> Option<usize> {
        let same = self.fields.get(hint).is_some_and(|known| known.name == field.name);
        let known = if same { Some(hint) } else { self.find(&field.name) };
        let shown = match (known, field.shy) {
            (Some(at), _) => Some(at),
            (None, true) => self.shows(&field, how).map(|earlier| self.add(&field, earlier)),
            (None, false) => Some(self.add(&field, 0)),
        };
        let Some(at) = shown else {
            self.put_among_rest(field.node, how, depth);
            return None;
        };
        let own = &mut self.fields[at];
        own.objects = own.objects.saturating_add(field.objects);
        own.last = Seen { result: own.last.result.max(field.last.result), day: own.last.day.max(field.last.day) };
        own.node.merge(field.node, how, depth + 1);
        Some(at)
    }

    /// A key that was among the rest starts with what the rest holds: its earlier values are somewhere in there.
    fn add(&mut self, field: &Field, earlier: u64) -> usize {
        let phrase = key_kind(&field.name) == KeyKind::Phrase;
        let node = if phrase { self.rest.as_deref().cloned().unwrap_or_default() } else { Node::default() };
        let name = field.name.clone();
        self.fields.push(Field { name, objects: earlier, last: field.last, node, class: field.class, shy: false });
        self.fields.len() - 1
    }

    /// Counts a key with spaces. If it is to be shown from now on, says how many earlier objects had it.
    fn shows(&mut self, field: &Field, how: Merging) -> Option<u64> {
        let key = digest(how.salt, &field.name);
        self.wait(Shy(key, 1, field.objects));
        let at = self.shy.iter().position(|shy| shy.0 == key)?;
        let Shy(_, results, objects) = self.shy[at];
        let shown = results >= SHY_RESULTS && objects >= SHY_OBJECTS && objects >= self.count / 10 * 9;
        shown.then(|| self.shy.remove(at).2.saturating_sub(field.objects))
    }

    fn wait(&mut self, shy: Shy) {
        let room = self.shy.len() < MAX_SHY;
        match self.shy.iter_mut().find(|known| known.0 == shy.0) {
            Some(known) => (known.1, known.2) = (known.1.saturating_add(shy.1), known.2.saturating_add(shy.2)),
            None if room => self.shy.push(shy),
            None => {}
        }
    }

    /// Forgets which keys there were.
    fn collapse(&mut self, how: Merging, depth: usize) {
        self.map = true;
        for field in std::mem::take(&mut self.fields) {
            self.put_among_rest(field.node, how, depth);
        }
        self.rest.get_or_insert_default();
        (self.variants, self.shy) = (Vec::new(), Vec::new());
    }

    /// Many keys with values of one kind, of which each object has few; or many with objects of one shape.
    fn looks_like_a_map(&self) -> bool {
        const MANY: usize = 16;
        let Some(first) = self.fields.first().filter(|_| self.fields.len() >= MANY) else { return false };
        let kinds = first.node.kinds();
        if kinds.count_ones() != 1 || self.fields.iter().any(|field| field.node.kinds() != kinds) {
            return false;
        }
        let present: u128 = self.fields.iter().map(|field| u128::from(field.objects)).sum();
        let sparse = self.count >= 4 && present / self.fields.len() as u128 <= u128::from(self.count / 4);
        sparse || self.fields.iter().all(|field| field.node.is_like(&first.node))
    }

    /// Drops keys that were missing for long while others were there.
    pub(crate) fn forget(&mut self, now: Seen, how: Merging, depth: usize) {
        let gone = |field: &Field| {
            now.result.saturating_sub(field.last.result) > FORGET_RESULTS
                && now.day.saturating_sub(field.last.day) > FORGET_DAYS
        };
        for at in (0..self.fields.len()).rev().filter(|at| gone(&self.fields[*at])).collect::<Vec<_>>() {
            let field = self.fields.remove(at);
            Variants::remove_all(&mut self.variants, at);
            if self.rest.is_some() {
                self.put_among_rest(field.node, how, depth);
            }
        }
        for field in &mut self.fields {
            field.node.forget(field.last, how, depth + 1);
        }
    }

    pub(crate) fn is_sound(&self) -> bool {
        let known = |field: &Field| key_kind(&field.name) != KeyKind::Data;
        self.fields.len() <= MAX_KEYS
            && self.shy.len() <= MAX_SHY
            && self.fields.iter().all(known)
            && self.variants.iter().all(|variants| variants.is_sound(self.fields.len()))
    }

    pub(crate) fn drop_unproven(&mut self) {
        self.variants.iter_mut().for_each(Variants::give_up);
    }
}

impl Node {
    /// Objects with the very same keys, at least two.
    fn is_like(&self, other: &Self) -> bool {
        let (Some(own), Some(other)) = (&self.object, &other.object) else { return false };
        own.fields.len() == other.fields.len()
            && own.fields.len() >= 2
            && own.fields.iter().all(|field| other.find(&field.name).is_some())
    }
}
