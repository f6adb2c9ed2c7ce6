//! Compares findings with labelled spans: `privacy_labelled [--misses] FILE`, where FILE is a JSON list of texts with their
//! spans; with `--misses` each false alarm and each miss is told with its neighbourhood.
#![allow(clippy::print_stdout, reason = "the table is what the example is for")]

use outboard_privacy::{Detector, Finding, Kind, Options, prose_names};
use serde_json::Value;
use std::ops::Range;

type Failure = Box<dyn std::error::Error>;
const KINDS: [(&str, Kind); 7] = [
    ("EMAIL_ADDRESS", Kind::Email),
    ("PHONE_NUMBER", Kind::Phone),
    ("CREDIT_CARD", Kind::Card),
    ("IBAN_CODE", Kind::Iban),
    ("US_SSN", Kind::Ssn),
    ("IP_ADDRESS", Kind::Ip),
    ("PERSON", Kind::Name),
];

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = arguments.last().ok_or("say which file: privacy_labelled [--misses] FILE")?;
    let items: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let detector = Detector::new(&Options::default())?;
    let mut size = 0;
    let start = std::time::Instant::now();
    for item in &items {
        let text = item["full_text"].as_str().unwrap_or("");
        size += text.len();
        std::hint::black_box(detector.text(text));
    }
    println!("{:.1} MB/s", size as f64 / 1e6 / start.elapsed().as_secs_f64());
    let held: Vec<&Value> = items.iter().skip(1).step_by(2).collect();
    table("all", &items.iter().collect::<Vec<_>>(), &detector);
    table("every second one, which the rules for names were not fitted to", &held, &detector);
    if arguments.iter().any(|argument| argument == "--misses") {
        items.iter().for_each(|item| misses(item, &detector));
    }
    Ok(())
}

fn misses(item: &Value, detector: &Detector) {
    let text = item["full_text"].as_str().unwrap_or("");
    let around = |range: &Range<usize>| {
        let from = text.floor_char_boundary(range.start.saturating_sub(40));
        let to = text.ceil_char_boundary((range.end + 40).min(text.len()));
        format!("{}[{}]{}", &text[from..range.start], &text[range.clone()], &text[range.end..to]).replace('\n', "⏎")
    };
    for (label, kind) in KINDS {
        let (gold, found) = (labelled(item, text, label), found(detector, text, &kind));
        found.iter().filter(|one| !hit(one, &gold)).for_each(|one| println!("{label} false: {}", around(one)));
        gold.iter().filter(|one| !hit(one, &found)).for_each(|one| println!("{label} missed: {}", around(one)));
    }
}

fn labelled(item: &Value, text: &str, label: &str) -> Vec<Range<usize>> {
    item["spans"].as_array().into_iter().flatten().filter_map(|span| range(text, span, label)).collect()
}

fn found(detector: &Detector, text: &str, kind: &Kind) -> Vec<Range<usize>> {
    findings(detector, text).into_iter().filter(|f| f.kind == *kind).map(|f| f.range).collect()
}

fn hit(one: &Range<usize>, others: &[Range<usize>]) -> bool {
    others.iter().any(|other| half(one, other))
}

/// Labelled, labelled and found, found, found and labelled.
type Counts = [usize; 4];

fn table(title: &str, items: &[&Value], detector: &Detector) {
    println!("\n{title}");
    let mut total: Counts = [0; 4];
    for (label, kind) in KINDS {
        let mut counts: Counts = [0; 4];
        items.iter().for_each(|item| count(detector, item, label, &kind, &mut counts));
        row(kind.label(), &counts);
        total.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
    }
    row("total", &total);
}

fn row(label: &str, counts: &Counts) {
    let (p, r) = (counts[3] as f64 / counts[2] as f64, counts[1] as f64 / counts[0] as f64);
    let (pl, ph) = wilson(counts[3], counts[2]);
    let (rl, rh) = wilson(counts[1], counts[0]);
    let f = 2.0 * p * r / (p + r);
    println!(
        "{label:6} n={:4} precision {p:.3} [{pl:.3}, {ph:.3}] recall {r:.3} [{rl:.3}, {rh:.3}] F1 {f:.3}",
        counts[0]
    );
}

/// What the detector finds, and names where nothing else was found.
fn findings(detector: &Detector, text: &str) -> Vec<Finding> {
    let mut found = detector.text(text);
    found.retain(|finding| finding.kind != Kind::Name);
    let mut names = Vec::new();
    prose_names(text, &mut names);
    names.retain(|name| !found.iter().any(|f| f.range.start < name.range.end && name.range.start < f.range.end));
    found.extend(names);
    found
}

fn count(detector: &Detector, item: &Value, label: &str, kind: &Kind, counts: &mut Counts) {
    let text = item["full_text"].as_str().unwrap_or("");
    let (gold, found) = (labelled(item, text, label), found(detector, text, kind));
    counts[0] += gold.len();
    counts[1] += gold.iter().filter(|one| hit(one, &found)).count();
    counts[2] += found.len();
    counts[3] += found.iter().filter(|one| hit(one, &gold)).count();
}

fn range(text: &str, span: &Value, label: &str) -> Option<Range<usize>> {
    let byte = |key: &str| {
        let at = usize::try_from(span[key].as_u64()?).ok()?;
        Some(text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte))
    };
    (span["entity_type"] == label).then_some(())?;
    Some(byte("start_position")?..byte("end_position")?)
}

/// At least half of the longer one is common.
fn half(a: &Range<usize>, b: &Range<usize>) -> bool {
    let common = a.end.min(b.end).saturating_sub(a.start.max(b.start));
    common * 2 >= a.len().max(b.len())
}

/// Wilson's interval of 95 %.
fn wilson(hits: usize, of: usize) -> (f64, f64) {
    let (n, z) = (of as f64, 1.96f64);
    let p = hits as f64 / n;
    let middle = p + z * z / (2.0 * n);
    let spread = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    ((middle - spread) / scale, (middle + spread) / scale)
}
