//! What each part of ranking contributes, and what a choice of weights is worth on requests that had no part
//! in choosing: `ablation FOLDER…`.
#![allow(clippy::print_stdout, reason = "a program for people")]

use outboard_search::{Index, LabelledQuery, LabelledSet, LabelledTool, Report, Tuning, evaluate_index};
use std::collections::BTreeMap;
use std::path::Path;

type Change = fn(&mut Tuning, f32);

/// Each part, how to set it, what switches it off, and what cross-validation may choose from.
const PARTS: &[(&str, Change, f32, &[f32])] = &[
    ("weight of names", |t, x| t.fields[1] = x, 1.0, &[1.0, 2.0, 3.0]),
    ("weight of titles", |t, x| t.fields[2] = x, 1.0, &[1.0, 1.5]),
    ("weight of parameters", |t, x| (t.fields[4], t.fields[5]) = (x, x), 0.0, &[0.4, 0.8, 1.0]),
    ("synonyms", |t, x| t.synonym = x, 0.0, &[0.0, 0.3, 0.55, 0.7]),
    ("misspelt and unfinished", |t, x| t.repair = x, 0.0, &[0.0, 0.6]),
    ("compounds", |t, x| t.compound = x, 0.0, &[0.0, 0.8]),
    ("shapes of values", |t, x| t.shape = x, 0.0, &[0.0, 0.5, 1.0]),
    ("framing counts less", |t, x| t.chatter = x, 1.0, &[0.15, 1.0]),
    ("modifiers count less", |t, x| t.modifier = x, 1.0, &[0.5, 1.0]),
    ("values count less", |t, x| t.value = x, 1.0, &[0.2, 0.35, 1.0]),
    ("subjects count less", |t, x| t.subject = x, 1.0, &[0.7, 1.0]),
    ("proper names count less", |t, x| t.proper = x, 1.0, &[0.5, 1.0]),
    ("repetition counts more", |t, x| t.repeated = x, 0.0, &[0.0, 0.3]),
    ("whole name asked for", |t, x| t.name_covered = x, 0.0, &[0.0, 0.5, 1.0]),
    ("where parameters come from", |t, x| t.mention = x, 0.0, &[0.0, 0.2, 0.5]),
    ("spread over the request", |t, x| t.already = x, 1.0, &[0.85, 0.92, 1.0]),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folders: Vec<String> = std::env::args().skip(1).collect();
    if folders.is_empty() {
        return Err("usage: ablation FOLDER…, each with tools.jsonl and queries.jsonl".into());
    }
    for folder in &folders {
        let set = LabelledSet::read(Path::new(folder))?;
        println!("\n{folder}: {} tools, {} requests", set.tools.len(), set.queries.len());
        parts(&set);
        held_out("halves", &set, |at, _| at % 2);
        let fold = folds_of_servers(&set);
        held_out("servers", &set, |_, query| fold.get(server(&set, query)).copied().unwrap_or(0));
    }
    Ok(())
}

fn measure(tools: &[LabelledTool], queries: &[LabelledQuery], tuning: Tuning) -> Report {
    evaluate_index(&Index::build_with(tools.iter().map(LabelledTool::document), tuning), tools, queries)
}

fn show(what: &str, figures: [f64; 4]) {
    let [r1, r5, r10, mrr] = figures;
    println!("| {what} | {r1:.1} | {r5:.1} | {r10:.1} | {mrr:.3} |");
}

fn figures(report: &Report) -> [f64; 4] {
    [report.recall_at_1, report.recall_at_5, report.recall_at_10, report.mrr]
}

/// Everything, everything but one part, and nothing.
fn parts(set: &LabelledSet) {
    println!("| | R@1 | R@5 | R@10 | MRR |\n|---|--:|--:|--:|--:|");
    let of = |tuning| figures(&measure(&set.tools, &set.queries, tuning));
    show("everything", of(Tuning::default()));
    for (name, change, off, _) in PARTS {
        let mut tuning = Tuning::default();
        change(&mut tuning, *off);
        show(&format!("without: {name}"), of(tuning));
    }
    show("plain BM25", of(Tuning::plain()));
}

/// Weights chosen on one fold and measured on the other, both ways; starts from plain BM25.
fn held_out(what: &str, set: &LabelledSet, fold: impl Fn(usize, &LabelledQuery) -> usize) {
    let part = |wanted: usize| -> Vec<LabelledQuery> {
        let own = set.queries.iter().enumerate().filter(|(at, query)| fold(*at, query) == wanted);
        own.map(|(_, query)| query.clone()).collect()
    };
    let (folds, total) = ([part(0), part(1)], set.queries.len() as f64);
    if folds.iter().any(Vec::is_empty) {
        return println!("held out by {what}: the requests can not be split so");
    }
    let (mut chosen, mut fixed, mut plain) = ([0.0; 4], [0.0; 4], [0.0; 4]);
    for at in 0..2 {
        let share = folds[at].len() as f64 / total;
        let add = |sum: &mut [f64; 4], tuning| {
            let figures = figures(&measure(&set.tools, &folds[at], tuning));
            sum.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += share * figure);
        };
        add(&mut chosen, choose(&set.tools, &folds[1 - at]));
        add(&mut fixed, Tuning::default());
        add(&mut plain, Tuning::plain());
    }
    show(&format!("held out by {what}: weights chosen on the other fold"), chosen);
    show(&format!("held out by {what}: weights as shipped"), fixed);
    show(&format!("held out by {what}: plain BM25"), plain);
}

/// Two rounds of taking the best value of each part in turn.
fn choose(tools: &[LabelledTool], queries: &[LabelledQuery]) -> Tuning {
    let worth = |tuning| figures(&measure(tools, queries, tuning)).iter().take(3).sum::<f64>();
    let (mut best, mut tuning) = (worth(Tuning::plain()), Tuning::plain());
    for (_, change, _, values) in PARTS.iter().chain(PARTS) {
        for value in *values {
            let mut other = tuning;
            change(&mut other, *value);
            let found = worth(other);
            if found > best + 0.05 {
                (best, tuning) = (found, other);
            }
        }
    }
    tuning
}

/// The server of the first tool that a request needs.
fn server<'a>(set: &'a LabelledSet, query: &LabelledQuery) -> &'a str {
    set.tools.iter().find(|tool| query.groups[0].contains(&tool.id)).map_or("", |tool| &tool.server)
}

/// Servers into two folds with about as many requests each: the largest first, each to the smaller fold.
fn folds_of_servers(set: &LabelledSet) -> BTreeMap<&str, usize> {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    set.queries.iter().for_each(|query| *sizes.entry(server(set, query)).or_default() += 1);
    let mut sizes: Vec<(&str, usize)> = sizes.into_iter().collect();
    sizes.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut filled = [0, 0];
    let place = |(server, size)| {
        let fold = usize::from(filled[1] < filled[0]);
        filled[fold] += size;
        (server, fold)
    };
    sizes.into_iter().map(place).collect()
}
