//! What tools say for one another: those of a server that fits, and those that a fitting tool tells to call.

use crate::index::Index;
use std::collections::HashMap;

/// How many of a server's best tools speak for it.
const SPEAKERS: usize = 3;

/// How many of the best tools speak for those that they name.
const NAMERS: usize = 10;

/// Raises tools that fit by a share of what the best tools of their server score.
pub(crate) fn of_servers(index: &Index, scores: &mut [f32]) {
    if index.tuning.server == 0.0 {
        return;
    }
    let mut best: HashMap<&str, [f32; SPEAKERS]> = HashMap::new();
    for (server, score) in index.corpus.servers.iter().zip(&*scores).filter(|(_, score)| **score > 0.0) {
        let top = best.entry(server).or_default();
        if *score > top[SPEAKERS - 1] {
            top[SPEAKERS - 1] = *score;
            top.sort_by(|a, b| b.total_cmp(a));
        }
    }
    for (server, score) in index.corpus.servers.iter().zip(scores).filter(|(_, score)| **score > 0.0) {
        let mean = best.get(server.as_ref()).map_or(0.0, |top| top.iter().sum::<f32>() / SPEAKERS as f32);
        *score += index.tuning.server * mean;
    }
}

/// Gives tools that the best ones tell to call a share of the best one's score.
pub(crate) fn of_mentions(index: &Index, scores: &mut [f32]) {
    if index.tuning.mention == 0.0 {
        return;
    }
    let mut order: Vec<usize> = (0..scores.len()).filter(|at| scores[*at] > 0.0).collect();
    let before = |a: &usize, b: &usize| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b));
    if order.len() > NAMERS {
        order.select_nth_unstable_by(NAMERS, before);
        order.truncate(NAMERS);
    }
    order.sort_by(before);
    let mut gains: Vec<(usize, f32)> = Vec::new();
    for document in order {
        for &other in index.mentions.of(document) {
            // The first that names a tool is the best one that does.
            if !gains.iter().any(|(named, _)| *named == other as usize) {
                gains.push((other as usize, index.tuning.mention * scores[document]));
            }
        }
    }
    gains.into_iter().for_each(|(document, gain)| scores[document] += gain);
}
