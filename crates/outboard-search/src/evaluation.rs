//! Puts the requests of a labelled set and compares what is found with what is needed.

use crate::index::Index;
use crate::labelled::{LabelledQuery, LabelledTool};
use crate::report::{Answer, Report};
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// How far down a list needed tools are looked for.
const DEPTH: usize = 50;

/// How many hits agents get; what is timed.
const SHOWN: usize = 10;

/// Builds an index over the tools, puts every request and measures.
pub fn evaluate(tools: &[LabelledTool], queries: &[LabelledQuery]) -> Report {
    let start = Instant::now();
    let index = Index::build(tools.iter().map(LabelledTool::document));
    let build = start.elapsed();
    Report { build, ..evaluate_index(&index, tools, queries) }
}

/// Measures an index that was built over `tools`, in their order.
pub fn evaluate_index(index: &Index, tools: &[LabelledTool], queries: &[LabelledQuery]) -> Report {
    let known: HashSet<&str> = tools.iter().map(|tool| tool.id.as_str()).collect();
    let unanswerable =
        |query: &&LabelledQuery| query.groups.iter().any(|group| !group.iter().any(|id| known.contains(id.as_str())));
    let answers: Vec<Answer> = queries.iter().map(|query| answer(index, tools, query)).collect();
    let times = times(index, queries);
    let mean = |of: &dyn Fn(&Answer) -> f64| answers.iter().map(of).sum::<f64>() / answers.len().max(1) as f64;
    Report {
        tools: tools.len(),
        queries: queries.len(),
        recall_at_1: 100.0 * mean(&|answer| answer.recall(1)),
        recall_at_5: 100.0 * mean(&|answer| answer.recall(5)),
        recall_at_10: 100.0 * mean(&|answer| answer.recall(10)),
        hit_at_5: 100.0 * mean(&|answer| f64::from(u8::from(answer.recall(5) > 0.0))),
        mrr: mean(&Answer::reciprocal),
        unanswerable: queries.iter().filter(unanswerable).count(),
        build: Duration::ZERO,
        p50: percentile(&times, 50),
        p99: percentile(&times, 99),
        index_bytes: index.heap_bytes(),
        answers,
    }
}

fn answer(index: &Index, tools: &[LabelledTool], query: &LabelledQuery) -> Answer {
    let found: Vec<usize> = index.query(&query.query, None, DEPTH).iter().map(|hit| hit.document).collect();
    let place = |group: &Vec<String>| found.iter().position(|at| group.contains(&tools[*at].id));
    Answer { places: query.groups.iter().map(place).collect(), found }
}

/// How long each request takes, in ascending order. The first round has warmed the caches, as use does.
fn times(index: &Index, queries: &[LabelledQuery]) -> Vec<Duration> {
    let time = |query: &LabelledQuery| {
        let start = Instant::now();
        std::hint::black_box(index.query(&query.query, None, SHOWN));
        start.elapsed()
    };
    let mut times: Vec<Duration> = queries.iter().map(time).collect();
    times.sort_unstable();
    times
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}
