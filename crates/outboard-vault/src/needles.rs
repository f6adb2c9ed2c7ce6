//! Many fixed texts, found in one pass; more can be added at any time without building anything anew.
//!
//! A bit per hash of the first bytes rules out nearly every place; what is left is looked up by hashes of all lengths
//! at once ([`quick`]), or in an ordered map where texts are long. Steps are counted: texts and values that
//! were made for each other to be slow are searched by an automaton instead, which is linear and, being coarse
//! about case and word borders, finds more rather than less.

mod quick;

use aho_corasick::{AhoCorasick, MatchKind};
use quick::Quick;
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::{Bound, Range};
use zeroize::Zeroizing;

/// Shorter texts are not taken.
pub(crate) const SHORTEST: usize = 3;

const FILTER_BITS: u32 = 18;

/// One text to look for.
pub(crate) struct Needle<'a> {
    pub(crate) text: &'a str,
    /// What the hit will say.
    pub(crate) owner: u32,
    /// Only in this case of letters.
    pub(crate) exact: bool,
    /// Not within a longer word or number.
    pub(crate) bounded: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) range: Range<usize>,
    pub(crate) owner: u32,
}

/// Orders as its bytes do, and is wiped.
struct Key(Zeroizing<Vec<u8>>);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_slice() == other.0.as_slice()
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.as_slice().cmp(other.0.as_slice())
    }
}

impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

struct Rule {
    owner: u32,
    /// The text in small letters.
    folded: Zeroizing<Vec<u8>>,
    /// The text in its case, where that counts.
    exact: Option<Zeroizing<Vec<u8>>>,
    bounded: bool,
}

/// The set of texts.
pub(crate) struct Needles {
    /// The place of each text's rules.
    map: BTreeMap<Key, u32>,
    rules: Vec<Vec<Rule>>,
    quick: Quick,
    /// Whether some text is too long to be looked up quickly.
    has_long: bool,
    /// Empty until the first text is added.
    filter: Vec<u64>,
    /// The first bytes that are hashed: as many as every text has, up to four.
    mask: u32,
    shortest: usize,
    longest: usize,
}

impl Default for Needles {
    fn default() -> Self {
        let (map, rules, quick) = (BTreeMap::new(), Vec::new(), Quick::default());
        Self {
            map,
            rules,
            quick,
            has_long: false,
            filter: Vec::new(),
            mask: u32::MAX,
            shortest: usize::MAX,
            longest: 0,
        }
    }
}

impl Needles {
    pub(crate) fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Adds a text, unless it is too short; the first owner of a text keeps it.
    pub(crate) fn add(&mut self, needle: &Needle<'_>) {
        let length = needle.text.len();
        if length < SHORTEST {
            return;
        }
        let key = Zeroizing::new(needle.text.as_bytes().to_ascii_lowercase());
        if self.filter.is_empty() {
            self.filter = vec![0; 1 << (FILTER_BITS - 6)];
        }
        self.shortest = self.shortest.min(length);
        self.longest = self.longest.max(length);
        if length == SHORTEST && self.mask == u32::MAX {
            self.mask = 0x00FF_FFFF;
            self.refill();
        }
        self.admit(&key);
        let exact = needle.exact.then(|| Zeroizing::new(needle.text.as_bytes().to_vec()));
        let rule = Rule { owner: needle.owner, folded: key.clone(), exact, bounded: needle.bounded };
        // As many as 32 bits can count: owners are counted with 32 bits.
        let fresh = self.rules.len() as u32;
        self.has_long |= length >= quick::LONGEST;
        match self.map.entry(Key(key)) {
            Entry::Occupied(known) => self.rules[*known.get() as usize].push(rule),
            Entry::Vacant(free) => {
                self.quick.add(&free.key().0, fresh);
                free.insert(fresh);
                self.rules.push(vec![rule]);
            }
        }
    }

    fn refill(&mut self) {
        self.filter.fill(0);
        let hashes: Vec<usize> = self.map.keys().map(|key| self.hash(head(&key.0, 0))).collect();
        hashes.into_iter().for_each(|hash| self.filter[hash >> 6] |= 1 << (hash & 63));
    }

    fn admit(&mut self, key: &[u8]) {
        let hash = self.hash(head(key, 0));
        self.filter[hash >> 6] |= 1 << (hash & 63);
    }

    #[inline]
    fn hash(&self, head: u32) -> usize {
        ((head & self.mask).wrapping_mul(0x9E37_79B1) >> (32 - FILTER_BITS)) as usize
    }

    /// The longest hits from left to right, none within another.
    pub(crate) fn search(&self, text: &[u8]) -> Vec<Hit> {
        let mut hits = Vec::new();
        if self.is_empty() || text.len() < self.shortest {
            return hits;
        }
        let folded = text.to_ascii_lowercase();
        let mut steps = folded.len().saturating_mul(8).saturating_add(1 << 16);
        let mut at = 0;
        while let Some(candidate) = self.candidate(&folded, at) {
            match self.longest_at(text, &folded, candidate, &mut steps) {
                Some(hit) => {
                    at = hit.range.end;
                    hits.push(hit);
                }
                None => at = candidate + 1,
            }
            if steps == 0 {
                self.linear(&folded, at, &mut hits);
                break;
            }
        }
        hits
    }

    #[inline]
    fn candidate(&self, folded: &[u8], from: usize) -> Option<usize> {
        let passes = |head: u32| {
            let hash = self.hash(head);
            self.filter[hash >> 6] >> (hash & 63) & 1 == 1
        };
        let whole = folded.len().saturating_sub(3);
        for (offset, four) in folded.get(from..)?.windows(4).enumerate() {
            if passes(u32::from_le_bytes([four[0], four[1], four[2], four[3]])) {
                return Some(from + offset);
            }
        }
        let last = from.max(whole);
        (last + SHORTEST <= folded.len() && passes(head(folded, last))).then_some(last)
    }

