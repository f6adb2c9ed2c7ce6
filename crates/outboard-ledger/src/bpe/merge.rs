//! Joins the bytes of a word to tokens, those of the lowest rank first.

use super::table::Table;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// How many tokens a word is.
///
/// A queue of what can be joined makes it `n log n` in the length of the word: a megabyte of letters is a word too.
pub(super) fn tokens(table: &Table, word: &[u8]) -> u64 {
    if table.rank(word).is_some() {
        return 1;
    }
    let mut word = Word::new(table, word);
    word.join();
    word.parts
}

/// A word that is being joined.
struct Word<'a> {
    table: &'a Table,
    bytes: &'a [u8],
    /// Where the part that begins here ends; 0 where none begins any more.
    end: Vec<usize>,
    /// Where the part before the one that begins here begins.
    before: Vec<usize>,
    /// What can be joined: its rank, where it begins and where it ends.
    pairs: BinaryHeap<Reverse<(usize, usize, usize)>>,
    parts: u64,
}

impl<'a> Word<'a> {
    fn new(table: &'a Table, bytes: &'a [u8]) -> Self {
        let end = (1..=bytes.len()).collect();
        let before = (0..bytes.len()).map(|at| at.saturating_sub(1)).collect();
        let parts = bytes.len() as u64;
        let mut word = Self { table, bytes, end, before, pairs: BinaryHeap::new(), parts };
        (0..bytes.len()).for_each(|at| word.offer(at));
        word
    }

    /// Where the part that begins here and the next one end.
    fn pair_end(&self, at: usize) -> Option<usize> {
        self.end.get(self.end[at]).copied().filter(|_| self.end[at] > 0)
    }

    /// Takes note of what begins here, if it is a token together with the part behind it.
    fn offer(&mut self, at: usize) {
        if let Some(until) = self.pair_end(at)
            && let Some(rank) = self.table.rank(&self.bytes[at..until])
        {
            self.pairs.push(Reverse((rank, at, until)));
        }
    }

    fn join(&mut self) {
        while let Some(Reverse((_, at, until))) = self.pairs.pop() {
            // One of its parts may have been joined with another by now.
            if self.pair_end(at) != Some(until) {
                continue;
            }
            let middle = std::mem::replace(&mut self.end[at], until);
            self.end[middle] = 0;
            if let Some(before) = self.before.get_mut(until) {
                *before = at;
            }
            self.parts -= 1;
            self.offer(at);
            if at > 0 {
                self.offer(self.before[at]);
            }
        }
    }
}
