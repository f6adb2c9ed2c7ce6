//! For each term, the documents that hold it and what it contributes there.

use crate::corpus::Corpus;
use crate::fields::FIELDS;
use crate::tuning::Tuning;

/// Packed lists of documents and contributions, one a term.
pub(crate) struct Postings {
    /// Where a term's postings begin; one more than there are terms.
    starts: Box<[u32]>,
    documents: Box<[u32]>,
    impacts: Box<[f32]>,
}

impl Postings {
    /// Weighs every word of every document.
    pub(crate) fn of_corpus(corpus: &Corpus, tuning: &Tuning) -> Self {
        let scales = scales(&corpus.lengths);
        let mut starts = vec![0u32; corpus.terms.len() + 1];
        corpus.entries.iter().for_each(|entry| starts[entry.term as usize + 1] += 1);
        (1..starts.len()).for_each(|at| starts[at] += starts[at - 1]);
        let mut next = starts.clone();
        let (mut documents, mut impacts) = (vec![0; corpus.entries.len()], vec![0.0; corpus.entries.len()]);
        // Entries come in the order of documents, so each term's postings are sorted too.
        for entry in &corpus.entries {
            let at = next[entry.term as usize] as usize;
            next[entry.term as usize] += 1;
            documents[at] = entry.document;
            impacts[at] = impact(tuning, &entry.counts, &scales, &corpus.lengths[entry.document as usize]);
        }
        Self { starts: starts.into(), documents: documents.into(), impacts: impacts.into() }
    }

    pub(crate) fn of(&self, term: u32) -> impl Iterator<Item = (usize, f32)> {
        let range = self.starts[term as usize] as usize..self.starts[term as usize + 1] as usize;
        self.documents[range.clone()].iter().map(|&document| document as usize).zip(self.impacts[range].iter().copied())
    }

    /// How rare a term is (the inverse document frequency of BM25).
    pub(crate) fn rarity(&self, term: u32, documents: usize) -> f32 {
        let holding = (self.starts[term as usize + 1] - self.starts[term as usize]) as f32;
        (1.0 + (documents as f32 - holding + 0.5) / (holding + 0.5)).ln()
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        4 * (self.starts.len() + self.documents.len() + self.impacts.len())
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
fn impact(tuning: &Tuning, counts: &[u8; FIELDS], scales: &[f32; FIELDS], lengths: &[u32; FIELDS]) -> f32 {
    let weighted: f32 = (0..FIELDS)
        .filter(|&field| counts[field] > 0)
        .map(|field| {
            let b = tuning.lengths[field];
            let length = 1.0 - b + b * lengths[field] as f32 / scales[field];
            tuning.fields[field] * f32::from(counts[field]) / length
        })
        .sum();
    weighted * (tuning.saturation + 1.0) / (weighted + tuning.saturation)
}
