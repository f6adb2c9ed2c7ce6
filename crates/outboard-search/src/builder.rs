//! Reads documents into a [`Corpus`]: cuts texts into words and counts them per field.

use crate::common::is_stop;
use crate::corpus::{Corpus, Entry};
use crate::fields::{Described, FIELDS, Field, MAX_FIELD, MAX_PARAMETERS, Next, cut};
use crate::words::{Stems, words};
use std::collections::HashMap;
use std::sync::Arc;

/// Longest name of a server or tool kept, in bytes.
const MAX_NAME: usize = 256;

/// Gathers documents.
#[derive(Default)]
pub(crate) struct Builder {
    stems: Stems,
    /// Words as written to terms, so that each is stemmed once.
    seen: HashMap<Box<str>, u32>,
    corpus: Corpus,
}

impl Builder {
    /// Reads a document.
    pub(crate) fn add(&mut self, described: &Described<'_>) {
        let document = &described.document;
        let mut found: Vec<(u32, Field)> = Vec::new();
        self.read(document.server, Field::Server, &mut found);
        self.read(document.name, Field::Name, &mut found);
        self.corpus.names.push(found.iter().filter(|(_, field)| *field == Field::Name).map(|(term, _)| *term));
        self.read(document.title, Field::Title, &mut found);
        self.read(document.description, Field::Description, &mut found);
        for (name, doc) in document.parameters.iter().take(MAX_PARAMETERS) {
            self.read(name, Field::Parameter, &mut found);
            self.read(doc, Field::ParameterDoc, &mut found);
        }
        for (name, doc) in described.results.iter().take(MAX_PARAMETERS) {
            self.read(name, Field::Result, &mut found);
            self.read(doc, Field::Result, &mut found);
        }
        described.texts.iter().take(MAX_PARAMETERS).for_each(|text| self.read(text, Field::Text, &mut found));
        self.count(found);
        let docs = document.parameters.iter().take(MAX_PARAMETERS).map(|(_, doc)| *doc);
        self.corpus.mentions.read(docs.map(|text| cut(text, MAX_FIELD)));
        self.corpus.servers.push(cut(document.server, MAX_NAME).into());
        self.corpus.tools.push(cut(document.name, MAX_NAME).into());
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
        let term = self.corpus.term(&self.stems.stem(word));
        self.seen.insert(word.into(), term);
        term
    }

    /// Turns the words of one document into one entry a term.
    fn count(&mut self, mut found: Vec<(u32, Field)>) {
        let document = self.corpus.lengths.len() as u32;
        let mut lengths = [0u32; FIELDS];
        found.sort_unstable();
        for same in found.chunk_by(|a, b| a.0 == b.0) {
            let mut counts = [0u8; FIELDS];
            for (_, field) in same {
                counts[*field as usize] = counts[*field as usize].saturating_add(1);
                lengths[*field as usize] += 1;
            }
            self.corpus.entries.push(Entry { term: same[0].0, document, counts });
        }
        self.corpus.lengths.push(lengths);
    }

    /// Takes over documents that were read before, and reads the others.
    pub(crate) fn renew<'a>(&mut self, old: &Corpus, documents: impl Iterator<Item = Next<'a>>) {
        let mut texts: Vec<Option<&Arc<str>>> = vec![None; old.terms.len()];
        old.terms.iter().for_each(|(text, term)| texts[*term as usize] = Some(text));
        let mut terms = vec![u32::MAX; texts.len()];
        let starts = old.starts();
        self.corpus.entries.reserve(old.entries.len());
        for next in documents {
            match next {
                Next::Read(described) => self.add(&described),
                Next::Kept(document) if document >= old.tools.len() => {}
                Next::Kept(document) => self.copy(old, document, &starts, |corpus, term| {
                    if let Some(text) = texts[term as usize].take() {
                        terms[term as usize] = corpus.shared_term(text);
                    }
                    terms[term as usize]
                }),
            }
        }
    }

    fn copy(&mut self, old: &Corpus, document: usize, starts: &[usize], mut term: impl FnMut(&mut Corpus, u32) -> u32) {
        let corpus = &mut self.corpus;
        let number = corpus.lengths.len() as u32;
        for entry in &old.entries[starts[document]..starts[document + 1]] {
            let term = term(corpus, entry.term);
            corpus.entries.push(Entry { term, document: number, counts: entry.counts });
        }
        let names: Vec<u32> = old.names.of(document).iter().map(|name| term(corpus, *name)).collect();
        corpus.names.push(names.into_iter());
        corpus.lengths.push(old.lengths[document]);
        corpus.mentions.copy(&old.mentions, document);
        corpus.servers.push(old.servers[document].clone());
        corpus.tools.push(old.tools[document].clone());
    }

    /// What was read.
    pub(crate) fn finish(mut self) -> Corpus {
        self.corpus.entries.shrink_to_fit();
        self.corpus
    }
}
