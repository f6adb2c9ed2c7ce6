//! The words of all documents, before they are weighed: what an index is made of, and made again from.

use crate::fields::FIELDS;
use crate::mentions::Mentions;
use std::collections::HashMap;
use std::sync::Arc;

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
    pub(crate) terms: HashMap<Arc<str>, u32>,
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
        self.terms.get(stem).copied().unwrap_or_else(|| self.add_term(stem.into()))
    }

    /// The number of a term whose text another index holds too.
    pub(crate) fn shared_term(&mut self, stem: &Arc<str>) -> u32 {
        self.terms.get(stem).copied().unwrap_or_else(|| self.add_term(stem.clone()))
    }

    fn add_term(&mut self, stem: Arc<str>) -> u32 {
        let term = self.terms.len() as u32;
        self.terms.insert(stem, term);
        term
    }

    /// Where the entries of each document begin, and the last one's end.
    pub(crate) fn starts(&self) -> Vec<usize> {
        let mut starts = vec![0; self.tools.len() + 1];
        self.entries.iter().for_each(|entry| starts[entry.document as usize + 1] += 1);
        (1..starts.len()).for_each(|at| starts[at] += starts[at - 1]);
        starts
    }

    /// The vocabulary in alphabetical order; quick where `before`, another one in order, has most of it.
    pub(crate) fn sorted(&self, before: &[(Arc<str>, u32)]) -> Vec<(Arc<str>, u32)> {
        let mut sorted: Vec<(Arc<str>, u32)> = Vec::with_capacity(self.terms.len());
        let mut known = vec![false; self.terms.len()];
        for (text, _) in before {
            if let Some((text, &term)) = self.terms.get_key_value(text) {
                known[term as usize] = true;
                sorted.push((text.clone(), term));
            }
        }
        let others = self.terms.iter().filter(|(_, term)| !known[**term as usize]);
        sorted.extend(others.map(|(text, term)| (text.clone(), *term)));
        // The stable sort uses what is in order already.
        sorted.sort_by(|a, b| a.0.cmp(&b.0));
        sorted
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let texts = |texts: &[Box<str>]| texts.iter().map(|text| text.len() + size_of::<Box<str>>()).sum::<usize>();
        // A hash table keeps about an eighth of its places free, and a byte for each.
        let place = size_of::<(Arc<str>, u32)>() + 1;
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