    fn longest_at(&self, text: &[u8], folded: &[u8], at: usize, steps: &mut usize) -> Option<Hit> {
        if self.has_long && self.quick.has_long(&folded[at..]) {
            return self.longest_in_order(text, folded, at, steps);
        }
        let mut hit = None;
        let walked = self.quick.each(&folded[at..], |length, place| {
            let (place, rules) = (at..at + length, &self.rules[place as usize]);
            let same = rules.first().is_some_and(|rule| rule.folded[..] == folded[place.clone()]);
            let rule = rules.iter().filter(|_| same).find(|rule| rule.accepts(text, &place));
            hit = rule.map(|rule| Hit { range: place, owner: rule.owner });
            hit.is_some()
        });
        *steps = steps.saturating_sub(walked + 8);
        hit
    }

    fn longest_in_order(&self, text: &[u8], folded: &[u8], at: usize, steps: &mut usize) -> Option<Hit> {
        let mut bound = &folded[at..folded.len().min(at + self.longest)];
        loop {
            let range = (Bound::Unbounded, Bound::Included(bound));
            let (key, place) = self.map.range::<[u8], _>(range).next_back()?;
            let rules = &self.rules[*place as usize];
            let common = key.0.iter().zip(bound).take_while(|(a, b)| a == b).count();
            *steps = steps.saturating_sub(common + 8);
            if common < self.shortest || *steps == 0 {
                return None;
            }
            let place = at..at + common;
            if common < key.0.len() {
                bound = &bound[..common];
            } else if let Some(rule) = rules.iter().find(|rule| rule.accepts(text, &place)) {
                return Some(Hit { range: place, owner: rule.owner });
            } else {
                bound = &bound[..common - 1];
            }
        }
    }

    fn linear(&self, folded: &[u8], from: usize, hits: &mut Vec<Hit>) {
        let keys: Vec<(&[u8], u32)> =
            self.map.iter().map(|(key, place)| (&key.0[..], self.rules[*place as usize][0].owner)).collect();
        let mut builder = AhoCorasick::builder();
        let built = builder.match_kind(MatchKind::LeftmostLongest).build(keys.iter().map(|(key, _)| key));
        // Fails only beyond the number of states that 32 bits can count; owners are counted with 32 bits.
        let Ok(automaton) = built else { return };
        for found in automaton.find_iter(&folded[from..]) {
            let range = from + found.start()..from + found.end();
            hits.push(Hit { range, owner: keys[found.pattern().as_usize()].1 });
        }
    }
}

impl Rule {
    fn accepts(&self, text: &[u8], place: &Range<usize>) -> bool {
        let cased = self.exact.as_ref().is_none_or(|exact| text[place.clone()] == exact[..]);
        cased && !(self.bounded && (joined(text, place.start) || joined(text, place.end)))
    }
}

/// Whether a word or number goes on across this place.
fn joined(text: &[u8], at: usize) -> bool {
    let word = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    word(at.checked_sub(1)) && word(Some(at))
}

/// The four bytes at a place, with a zero for what is not there.
fn head(bytes: &[u8], at: usize) -> u32 {
    let byte = |offset: usize| bytes.get(at + offset).copied().unwrap_or(0);
    u32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needles(texts: &[&str], exact: bool, bounded: bool) -> Needles {
        let mut needles = Needles::default();
        for (owner, text) in (0..).zip(texts) {
            needles.add(&Needle { text, owner, exact, bounded });
        }
        needles
    }

    fn found(needles: &Needles, text: &str) -> Vec<(usize, u32)> {
        needles.search(text.as_bytes()).iter().map(|hit| (hit.range.start, hit.owner)).collect()
    }

    #[test]
    fn the_longest_wins_and_a_shorter_one_where_the_longest_does_not_fit() {
        let set = needles(&["Ann", "Ann Lee", "Leeds"], false, true);
        assert_eq!(found(&set, "ann lee, ANN LEEDS; Annual; Ann"), [(0, 1), (9, 0), (13, 2), (28, 0)]);
    }

    #[test]
    fn case_counts_where_it_must() {
        let set = needles(&["Mark"], true, true);
        assert_eq!(found(&set, "mark Mark marks"), [(5, 0)]);
    }

    #[test]
    fn agrees_with_a_plain_search_at_every_length_and_place() {
        let set = needles(&["abc", "bcde", "cdefg", "aab"], false, false);
        let mut long = needles(&["abc", "bcde", "cdefg", "aab"], false, false);
        long.add(&Needle { text: &"z".repeat(100), owner: 9, exact: false, bounded: false });
        for text in ["", "ab", "abc", "xabc", "aabcde", "bcde", "abcdefg", "ABCDEFGaab", "aaab"] {
            let mut builder = AhoCorasick::builder();
            let plain = builder.match_kind(MatchKind::LeftmostLongest).ascii_case_insensitive(true);
            let plain = plain.build(["abc", "bcde", "cdefg", "aab"]).unwrap();
            let expected: Vec<_> = plain.find_iter(text).map(|m| (m.start(), m.pattern().as_u32())).collect();
            assert_eq!(found(&set, text), expected, "{text}");
            assert_eq!(found(&long, text), expected, "with long texts: {text}");
        }
    }

    #[test]
    fn values_that_were_made_to_be_slow_are_still_found() {
        let nested: Vec<String> = (3..400).map(|length| "a".repeat(length) + "b").collect();
        let set = needles(&nested.iter().map(String::as_str).collect::<Vec<_>>(), false, false);
        let text = "a".repeat(200_000) + "b";
        assert_eq!(set.search(text.as_bytes()).len(), 1);
    }
}
