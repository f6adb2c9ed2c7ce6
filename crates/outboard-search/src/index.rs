//! The index itself: what was read, how it is weighed, and how it is asked.

use crate::builder::Builder;
use crate::corpus::{Corpus, Lists};
use crate::fields::{Described, Field, Next};
use crate::postings::Postings;
use crate::request::Request;
use crate::tuning::Tuning;
use crate::usage::Usage;
use crate::words::{Stems, words};
use crate::{scoring, suggest};
use std::sync::Arc;

/// One document found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Its position among the documents that the index was built of.
    pub document: usize,
    /// How well it fits; comparable within one query only.
    pub score: f32,
}

/// What to look for.
#[derive(Clone, Copy, Default)]
pub struct Search<'a> {
    /// The request in plain words.
    ///
    /// Of more than 1,000 characters the first 1,000 count. An empty request lists everything in the order
    /// of building, with score 0.
    pub text: &'a str,
    /// Only documents that this accepts are given.
    pub filter: Option<&'a dyn Fn(usize) -> bool>,
    /// How a document's tool was used before.
    pub usage: Option<&'a dyn Fn(usize) -> Usage>,
    /// Most hits to give.
    pub limit: usize,
}

/// An immutable search index over tools.
pub struct Index {
    pub(crate) stems: Stems,
    pub(crate) tuning: Tuning,
    pub(crate) corpus: Corpus,
    /// The vocabulary in alphabetical order, for prefixes and near misses.
    pub(crate) sorted: Vec<(Arc<str>, u32)>,
    pub(crate) postings: Postings,
    /// For each document those from which its parameters are said to come.
    pub(crate) mentions: Lists,
    /// For each term, whether a tool or a server is called so.
    labels: Box<[bool]>,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index").field("documents", &self.len()).field("terms", &self.corpus.terms.len()).finish()
    }
}

impl Index {
    /// Builds an index; hits refer to the documents by their order here.
    pub fn build<'a, D: Into<Described<'a>>>(docs: impl IntoIterator<Item = D>) -> Self {
        Self::build_with(docs, Tuning::default())
    }

    /// Builds an index that weighs otherwise, to measure what a part of ranking contributes.
    pub fn build_with<'a, D: Into<Described<'a>>>(docs: impl IntoIterator<Item = D>, tuning: Tuning) -> Self {
        let mut builder = Builder::default();
        docs.into_iter().for_each(|document| builder.add(&document.into()));
        Self::assemble(builder.finish(), tuning, &[])
    }

    /// The next index: documents of this one where they are to stay, and new ones among them.
    ///
    /// The result is the same as that of building anew from all of them in this order, but only the new ones are read.
    pub fn renewed<'a>(&self, documents: impl IntoIterator<Item = Next<'a>>) -> Self {
        let mut builder = Builder::default();
        builder.renew(&self.corpus, documents.into_iter());
        Self::assemble(builder.finish(), self.tuning, &self.sorted)
    }

    fn assemble(corpus: Corpus, tuning: Tuning, before: &[(Arc<str>, u32)]) -> Self {
        let postings = Postings::of_corpus(&corpus, &tuning);
        let mentions = corpus.mentions.resolve(&corpus.servers, &corpus.tools);
        let sorted = corpus.sorted(before);
        let mut labels = vec![false; corpus.terms.len()];
        for entry in &corpus.entries {
            labels[entry.term as usize] |=
                entry.counts[Field::Server as usize] > 0 || entry.counts[Field::Name as usize] > 0;
        }
        Self { stems: Stems::default(), tuning, corpus, sorted, postings, mentions, labels: labels.into() }
    }

    /// The term of a word as people write it.
    pub(crate) fn term(&self, word: &str) -> Option<u32> {
        self.corpus.terms.get(self.stems.stem(word).as_str()).copied()
    }

    /// Whether a tool or a server is called so.
    pub(crate) fn is_label(&self, word: &str) -> bool {
        self.term(word).is_some_and(|term| self.labels[term as usize])
    }

    /// Whether a document's server is called so, word for word.
    pub(crate) fn is_server(&self, document: usize, said: &[u32]) -> bool {
        let mut terms = Vec::new();
        words(&self.corpus.servers[document], |word, _| terms.push(self.term(word)));
        terms.into_iter().eq(said.iter().copied().map(Some))
    }

    /// How rare a term is.
    pub(crate) fn rarity(&self, term: u32) -> f32 {
        self.postings.rarity(term, self.len())
    }

    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.corpus.tools.len()
    }

    /// Whether there are no documents.
    pub fn is_empty(&self) -> bool {
        self.corpus.tools.is_empty()
    }

    /// What the index holds in memory, in bytes; an estimate that leaves the allocator's own needs out.
    pub fn heap_bytes(&self) -> usize {
        // The texts are those of the table of terms.
        let sorted = self.sorted.len() * size_of::<(Arc<str>, u32)>();
        self.corpus.heap_bytes() + sorted + self.postings.heap_bytes() + self.mentions.heap_bytes() + self.labels.len()
    }

    /// The best `limit` documents for a request, best first; equal scores in the order of building.
    ///
    /// [`Index::search`] without regard to past use.
    pub fn query(&self, query: &str, filter: Option<&dyn Fn(usize) -> bool>, limit: usize) -> Vec<Hit> {
        self.search(&Search { text: query, filter, usage: None, limit })
    }

    /// The best documents for a request, best first; equal scores in the order of building.
    pub fn search(&self, search: &Search<'_>) -> Vec<Hit> {
        let wanted = |document: &usize| search.filter.is_none_or(|accepts| accepts(*document));
        if search.text.trim().is_empty() {
            let all = (0..self.len()).filter(wanted).take(search.limit);
            return all.map(|document| Hit { document, score: 0.0 }).collect();
        }
        let request = Request::read(self, search.text);
        let hits =
            scoring::scores(self, &request).into_iter().enumerate().map(|(document, score)| Hit { document, score });
        let mut hits: Vec<Hit> = hits.filter(|hit| hit.score > 0.0 && wanted(&hit.document)).collect();
        if let Some(usage) = search.usage {
            let factor = |hit: &Hit| 1.0 + self.tuning.usage * usage(hit.document).standing();
            hits.iter_mut().for_each(|hit| hit.score *= factor(hit));
        }
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.document.cmp(&b.document)));
        scoring::spread(self, &request, &mut hits, search.limit);
        hits.truncate(search.limit);
        hits
    }

    /// Names of tools and servers that are nearly what was typed: "did you mean".
    ///
    /// Where the text names both, as in `server.tool`, so do the answers. Nearest first, then by name.
    pub fn suggest(&self, query: &str, max: usize) -> Vec<String> {
        suggest::suggest(&self.corpus.servers, &self.corpus.tools, query, max)
    }
}
