//! The longest text at a place in one walk over its bytes, for texts that are not long.
//!
//! While the bytes are hashed one after the other, the hash at each length that some text with this beginning has is
//! looked up; only what is found there is compared. The multiplier is drawn at random, so that nobody can choose values
//! whose hashes meet.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Texts of this length and longer are not taken.
pub(super) const LONGEST: usize = 64;

/// The bit for texts that are too long; none has no bytes.
const LONG: u64 = 1;

/// The bytes by which texts are told apart before anything is hashed.
const HEAD: usize = super::SHORTEST;

/// Hands a number that is a hash already to the map.
#[derive(Default)]
pub(super) struct Through(u64);

impl Hasher for Through {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = (self.0 << 8) | u64::from(*byte));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

type Through64 = BuildHasherDefault<Through>;

/// Which texts there are, by their hashes.
pub(super) struct Quick {
    multiplier: u64,
    /// By the first bytes: a bit for each length that a text with this beginning has.
    lengths: HashMap<u64, u64, Through64>,
    /// By the hash of a whole text, and its length: the place of its rules. A second text of the same hash is looked for
    /// under the next number.
    places: HashMap<u64, u32, Through64>,
}

impl Default for Quick {
    fn default() -> Self {
        // Without randomness hashes can be made to meet, which costs time and nothing else.
        let multiplier = getrandom::u64().unwrap_or(0x9E37_79B9_7F4A_7C15) | 1;
        Self { multiplier, lengths: HashMap::default(), places: HashMap::default() }
    }
}

impl Quick {
    /// Takes a text in, with the place of its rules.
    pub(super) fn add(&mut self, text: &[u8], place: u32) {
        if text.len() >= LONGEST {
            *self.lengths.entry(self.head(text)).or_default() |= LONG;
            return;
        }
        *self.lengths.entry(self.head(text)).or_default() |= 1 << text.len();
        let hash = text.iter().fold(0, |hash, byte| self.step(hash, *byte));
        let mut slot = self.slot(hash, text.len());
        while self.places.contains_key(&slot) {
            slot = slot.wrapping_add(1);
        }
        self.places.insert(slot, place);
    }

    /// Whether some text that is too long begins like this.
    pub(super) fn has_long(&self, folded: &[u8]) -> bool {
        self.lengths.get(&self.head(folded)).is_some_and(|lengths| lengths & LONG != 0)
    }

    /// Gives the places of the texts that may begin here, the longest first, until one is taken; what was walked over
    /// is given back.
    #[inline]
    pub(super) fn each(&self, folded: &[u8], mut takes: impl FnMut(usize, u32) -> bool) -> usize {
        let Some(&lengths) = self.lengths.get(&self.head(folded)) else { return HEAD };
        let mut found = [0; LONGEST];
        let mut hits = 0_u64;
        let (mut hash, mut length) = (0, 0);
        let most = 63_u32.saturating_sub(lengths.leading_zeros()) as usize;
        for byte in folded.iter().take(most) {
            hash = self.step(hash, *byte);
            length += 1;
            if lengths >> length & 1 == 1 && self.places.contains_key(&self.slot(hash, length)) {
                found[length] = hash;
                hits |= 1 << length;
            }
        }
        while hits != 0 {
            let at = 63 - hits.leading_zeros() as usize;
            hits &= !(1 << at);
            let mut slot = self.slot(found[at], at);
            while let Some(place) = self.places.get(&slot) {
                if takes(at, *place) {
                    return length;
                }
                slot = slot.wrapping_add(1);
            }
        }
        length
    }

    #[inline]
    fn step(&self, hash: u64, byte: u8) -> u64 {
        (hash.rotate_left(5) ^ u64::from(byte)).wrapping_mul(self.multiplier)
    }

    #[inline]
    fn slot(&self, hash: u64, length: usize) -> u64 {
        let mixed = (hash ^ (hash >> 29) ^ length as u64).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed ^ (mixed >> 32)
    }

    #[inline]
    fn head(&self, text: &[u8]) -> u64 {
        let [one, two, three] = [text[0], text[1], text[2]].map(u64::from);
        let head = (one | two << 8 | three << 16).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        head ^ (head >> 32)
    }
}
