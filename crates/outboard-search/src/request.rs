//! Reads a request in plain words into weighted concepts.

use crate::common::{is_chatter, is_modifier, is_stop};
use crate::fuzzy::{distance, tolerance};
use crate::index::Index;
use crate::tuning::Tuning;
use crate::values::Values;
use crate::words::words;
use crate::{shapes, synonyms};

/// Longest request read, in characters.
const MAX_CHARACTERS: usize = 1_000;

/// Most unknown words for which near misses are looked up.
const MAX_REPAIRS: usize = 6;

/// One thing asked for: terms any of which will do, each with its weight.
pub(crate) struct Concept {
    pub(crate) terms: Vec<(u32, f32)>,
    /// How rare any of them may count: no rarer than the word that was said.
    pub(crate) rarity: f32,
}

/// A request, understood.
pub(crate) struct Request {
    pub(crate) concepts: Vec<Concept>,
    /// The known words of the request in their order, framing too: a request may be a tool's name.
    pub(crate) said: Vec<u32>,
}

/// A word of the request.
struct Word {
    text: String,
    at: usize,
    weight: f32,
}

impl Request {
    pub(crate) fn read(index: &Index, query: &str) -> Self {
        let end = query.char_indices().nth(MAX_CHARACTERS).map_or(query.len(), |(at, _)| at);
        let query = &query[..end];
        let words = gather(index, query);
        let mut concepts = Concepts { index, list: Vec::new(), repairs: 0 };
        words.iter().for_each(|word| concepts.word(query, word));
        concepts.neighbours(&words);
        let shape = index.tuning.shape;
        shapes::hints(query, |word| concepts.add(word, shape));
        Self { concepts: concepts.list, said: said(index, query) }
    }
}

/// Every word as its term; nothing where one of them stands in no document, for then it is no name either.
fn said(index: &Index, query: &str) -> Vec<u32> {
    let mut terms = Vec::new();
    words(query, |text, _| terms.push(index.term(text)));
    terms.into_iter().collect::<Option<_>>().unwrap_or_default()
}

/// The words of a request without stop words, unless there are no others; each once.
fn gather(index: &Index, query: &str) -> Vec<Word> {
    let values = Values::find(query, &index.tuning);
    let mut all: Vec<Word> = Vec::new();
    words(query, |text, at| {
        let weight = weight(text, &index.tuning) * values.weight(query, at, index.is_label(text));
        match all.iter_mut().find(|word| word.text == text) {
            Some(word) => word.weight = word.weight.max(weight) + index.tuning.repeated * weight,
            None => all.push(Word { text: text.to_owned(), at, weight }),
        }
    });
    if all.iter().any(|word| !is_stop(&word.text)) {
        all.retain(|word| !is_stop(&word.text));
    }
    all
}

fn weight(word: &str, tuning: &Tuning) -> f32 {
    if is_chatter(word) {
        tuning.chatter
    } else if is_modifier(word) {
        tuning.modifier
    } else {
        1.0
    }
}

struct Concepts<'a> {
    index: &'a Index,
    list: Vec<Concept>,
    repairs: usize,
}

