//! The words of all documents, before they are weighed: what an index is made of, and made again from.

use crate::fields::FIELDS;
use crate::mentions::Mentions;
use std::collections::HashMap;

/// One word of one document: how often it stands in each field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) term: u32,
    pub(crate) document: u32,
    pub(crate) counts: [u8; FIELDS],
}

/// Everything that was read of the documents.
#[derive(Default)]
pub(crate) struct Corpus {
    pub(crate) terms: HashMap<Box<str>, u32>,
    /// In the order of documents.
    pub(crate) entries: Vec<Entry>,
    pub(crate) lengths: Vec<[u32; FIELDS]>,
    pub(crate) names: Lists,
    pub(crate) mentions: Mentions,
    pub(crate) servers: Vec<Box<str>>,
    pub(crate) tools: Vec<Box<str>>,
}

impl Corpus {
    /// The number of a term, a new one for a new term.
    pub(crate) fn term(&mut self, stem: &str) -> u32 {
        if let Some(&term) = self.terms.get(stem) {
            return term;
        }
        let term = self.terms.len() as u32;
        self.terms.insert(stem.into(), term);
        term
    }

    /// The text of each term.
    pub(crate) fn texts(&self) -> Vec<&str> {
        let mut texts = vec![""; self.terms.len()];
        self.terms.iter().for_each(|(text, term)| texts[*term as usize] = text);
        texts
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let texts = |texts: &[Box<str>]| texts.iter().map(|text| text.len() + size_of::<Box<str>>()).sum::<usize>();
        // A hash table keeps about an eighth of its places free, and a byte for each.
        let place = size_of::<(Box<str>, u32)>() + 1;
        let terms: usize =
            self.terms.keys().map(|text| text.len()).sum::<usize>() + self.terms.capacity() * place * 8 / 7;
        terms
            + self.entries.capacity() * size_of::<Entry>()
            + self.lengths.capacity() * size_of::<[u32; FIELDS]>()
            + texts(&self.servers)
            + texts(&self.tools)
            + self.names.heap_bytes()
            + self.mentions.heap_bytes()
    }
}

/// A list of numbers for each document, packed.
#[derive(Default)]
pub(crate) struct Lists {
    ends: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    /// Adds the list of the next document, each number once.
    pub(crate) fn push(&mut self, items: impl Iterator<Item = u32>) {
        let start = self.items.len();
        for item in items {
            if !self.items[start..].contains(&item) {
                self.items.push(item);
            }
        }
        self.ends.push(self.items.len() as u32);
    }

    pub(crate) fn of(&self, document: usize) -> &[u32] {
        let start = document.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.items[start as usize..self.ends[document] as usize]
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        4 * (self.ends.capacity() + self.items.capacity())
    }
}
