//! Values that are private wherever they show up, and that have no token as long as nobody would read them.
//!
//! A record says by its keys what is a name; a program that takes the name out of the record takes the key away. So what
//! answers hold is remembered here, in memory: only what is about to be shown is given a token and written to the vault.

use crate::entry::{Entry, Private, Tag, is_telling};
use crate::needles::Needles;
use crate::protect::{Becomes, Region};
use crate::token::View;
use std::collections::{BTreeSet, HashSet};

/// Values of one session that are remembered; what comes later is known only where its own form tells.
const MOST: usize = 20_000;

/// What is remembered for one session.
#[derive(Default)]
pub(crate) struct Expected {
    entries: Vec<Entry>,
    seen: HashSet<Tag>,
    needles: Needles,
}

impl Expected {
    /// Remembers a value; `tag` tells it from others.
    pub(crate) fn add(&mut self, tag: Tag, kind: &str, value: &str, normal: &str) {
        if self.entries.len() >= MOST || !is_telling(value) || !self.seen.insert(tag) {
            return;
        }
        let private = Private {
            value: value.to_owned(),
            normal: normal.to_owned(),
            view: View::default(),
            servers: BTreeSet::new(),
        };
        let entry = Entry { kind: kind.to_owned(), number: 0, tag, private };
        // As many as there may be are counted with far fewer bits.
        entry.known_by(self.entries.len() as u32, &mut self.needles);
        self.entries.push(entry);
    }

    /// What finds them.
    pub(crate) fn needles(&self) -> &Needles {
        &self.needles
    }

    /// The places of a text where one of them stands.
    pub(crate) fn regions(&self, text: &str) -> Vec<Region> {
        let hits = self.needles.search(text.as_bytes());
        let region = |hit: crate::needles::Hit| {
            let entry = &self.entries[hit.owner as usize / 2];
            let (kind, value) = (entry.kind.clone(), text[hit.range.clone()].to_owned());
            Region { range: hit.range, becomes: Becomes::Value { kind, value, normal: entry.private.normal.clone() } }
        };
        hits.into_iter().map(region).collect()
    }
}
