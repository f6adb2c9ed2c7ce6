//! Turns documents into an [`Index`](crate::Index): counts words per field, then weighs and packs them.

use crate::common::is_stop;
use crate::fields::{Document, FIELDS, Field, MAX_FIELD, MAX_PARAMETERS, cut};
use crate::index::{Index, Names, Postings};
use crate::words::{Stems, words};
use std::collections::HashMap;

/// How fast repeated words stop counting (the `k1` of BM25).
const SATURATION: f32 = 1.2;

/// One word of one document: how often it stands in each field.
struct Entry {
    term: u32,
    document: u32,
    counts: [u16; FIELDS],
}

/// Gathers documents.
pub(crate) struct Builder {
    stems: Stems,
    /// Words as written to terms, so that each is stemmed once; stop words map to `None` outside labels.
    seen: HashMap<Box<str>, u32>,
    terms: HashMap<Box<str>, u32>,
    entries: Vec<Entry>,
    lengths: Vec<[u32; FIELDS]>,
    names: Names,
    servers: Vec<Box<str>>,
    tools: Vec<Box<str>>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            stems: Stems::new(),
            seen: HashMap::new(),
            terms: HashMap::new(),
            entries: Vec::new(),
            lengths: Vec::new(),
            names: Names::default(),
            servers: Vec::new(),
            tools: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, document: &Document<'_>) {
        let mut found: Vec<(u32, Field)> = Vec::new();
        self.read(document.server, Field::Server, &mut found);
        self.read(document.name, Field::Name, &mut found);
        self.names.push(found.iter().filter(|(_, field)| *field == Field::Name).map(|(term, _)| *term));
        self.read(document.title, Field::Title, &mut found);
        self.read(document.description, Field::Description, &mut found);
        for (name, doc) in document.parameters.iter().take(MAX_PARAMETERS) {
            self.read(name, Field::Parameter, &mut found);
            self.read(doc, Field::ParameterDoc, &mut found);
        }
        self.count(found);
        self.servers.push(cut(document.server, 256).into());
        self.tools.push(cut(document.name, 256).into());
    }

    fn read(&mut self, text: &str, field: Field, found: &mut Vec<(u32, Field)>) {
        words(cut(text, MAX_FIELD), |word, _| {
            if field.is_label() || !is_stop(word) {
                found.push((self.term(word), field));
            }
        });
    }

    fn term(&mut self, word: &str) -> u32 {
        if let Some(&term) = self.seen.get(word) {
            return term;
        }
        let next = self.terms.len() as u32;
        let term = *self.terms.entry(self.stems.stem(word).into()).or_insert(next);
        self.seen.insert(word.into(), term);
        term
    }

    /// Turns the words of one document into one entry a term.
    fn count(&mut self, mut found: Vec<(u32, Field)>) {
        let document = self.lengths.len() as u32;
        let mut lengths = [0u32; FIELDS];
        found.sort_unstable();
        for same in found.chunk_by(|a, b| a.0 == b.0) {
            let mut counts = [0u16; FIELDS];
            for (_, field) in same {
                counts[*field as usize] = counts[*field as usize].saturating_add(1);
                lengths[*field as usize] += 1;
            }
            self.entries.push(Entry { term: same[0].0, document, counts });
        }
        self.lengths.push(lengths);
    }

    pub(crate) fn finish(self) -> Index {
        let scales = scales(&self.lengths);
        let mut starts = vec![0u32; self.terms.len() + 1];
        self.entries.iter().for_each(|entry| starts[entry.term as usize + 1] += 1);
        (1..starts.len()).for_each(|at| starts[at] += starts[at - 1]);
        let mut postings = Postings::sized(starts, self.entries.len());
        let mut labels = vec![false; self.terms.len()];
        let mut next: Vec<u32> = postings.starts.to_vec();
        // Entries come in the order of documents, so each term's postings are sorted too.
        for entry in &self.entries {
            let at = next[entry.term as usize] as usize;
            next[entry.term as usize] += 1;
            labels[entry.term as usize] |=
                entry.counts[Field::Server as usize] + entry.counts[Field::Name as usize] > 0;
            postings.documents[at] = entry.document;
            postings.impacts[at] = impact(&entry.counts, &scales, &self.lengths[entry.document as usize]);
        }
        Index::assemble(self.stems, self.terms, postings, self.names, labels.into(), self.servers, self.tools)
    }
}

/// The mean length of each field over the documents that have it.
fn scales(lengths: &[[u32; FIELDS]]) -> [f32; FIELDS] {
    std::array::from_fn(|field| {
        let filled = lengths.iter().filter(|lengths| lengths[field] > 0).count().max(1);
        let total: u64 = lengths.iter().map(|lengths| u64::from(lengths[field])).sum();
        (total as f32 / filled as f32).max(1.0)
    })
}

/// What a word contributes to a document's score, before its rarity: BM25F's saturated, weighted count.
fn impact(counts: &[u16; FIELDS], scales: &[f32; FIELDS], lengths: &[u32; FIELDS]) -> f32 {
    let weighted: f32 = (0..FIELDS)
        .filter(|&field| counts[field] > 0)
        .map(|field| {
            let b = Field::LENGTH[field];
            let length = 1.0 - b + b * lengths[field] as f32 / scales[field];
            Field::WEIGHTS[field] * f32::from(counts[field]) / length
        })
        .sum();
    weighted * (SATURATION + 1.0) / (weighted + SATURATION)
}
