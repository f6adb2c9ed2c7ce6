//! The index itself: a vocabulary, packed postings, and the names of tools.

use crate::builder::Builder;
use crate::fields::Document;
use crate::request::Request;
use crate::{scoring, suggest, words::Stems};
use std::collections::HashMap;

/// One document found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Its position among the documents that the index was built of.
    pub document: usize,
    /// How well it fits; comparable within one query only.
    pub score: f32,
}

/// An immutable search index over tools.
pub struct Index {
    pub(crate) stems: Stems,
    pub(crate) terms: HashMap<Box<str>, u32>,
    /// The vocabulary in alphabetical order, for prefixes and near misses.
    pub(crate) sorted: Vec<(Box<str>, u32)>,
    pub(crate) postings: Postings,
    pub(crate) names: Names,
    /// For each term, whether a tool or a server is called so.
    pub(crate) labels: Box<[bool]>,
    pub(crate) servers: Vec<Box<str>>,
    pub(crate) tools: Vec<Box<str>>,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("documents", &self.len()).field("terms", &self.terms.len()).finish()
    }
}

impl Index {
    /// Builds an index; hits refer to the documents by their order here.
    pub fn build<'a>(docs: impl IntoIterator<Item = Document<'a>>) -> Self {
        let mut builder = Builder::new();
        docs.into_iter().for_each(|document| builder.add(&document));
        builder.finish()
    }

    /// The term of a word as people write it.
    pub(crate) fn term(&self, word: &str) -> Option<u32> {
        self.terms.get(self.stems.stem(word).as_str()).copied()
    }

    /// Whether a tool or a server is called so.
    pub(crate) fn is_label(&self, word: &str) -> bool {
        self.term(word).is_some_and(|term| self.labels[term as usize])
    }

    pub(crate) fn assemble(
        stems: Stems,
        terms: HashMap<Box<str>, u32>,
        postings: Postings,
        names: Names,
        labels: Box<[bool]>,
        servers: Vec<Box<str>>,
        tools: Vec<Box<str>>,
    ) -> Self {
        let mut sorted: Vec<(Box<str>, u32)> = terms.iter().map(|(text, term)| (text.clone(), *term)).collect();
        sorted.sort_unstable();
        Self { stems, terms, sorted, postings, names, labels, servers, tools }
    }

    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.tools.len()
    }

    /// Whether there are no documents.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }

    /// What the index holds in memory, in bytes; an estimate that leaves the allocator's own needs out.
    pub fn heap_bytes(&self) -> usize {
        let texts = |texts: &[Box<str>]| texts.iter().map(|text| text.len() + size_of::<Box<str>>()).sum::<usize>();
        let term = |text: &str| text.len() + size_of::<(Box<str>, u32)>();
        // A hash table keeps about an eighth of its places free, and a byte for each.
        let table: usize = self.terms.keys().map(|text| (term(text) + 1) * 8 / 7).sum();
        let sorted: usize = self.sorted.iter().map(|(text, _)| term(text)).sum();
        let tables = table + sorted + texts(&self.servers) + texts(&self.tools) + self.labels.len();
        tables + self.postings.heap_bytes() + self.names.heap_bytes()
    }

    /// The best `limit` documents for a request, best first; equal scores in the order of building.
    ///
    /// Only documents that `filter` accepts are given. Of a request of more than 1,000 characters the
    /// first 1,000 count. An empty request lists everything in the order of building, with score 0.
    pub fn query(&self, query: &str, filter: Option<&dyn Fn(usize) -> bool>, limit: usize) -> Vec<Hit> {
        let wanted = |document: &usize| filter.is_none_or(|accepts| accepts(*document));
        if query.trim().is_empty() {
            return (0..self.len()).filter(wanted).take(limit).map(|document| Hit { document, score: 0.0 }).collect();
        }
        let request = Request::read(self, query);
        let mut hits: Vec<Hit> = scoring::scores(self, &request)
            .into_iter()
            .enumerate()
            .filter(|(document, score)| *score > 0.0 && wanted(document))
            .map(|(document, score)| Hit { document, score })
            .collect();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.document.cmp(&b.document)));
        scoring::spread(self, &request, &mut hits, limit);
        hits.truncate(limit);
        hits
    }

    /// Names of tools and servers that are nearly what was typed: "did you mean".
    ///
    /// Where the text names both, as in `server.tool`, so do the answers. Nearest first, then by name.
    pub fn suggest(&self, query: &str, max: usize) -> Vec<String> {
        suggest::suggest(&self.servers, &self.tools, query, max)
    }
}

/// For each term, the documents that hold it and what it contributes there.
pub(crate) struct Postings {
    /// Where a term's postings begin; one more than there are terms.
    pub(crate) starts: Box<[u32]>,
    pub(crate) documents: Box<[u32]>,
    pub(crate) impacts: Box<[f32]>,
}

impl Postings {
    pub(crate) fn sized(starts: Vec<u32>, entries: usize) -> Self {
        Self { starts: starts.into(), documents: vec![0; entries].into(), impacts: vec![0.0; entries].into() }
    }

    pub(crate) fn of(&self, term: u32) -> impl Iterator<Item = (usize, f32)> {
        let range = self.starts[term as usize] as usize..self.starts[term as usize + 1] as usize;
        self.documents[range.clone()].iter().map(|&document| document as usize).zip(self.impacts[range].iter().copied())
    }

    fn heap_bytes(&self) -> usize {
        4 * (self.starts.len() + self.documents.len() + self.impacts.len())
    }

    /// How rare a term is (the inverse document frequency of BM25).
    pub(crate) fn rarity(&self, term: u32, documents: usize) -> f32 {
        let holding = (self.starts[term as usize + 1] - self.starts[term as usize]) as f32;
        (1.0 + (documents as f32 - holding + 0.5) / (holding + 0.5)).ln()
    }
}

/// The terms of each tool's own name.
#[derive(Default)]
pub(crate) struct Names {
    ends: Vec<u32>,
    terms: Vec<u32>,
}

impl Names {
    pub(crate) fn push(&mut self, terms: impl Iterator<Item = u32>) {
        let start = self.terms.len();
        for term in terms {
            if !self.terms[start..].contains(&term) {
                self.terms.push(term);
            }
        }
        self.ends.push(self.terms.len() as u32);
    }

    fn heap_bytes(&self) -> usize {
        4 * (self.ends.capacity() + self.terms.capacity())
    }

    pub(crate) fn of(&self, document: usize) -> &[u32] {
        let start = document.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.terms[start as usize..self.ends[document] as usize]
    }
}
