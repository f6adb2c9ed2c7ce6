//! What a process holds of one session.

use crate::entry::{Entry, Tag};
use crate::expected::Expected;
use crate::flows::Origins;
use crate::needles::Needles;
use crate::seal::Sealer;
use crate::store::Loaded;
use crate::token::LITERAL;
use std::collections::HashMap;
use std::sync::Arc;

pub(crate) struct State {
    pub(crate) epoch: i64,
    /// The last row that was loaded; rows of this process are loaded again, which changes nothing.
    pub(crate) seq: i64,
    /// The file's version at that time.
    pub(crate) version: Option<i64>,
    entries: Vec<Arc<Entry>>,
    by_token: HashMap<String, HashMap<u32, usize>>,
    by_tag: HashMap<Tag, usize>,
    /// By the value itself, whatever kind it was found to be first.
    by_value: HashMap<Tag, usize>,
    pub(crate) known: Needles,
    pub(crate) expected: Expected,
    pub(crate) origins: Origins,
}

impl State {
    pub(crate) fn new(origins: usize) -> Self {
        Self {
            epoch: 0,
            seq: 0,
            version: None,
            entries: Vec::new(),
            by_token: HashMap::new(),
            by_tag: HashMap::new(),
            by_value: HashMap::new(),
            known: Needles::default(),
            expected: Expected::default(),
            origins: Origins::new(origins),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn token(&self, kind: &str, number: u32) -> Option<&Arc<Entry>> {
        self.by_token.get(kind)?.get(&number).map(|&index| &self.entries[index])
    }

    /// The highest number of a kind.
    pub(crate) fn highest(&self, kind: &str) -> Option<u32> {
        self.by_token.get(kind)?.keys().max().copied()
    }

    pub(crate) fn by_tag(&self, tag: &Tag) -> Option<&Arc<Entry>> {
        self.by_tag.get(tag).map(|&index| &self.entries[index])
    }

    pub(crate) fn by_value(&self, tag: &Tag) -> Option<&Arc<Entry>> {
        self.by_value.get(tag).map(|&index| &self.entries[index])
    }

    /// The entry of a hit, and whether the hit is percent-encoded.
    pub(crate) fn owner(&self, owner: u32) -> (&Arc<Entry>, bool) {
        (&self.entries[owner as usize / 2], owner % 2 == 1)
    }

    /// Takes in what was loaded; the caller has put an empty state here if the epoch is another.
    pub(crate) fn take(&mut self, session: &str, sealer: &Sealer, loaded: Loaded) {
        (self.epoch, self.seq) = (loaded.epoch, loaded.last_seq);
        for entry in loaded.entries {
            self.add(session, sealer, Arc::new(entry));
        }
    }

    /// Adds an entry, or puts a newer state of it in its place.
    pub(crate) fn add(&mut self, session: &str, sealer: &Sealer, entry: Arc<Entry>) {
        let private = &entry.private;
        if !private.servers.is_empty() {
            self.origins.record(&entry.token(), &private.value, &private.normal, private.servers.iter());
        }
        if let Some(&index) = self.by_tag.get(&entry.tag) {
            self.entries[index] = entry;
            return;
        }
        let index = self.entries.len();
        // Hits tell entries by half of a 32 bit number; the limit on values is far below.
        entry.known_by(u32::try_from(index).unwrap_or(u32::MAX / 2), &mut self.known);
        self.by_token.entry(entry.kind.clone()).or_default().insert(entry.number, index);
        self.by_tag.insert(entry.tag, index);
        if entry.kind != LITERAL {
            self.by_value.entry(sealer.tag(session, "", entry.value())).or_insert(index);
        }
        self.entries.push(entry);
    }
}
