//! How large a shape may become, and what one result may cost.

/// Longest result that is read, in bytes.
pub const MAX_RESULT: usize = 64 << 20;

/// Longest stored form of a shape, in bytes.
pub const MAX_STORED: usize = 32 << 10;

/// Deepest place, each list and each object counting as one; below it everything is unknown.
pub(crate) const MAX_DEPTH: usize = 16;

/// Most named keys of one object; with more it is a map.
pub(crate) const MAX_KEYS: usize = 128;

/// Most places that one result may add.
pub(crate) const MAX_PLACES: usize = 4_000;

/// Values of one result that are looked at before lists are sampled.
pub(crate) const FULL_VALUES: u64 = 20_000;

/// Items at the start of each list that are always looked at.
pub(crate) const FIRST_ITEMS: usize = 64;

/// Of the items after that, one in so many, chosen at random.
pub(crate) const SAMPLE: u64 = 16;

/// A key that was missing in so many results, for so many days, is forgotten.
pub(crate) const FORGET_RESULTS: u64 = 200;
/// See [`FORGET_RESULTS`].
pub(crate) const FORGET_DAYS: u32 = 30;

/// The way through one result: what may still be spent, and when it is.
pub(crate) struct Budget {
    pub(crate) depth: usize,
    pub(crate) now: Seen,
    places: usize,
    values: u64,
    state: u64,
}

/// When something was seen last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// In which result, counted from 1.
    pub(crate) result: u64,
    /// On which day since 1970.
    pub(crate) day: u32,
}

impl Budget {
    pub(crate) fn new(depth: usize, now: Seen, seed: u64) -> Self {
        Self { depth, now, places: MAX_PLACES, values: 0, state: seed | 1 }
    }

    /// Whether one more place may be made.
    pub(crate) fn place(&mut self) -> bool {
        let some = self.places > 0;
        self.places = self.places.saturating_sub(1);
        some
    }

    /// Counts a value that is looked at.
    pub(crate) fn value(&mut self) {
        self.values += 1;
    }

    /// Whether the item at `at` of a list, or the value of such a key of a map, is passed over.
    pub(crate) fn passes(&mut self, at: usize) -> bool {
        if at < FIRST_ITEMS || self.values < FULL_VALUES {
            return false;
        }
        // Xorshift: nothing here has to be hard to guess.
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        !self.state.is_multiple_of(SAMPLE)
    }
}
