//! Adds up what the concepts of a request contribute to each document, and puts the best in order.

use crate::index::{Hit, Index};
use crate::mentions;
use crate::request::{Concept, Request};

/// How many of the best documents are put in order with regard to one another.
const WINDOW: usize = 50;

/// The score of every document; 0 for those that hold nothing asked for.
pub(crate) fn scores(index: &Index, request: &Request) -> Vec<f32> {
    let mut scores = vec![0.0f32; index.len()];
    let mut best = vec![0.0f32; index.len()];
    let mut touched: Vec<usize> = Vec::new();
    for concept in &request.concepts {
        contributions(index, concept, |document, value| {
            if best[document] == 0.0 {
                touched.push(document);
            }
            // Synonyms of one word are one thing asked for: the best of them counts, not their sum.
            best[document] = best[document].max(value);
        });
        for document in touched.drain(..) {
            scores[document] += std::mem::take(&mut best[document]);
        }
    }
    let asked = asked(index, request);
    for (document, score) in scores.iter_mut().enumerate().filter(|(_, score)| **score > 0.0) {
        *score *= 1.0 + index.tuning.name_covered * covered(index, document, &asked);
    }
    mentions::raise(index, &mut scores);
    prefer_named(index, &request.said, &mut scores);
    scores
}

/// Whoever says nothing but a tool's name, alone or behind its server's, wants that tool first.
fn prefer_named(index: &Index, said: &[u32], scores: &mut [f32]) {
    let top = scores.iter().copied().fold(0.0, f32::max);
    for (document, score) in scores.iter_mut().enumerate().filter(|(_, score)| **score > 0.0) {
        let name = index.corpus.names.of(document);
        let server = said.strip_suffix(name).filter(|_| !name.is_empty());
        if server.is_some_and(|server| server.is_empty() || index.is_server(document, server)) {
            *score += top;
        }
    }
}

fn contributions(index: &Index, concept: &Concept, mut emit: impl FnMut(usize, f32)) {
    for &(term, weight) in &concept.terms {
        let rarity = index.rarity(term).min(concept.rarity);
        index.postings.of(term).for_each(|(document, impact)| emit(document, weight * rarity * impact));
    }
}

/// How much each term was asked for.
fn asked(index: &Index, request: &Request) -> Vec<f32> {
    let mut asked = vec![0.0f32; index.corpus.terms.len()];
    for &(term, weight) in request.concepts.iter().flat_map(|concept| &concept.terms) {
        asked[term as usize] = asked[term as usize].max(weight);
    }
    asked
}

/// The share of a tool's name that was asked for, by rarity; synonyms do nearly as well here.
fn covered(index: &Index, document: usize, asked: &[f32]) -> f32 {
    let (mut found, mut all) = (0.0, f32::MIN_POSITIVE);
    for &term in index.corpus.names.of(document) {
        let rarity = index.rarity(term);
        all += rarity;
        found += rarity * asked[term as usize].min(1.0).sqrt();
    }
    found / all
}

/// Puts the best hits in order so that each further one counts for what those above leave open.
///
/// A request may need several tools; ten tools for its first half should not bury the one for its second.
pub(crate) fn spread(index: &Index, request: &Request, hits: &mut [Hit], limit: usize) {
    let (hits, rest) = hits.split_at_mut(hits.len().min(WINDOW));
    let mut shares = shares(index, request, hits);
    let mut left = vec![1.0f32; request.concepts.len()];
    for at in 0..hits.len().min(limit) {
        let (next, worth) = best(&shares[at..], &left);
        // Rotating keeps the others in their order, so that ties stay settled as they were.
        hits[at..=at + next].rotate_right(1);
        shares[at..=at + next].rotate_right(1);
        hits[at].score = worth;
        let top = shares[at].iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        for (left, share) in left.iter_mut().zip(&shares[at]) {
            *left *= 1.0 - (1.0 - index.tuning.already) * share / top;
        }
    }
    let last = hits.last().map_or(0.0, |hit| hit.score);
    rest.iter_mut().for_each(|hit| hit.score = hit.score.min(last));
}

/// The first of the documents that add most to what is left open, and how much that is.
fn best(shares: &[Vec<f32>], left: &[f32]) -> (usize, f32) {
    let worth = |shares: &Vec<f32>| -> f32 { shares.iter().zip(left).map(|(share, left)| share * left).sum() };
    let mut best = (0, f32::MIN);
    for (at, shares) in shares.iter().enumerate() {
        let worth = worth(shares);
        if worth > best.1 {
            best = (at, worth);
        }
    }
    best
}

/// What each concept contributes to each hit; the parts of a hit add up to its score.
fn shares(index: &Index, request: &Request, hits: &[Hit]) -> Vec<Vec<f32>> {
    let mut slots = vec![u32::MAX; index.len()];
    hits.iter().enumerate().for_each(|(slot, hit)| slots[hit.document] = slot as u32);
    let mut shares = vec![vec![0.0f32; request.concepts.len()]; hits.len()];
    for (at, concept) in request.concepts.iter().enumerate() {
        contributions(index, concept, |document, value| {
            if let Some(share) = shares.get_mut(slots[document] as usize) {
                share[at] = share[at].max(value);
            }
        });
    }
    for (share, hit) in shares.iter_mut().zip(hits) {
        let factor = hit.score / share.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        share.iter_mut().for_each(|part| *part *= factor);
    }
    shares
}
