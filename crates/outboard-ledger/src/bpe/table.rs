//! Looking tokens up in a packed vocabulary.

use super::pack::slot;
use std::borrow::Cow;

/// Numbers before the starts.
const HEAD: usize = 2;

/// A packed vocabulary.
pub(crate) struct Table {
    packed: Cow<'static, [u8]>,
    tokens: usize,
    slots: usize,
}

impl Table {
    /// Uses what [`super::pack::pack`] made.
    pub(crate) fn new(packed: impl Into<Cow<'static, [u8]>>) -> Self {
        let mut table = Self { packed: packed.into(), tokens: 0, slots: 0 };
        (table.tokens, table.slots) = (table.number(0), table.number(1));
        table
    }

    /// The rank of a token: the lower, the earlier its parts are joined.
    pub(crate) fn rank(&self, token: &[u8]) -> Option<usize> {
        let first = HEAD + self.tokens + 1;
        let mut slot = slot(token, self.slots);
        loop {
            let rank = self.number(first + slot).checked_sub(1)?;
            if self.token(rank) == token {
                return Some(rank);
            }
            slot = (slot + 1) % self.slots;
        }
    }

    fn token(&self, rank: usize) -> &[u8] {
        let bytes = 4 * (HEAD + self.tokens + 1 + self.slots);
        &self.packed[bytes + self.number(HEAD + rank)..bytes + self.number(HEAD + rank + 1)]
    }

    fn number(&self, at: usize) -> usize {
        let bytes = self.packed[4 * at..][..4].try_into().expect("invariant: four bytes were taken");
        u32::from_le_bytes(bytes) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bpe::pack::pack;

    #[test]
    fn what_was_packed_is_found_and_nothing_else() {
        let tokens: Vec<Vec<u8>> = (0..1_000_u32).map(|number| number.to_string().into_bytes()).collect();
        let table = Table::new(pack(&tokens));
        assert!(tokens.iter().enumerate().all(|(rank, token)| table.rank(token) == Some(rank)));
        assert!(["1000", "x", "", "01"].iter().all(|text| table.rank(text.as_bytes()).is_none()));
        assert_eq!(Table::new(pack(&[])).rank(b"x"), None);
    }
}
