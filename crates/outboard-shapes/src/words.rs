//! The few words of a place, as salted digests until they are proven.

use crate::names::{Class, is_word};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Random bytes that make digests of words useless to who does not have them; one for all shapes of a store.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 16]);

impl std::fmt::Debug for Salt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Salt(…)")
    }
}

/// A word is kept readable when so many results had it.
const PROVEN: u32 = 5;

/// A place has words when so many results had strings there, and for half of them no new one came.
const PROVEN_PLACE: u32 = 10;

/// Most words of a place.
pub(crate) const MAX_WORDS: usize = 8;

/// A word: while one result is read its text alone, later its digest, and its text once it is proven.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Word {
    #[serde(rename = "d")]
    digest: u64,
    #[serde(rename = "r")]
    results: u32,
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    text: Option<Box<str>>,
}

impl Word {
    /// A word as it stands in the result that is being read.
    pub(crate) fn fresh(text: &str) -> Self {
        Self { digest: 0, results: 1, text: Some(text.into()) }
    }

    /// Whether this is that word, in the result that is being read.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.text.as_deref() == Some(text)
    }

    /// The word, if it is proven.
    pub(crate) fn proven(&self) -> Option<&str> {
        self.text.as_deref().filter(|_| self.results >= PROVEN)
    }

    /// Whether both are the same word. Both have to be sealed.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.digest == other.digest
    }

    /// Puts the digest beside the text.
    pub(crate) fn seal(&mut self, salt: Salt) {
        if self.digest == 0
            && let Some(text) = &self.text
        {
            self.digest = digest(salt, text);
        }
    }

    /// Counts the other's results too; the text stays only if that proves it.
    pub(crate) fn add(&mut self, other: Self) {
        self.results = self.results.saturating_add(other.results);
        self.text = self.text.take().or(other.text);
        self.hide();
    }

    /// Takes the text away until it is proven.
    pub(crate) fn hide(&mut self) {
        if self.results < PROVEN {
            self.text = None;
        }
    }

    /// Whether the readable word, if any, is one that may be readable.
    pub(crate) fn is_sound(&self) -> bool {
        self.text.as_deref().is_none_or(|text| self.results >= PROVEN && is_word(text, Class::Tag))
    }
}

pub(crate) fn digest(salt: Salt, text: &str) -> u64 {
    let hash = Sha256::new().chain_update(salt.0).chain_update(text.as_bytes()).finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    u64::from_le_bytes(first) | 1
}

/// The distinct words of a place, while they are few.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Words {
    /// Something there was no word, or there were too many: never again.
    #[serde(skip)]
    over: bool,
    /// The result, of those with strings here, in which a word was new for the last time.
    #[serde(rename = "n", default)]
    newest: u32,
    #[serde(rename = "w", default, skip_serializing_if = "Vec::is_empty")]
    words: Vec<Word>,
}

impl Words {
    /// Takes in a string of the result that is being read.
    pub(crate) fn absorb(&mut self, text: &str, class: Class) {
        if self.over || self.words.iter().any(|word| word.is(text)) {
            return;
        }
        match is_word(text, class) && self.words.len() < MAX_WORDS {
            true => self.words.push(Word::fresh(text)),
            false => self.give_up(),
        }
    }

    /// No words, for ever; stored as their absence.
    pub(crate) fn over() -> Self {
        Self { over: true, ..Self::default() }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    pub(crate) fn give_up(&mut self) {
        *self = Self::over();
    }

    /// Takes in the words of another; `results` are those with strings here, with the other's.
    pub(crate) fn merge(&mut self, other: Self, results: u32, salt: Salt) {
        if self.over || other.over {
            return self.give_up();
        }
        self.newest = self.newest.max(other.newest);
        for mut word in other.words {
            word.seal(salt);
            let full = self.words.len() == MAX_WORDS;
            match self.words.iter_mut().find(|known| known.same(&word)) {
                Some(known) => known.add(word),
                None if full => return self.give_up(),
                None => {
                    word.hide();
                    self.words.push(word);
                    self.newest = results;
                }
            }
        }
    }

    /// All words in alphabetical order, if every one is proven and none is recent.
    pub(crate) fn proven(&self, results: u32) -> Option<Vec<&str>> {
        let settled = results >= PROVEN_PLACE && results / 2 >= self.newest && !self.over && !self.words.is_empty();
        let mut words: Vec<&str> = self.words.iter().map(Word::proven).collect::<Option<_>>().filter(|_| settled)?;
        words.sort_unstable();
        Some(words)
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.words.len() <= MAX_WORDS && self.words.iter().all(Word::is_sound)
    }
}
