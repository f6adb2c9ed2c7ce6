//! Objects of several kinds, told apart by a tag: which keys each kind always has, and which it may have.

use crate::limits::MAX_KEYS;
use crate::node::Merging;
use crate::words::{MAX_WORDS, Word};
use serde::{Deserialize, Serialize};

/// Tags of one object that are followed, at most.
pub(crate) const MAX_TAGS: usize = 3;

/// A set of keys, by their places among the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Keys(u128);

impl Keys {
    pub(crate) fn insert(&mut self, at: usize) {
        // An object with more keys becomes a map, and has no variants.
        if at < MAX_KEYS {
            self.0 |= 1 << at;
        }
    }

    pub(crate) fn has(self, at: usize) -> bool {
        at < MAX_KEYS && self.0 & (1 << at) != 0
    }

    fn moved(self, places: &[Option<usize>]) -> Self {
        let mut moved = Self::default();
        let kept = places.iter().enumerate().filter(|(at, _)| self.has(*at)).filter_map(|(_, place)| *place);
        kept.for_each(|place| moved.insert(place));
        moved
    }

    fn without(self, at: usize) -> Self {
        let low = self.0 & ((1 << at) - 1);
        let high = if at + 1 < MAX_KEYS { self.0 >> (at + 1) << at } else { 0 };
        Self(low | high)
    }
}

impl TryFrom<String> for Keys {
    type Error = std::num::ParseIntError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        u128::from_str_radix(&text, 16).map(Self)
    }
}

impl From<Keys> for String {
    fn from(keys: Keys) -> String {
        format!("{:x}", keys.0)
    }
}

/// What one tag tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Variants {
    /// The tag's place among the fields.
    #[serde(rename = "t")]
    pub(crate) tag: usize,
    /// None: an object had no tag, or tags are too many; it tells nothing, and never will.
    #[serde(rename = "c")]
    pub(crate) cases: Vec<Case>,
}

/// Objects with one value of the tag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Case {
    #[serde(rename = "w")]
    pub(crate) word: Word,
    /// Keys that all of them have.
    #[serde(rename = "a")]
    pub(crate) always: Keys,
    /// Keys that any of them has.
    #[serde(rename = "e")]
    pub(crate) ever: Keys,
}

impl Variants {
    pub(crate) fn give_up(&mut self) {
        self.cases.clear();
    }

    /// Takes in one object of the result that is being read. `first`: it is the first at its place.
    pub(crate) fn absorb_all(all: &mut Vec<Self>, first: bool, present: Keys, tags: &[(usize, Box<str>)]) {
        if first {
            all.extend(tags.iter().take(MAX_TAGS).map(|(tag, _)| Self { tag: *tag, cases: Vec::new() }));
        }
        for variants in all.iter_mut().filter(|variants| first || !variants.cases.is_empty()) {
            match tags.iter().find(|(tag, _)| *tag == variants.tag) {
                Some((_, word)) => variants.absorb(word, present),
                None => variants.give_up(),
            }
        }
    }

    fn absorb(&mut self, word: &str, present: Keys) {
        let full = self.cases.len() == MAX_WORDS;
        match self.cases.iter_mut().find(|case| case.word.is(word)) {
            Some(case) => {
                case.always.0 &= present.0;
                case.ever.0 |= present.0;
            }
            None if full => self.give_up(),
            None => self.cases.push(Case { word: Word::fresh(word), always: present, ever: present }),
        }
    }

    /// Takes in the other's variants; `before` objects were seen without them, `places` says where the other's
    /// fields are now.
    pub(crate) fn merge_all(
        all: &mut Vec<Self>,
        others: Vec<Self>,
        before: u64,
        places: &[Option<usize>],
        how: Merging,
    ) {
        let mut met = Vec::new();
        for mut other in others {
            let Some(tag) = places.get(other.tag).copied().flatten() else { continue };
            (other.tag, other.cases) = (tag, moved(other.cases, places));
            met.push(tag);
            match all.iter_mut().find(|variants| variants.tag == tag) {
                Some(variants) => variants.merge(other, how),
                None if before == 0 => {
                    let mut variants = Self { tag, cases: Vec::new() };
                    other.cases.into_iter().for_each(|case| variants.push(case, how));
                    all.push(variants);
                }
                None => {}
            }
        }
        all.iter_mut().filter(|variants| how.frugal || !met.contains(&variants.tag)).for_each(Self::give_up);
    }

    fn merge(&mut self, other: Self, how: Merging) {
        if self.cases.is_empty() || other.cases.is_empty() {
            return self.give_up();
        }
        for mut case in other.cases {
            case.word.seal(how.salt);
            let full = self.cases.len() == MAX_WORDS;
            match self.cases.iter_mut().find(|known| known.word.same(&case.word)) {
                Some(known) => {
                    known.always.0 &= case.always.0;
                    known.ever.0 |= case.ever.0;
                    known.word.add(case.word);
                }
                None if full => return self.give_up(),
                None => self.push(case, how),
            }
        }
    }

    fn push(&mut self, mut case: Case, how: Merging) {
        case.word.seal(how.salt);
        case.word.hide();
        self.cases.push(case);
    }

    /// The field at `at` is gone.
    pub(crate) fn remove_all(all: &mut Vec<Self>, at: usize) {
        all.retain(|variants| variants.tag != at);
        for variants in all {
            variants.tag -= usize::from(variants.tag > at);
            for case in &mut variants.cases {
                (case.always, case.ever) = (case.always.without(at), case.ever.without(at));
            }
        }
    }

    pub(crate) fn is_sound(&self, fields: usize) -> bool {
        self.tag < fields && self.cases.len() <= MAX_WORDS && self.cases.iter().all(|case| case.word.is_sound())
    }
}

fn moved(cases: Vec<Case>, places: &[Option<usize>]) -> Vec<Case> {
    let moved = |case: Case| Case { always: case.always.moved(places), ever: case.ever.moved(places), ..case };
    cases.into_iter().map(moved).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_goes_leaves_no_gap() {
        let mut keys = Keys::default();
        [0, 2, 5, 127].into_iter().for_each(|at| keys.insert(at));
        let fewer = keys.without(2);
        assert!(fewer.has(0) && fewer.has(4) && fewer.has(126) && !fewer.has(1) && !fewer.has(127));
        assert!(!keys.without(127).has(127) && keys.without(0).has(1));
        assert_eq!(Keys::try_from(String::from(keys)).unwrap(), keys);
    }
}
