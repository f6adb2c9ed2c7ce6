//! Texts of many trades and languages with what is private in them marked: `⟦KIND:value⟧`. In `prose.txt` names stand in
//! sentences, in `records.txt` a key, a label or a column tells of them. All of them were made up for this test.

use outboard_privacy::{Detector, Hints, Kind, Names, Options};
use serde_json::Value;
use std::collections::BTreeMap;

/// A kind and a value.
type Span = (String, String);

/// Marked, marked and found, found, found and marked.
#[derive(Default, Clone, Copy)]
struct Counts([usize; 4]);

impl Counts {
    fn precision(self) -> f64 {
        self.0[3] as f64 / self.0[2].max(1) as f64
    }

    fn recall(self) -> f64 {
        self.0[1] as f64 / self.0[0].max(1) as f64
    }

    fn f1(self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        2.0 * precision * recall / (precision + recall).max(f64::MIN_POSITIVE)
    }
}

struct Outcome {
    kinds: BTreeMap<String, Counts>,
    /// What was missed and what was found instead, for whoever reads a failure.
    wrong: Vec<String>,
}

impl Outcome {
    fn table(&self) -> String {
        let row = |(kind, counts): (&String, &Counts)| {
            let (p, r, f) = (counts.precision(), counts.recall(), counts.f1());
            format!("{kind:9} n={:3} precision {p:.3} recall {r:.3} F1 {f:.3}\n", counts.0[0])
        };
        self.kinds.iter().map(row).chain(self.wrong.iter().map(|line| format!("{line}\n"))).collect()
    }
}

/// The text without its marks, and what was marked.
fn unmarked(line: &str) -> (String, Vec<Span>) {
    let (mut text, mut spans, mut rest) = (String::new(), Vec::new(), line);
    while let Some((before, more)) = rest.split_once('⟦') {
        let (marked, behind) = more.split_once('⟧').expect("a mark that ends");
        let (kind, value) = marked.split_once(':').expect("a kind and a value");
        text.push_str(before);
        text.push_str(value);
        spans.push((kind.to_owned(), value.to_owned()));
        rest = behind;
    }
    (text + rest, spans)
}

fn found(detector: &Detector, text: &str) -> Vec<Span> {
    let span = |kind: &Kind, value: &str| (kind.label().to_owned(), value.to_owned());
    match serde_json::from_str::<Value>(text) {
        Ok(value) if value.is_object() || value.is_array() => {
            let found = detector.json(&value, &Hints::default());
            let text = |pointer: &str| match value.pointer(pointer) {
                Some(Value::String(text)) => text.clone(),
                other => other.map(Value::to_string).unwrap_or_default(),
            };
            found.iter().map(|one| span(&one.finding.kind, &text(&one.pointer)[one.finding.range.clone()])).collect()
        }
        _ => {
            let text = text.replace("\\n", "\n").replace("\\t", "\t");
            detector.text(&text).iter().map(|one| span(&one.kind, &text[one.range.clone()])).collect()
        }
    }
}

/// At least half of the longer one.
fn same((kind, value): &Span, other: &Span) -> bool {
    let (short, long) = if value.len() < other.1.len() { (value, &other.1) } else { (&other.1, value) };
    *kind == other.0 && long.contains(short.as_str()) && short.len() * 2 >= long.len()
}

fn outcome(texts: &str, names: Names) -> Outcome {
    let detector = Detector::new(&Options { names, ..Options::default() }).expect("the usual options are good");
    let mut outcome = Outcome { kinds: BTreeMap::new(), wrong: Vec::new() };
    for line in texts.lines() {
        let (text, gold) = unmarked(line);
        let found = found(&detector, &text);
        let missed: Vec<_> = gold.iter().filter(|one| !found.iter().any(|other| same(one, other))).collect();
        let extra: Vec<_> = found.iter().filter(|one| !gold.iter().any(|other| same(one, other))).collect();
        for one in &gold {
            let counts = outcome.kinds.entry(one.0.clone()).or_default();
            counts.0[0] += 1;
            counts.0[1] += usize::from(!missed.contains(&one));
        }
        for one in &found {
            let counts = outcome.kinds.entry(one.0.clone()).or_default();
            counts.0[2] += 1;
            counts.0[3] += usize::from(!extra.contains(&one));
        }
        if !missed.is_empty() || !extra.is_empty() {
            outcome.wrong.push(format!("missed {missed:?}, extra {extra:?}: {text}"));
        }
    }
    outcome
}

#[test]
fn names_in_sentences_and_formats_of_many_countries() {
    let outcome = outcome(include_str!("texts/prose.txt"), Names::Prose);
    let names = outcome.kinds["NAME"];
    assert!(names.precision() >= 0.95 && names.recall() >= 0.90, "{}", outcome.table());
    for (kind, counts) in outcome.kinds.iter().filter(|(kind, _)| *kind != "NAME") {
        assert!(counts.precision() >= 0.95 && counts.recall() >= 0.95, "{kind}\n{}", outcome.table());
    }
}

#[test]
fn what_keys_labels_and_columns_tell() {
    let outcome = outcome(include_str!("texts/records.txt"), Names::Structured);
    for (kind, counts) in &outcome.kinds {
        assert!(counts.precision() >= 0.97 && counts.recall() >= 0.97, "{kind}\n{}", outcome.table());
    }
}