impl Concepts<'_> {
    fn known(&self, word: &str) -> Option<u32> {
        self.index.term(word)
    }

    fn add(&mut self, word: &str, weight: f32) {
        if weight > 0.0
            && let Some(term) = self.known(word)
        {
            self.push(vec![(term, weight)], f32::INFINITY);
        }
    }

    /// Adds a concept, or strengthens the one that is about the same term already.
    fn push(&mut self, terms: Vec<(u32, f32)>, rarity: f32) {
        let Some(&(first, weight)) = terms.first() else {
            return;
        };
        match self.list.iter_mut().find(|concept| concept.terms[0].0 == first) {
            Some(same) => same.terms[0].1 = same.terms[0].1.max(weight),
            None => self.list.push(Concept { terms, rarity }),
        }
    }

    fn word(&mut self, query: &str, word: &Word) {
        let stem = self.index.stems.stem(&word.text);
        let mut terms: Vec<(u32, f32)> = Vec::new();
        match self.index.corpus.terms.get(stem.as_str()) {
            Some(&term) => terms.push((term, word.weight)),
            None if self.repairs < MAX_REPAIRS && is_prose(query, word) => {
                self.repairs += 1;
                terms.extend(self.repair(&word.text, &stem).into_iter().map(|(term, w)| (term, w * word.weight)));
            }
            None => {}
        }
        let others =
            synonyms::of(&stem).iter().filter_map(|other| self.index.corpus.terms.get(other.as_str()).copied());
        terms.extend(others.map(|term| (term, self.index.tuning.synonym * word.weight)));
        let long = synonyms::spelt_out(&stem).filter_map(|other| self.known(other));
        terms.extend(long.map(|term| (term, self.index.tuning.synonym * word.weight)));
        let rarity = match self.index.corpus.terms.get(stem.as_str()) {
            Some(&term) => self.index.rarity(term),
            None => f32::INFINITY,
        };
        self.push(terms, rarity);
    }

    /// `web site` for `website`, `pull request` for `PR`.
    fn neighbours(&mut self, words: &[Word]) {
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        for pair in texts.windows(2) {
            if pair[0].is_ascii() && pair[1].is_ascii() {
                self.add(&format!("{}{}", pair[0], pair[1]), self.index.tuning.compound);
            }
        }
        synonyms::abbreviations(&texts).for_each(|short| self.add(short, self.index.tuning.compound));
    }

    /// Known terms for an unknown word: it may be two words, the beginning of one, or misspelt.
    fn repair(&self, word: &str, stem: &str) -> Vec<(u32, f32)> {
        if let Some(halves) = self.halves(word) {
            return halves.map(|term| (term, self.index.tuning.compound)).to_vec();
        }
        let characters: Vec<char> = stem.chars().collect();
        if characters.len() < 3 {
            return Vec::new();
        }
        let beginnings = self.beginnings(stem);
        if !beginnings.is_empty() {
            return beginnings;
        }
        self.near(&word.chars().collect::<Vec<_>>(), &characters)
    }

    fn halves(&self, word: &str) -> Option<[u32; 2]> {
        (3..word.len().saturating_sub(2))
            .filter(|&at| word.is_char_boundary(at))
            .find_map(|at| Some([self.known(&word[..at])?, self.known(&word[at..])?]))
    }

    fn beginnings(&self, stem: &str) -> Vec<(u32, f32)> {
        let sorted = &self.index.sorted;
        let from = sorted.partition_point(|(text, _)| text.as_ref() < stem);
        sorted[from..]
            .iter()
            .take_while(|(text, _)| text.starts_with(stem))
            .take(8)
            .map(|(_, term)| (*term, self.index.tuning.repair))
            .collect()
    }

    /// The nearest known terms that share the first letter.
    fn near(&self, word: &[char], stem: &[char]) -> Vec<(u32, f32)> {
        let (sorted, first) = (&self.index.sorted, stem[0]);
        let from = sorted.partition_point(|(text, _)| text.chars().next() < Some(first));
        let mut max = tolerance(word.len());
        let mut best = Vec::new();
        let lengths = stem.len().min(word.len()).saturating_sub(max)..=stem.len().max(word.len()) + max;
        let mut letters: Vec<char> = Vec::new();
        for (text, term) in sorted[from..].iter().take_while(|(text, _)| text.starts_with(first)) {
            letters.clear();
            letters.extend(text.chars().take(lengths.end() + 1));
            if !lengths.contains(&letters.len()) {
                continue;
            }
            let found = [stem, word].into_iter().filter_map(|form| distance(form, &letters, max)).min();
            let Some(edits) = found.filter(|edits| *edits > 0) else {
                continue;
            };
            if edits < max {
                best.clear();
                max = edits;
            }
            best.push((*term, self.index.tuning.repair / edits as f32));
        }
        best.truncate(8);
        best
    }
}

/// Whether a word may be a misspelt word rather than a name, a number or a part of a value.
fn is_prose(query: &str, word: &Word) -> bool {
    let rest = &query[word.at..];
    let first = rest.chars().next();
    first.is_some_and(|c| !c.is_uppercase() || word.at == 0) && !word.text.chars().any(char::is_numeric)
}
