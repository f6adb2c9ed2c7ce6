//! Nothing takes more than its share of time: four times the text, about four times the time.

use crate::support::{session, shown};
use outboard_vault::{Session, TokensHere};
use std::time::{Duration, Instant};

fn quickest(work: impl Fn()) -> Duration {
    let once = || {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..3).map(|_| once()).min().unwrap()
}

/// Quadratic work would take sixteen times as long, and seconds; the machine may be busy.
fn grows_evenly(name: &str, work: impl Fn(&str), text: impl Fn(usize) -> String) {
    let (small, large) = (text(60_000), text(240_000));
    let mut seen = Vec::new();
    for _ in 0..5 {
        let (small, large) = (quickest(|| work(&small)), quickest(|| work(&large)));
        if large < small.max(Duration::from_millis(25)) * 10 {
            return;
        }
        seen.push((small, large));
    }
    panic!("{name}: {seen:?}");
}

fn filled() -> std::sync::Arc<Session> {
    let s = session();
    let values: Vec<String> = (3..200).map(|n| "a1".repeat(n) + "z@x.example").collect();
    let all: Vec<(&str, &str)> = values.iter().map(|value| ("EMAIL", value.as_str())).collect();
    for value in &all {
        shown(&s, value.1, &[*value]);
    }
    s
}

#[test]
fn near_tokens_and_near_values_cost_no_more_than_others() {
    let s = filled();
    for piece in
        ["[EMAIL_1", "[", "%5B", "%5BEMAIL_1%5", "[EMAIL_1:", "a1", "[EMAIL_1]", "\\\"", "{\"a\":\"[", "A1 ", "QUFB"]
    {
        let text = |length: usize| piece.repeat(length / piece.len());
        grows_evenly(&format!("protect {piece}"), |text| drop(s.protect(text, &[], TokensHere::Foreign, None)), text);
        grows_evenly(&format!("restore {piece}"), |text| drop(s.restore(text)), text);
        grows_evenly(&format!("flows {piece}"), |text| drop(s.flows("y", &serde_json::json!({ "t": text }))), text);
    }
}

#[test]
fn ten_megabytes_go_there_and_back() {
    let s = session();
    let text = "Ann Example wrote to ann@corp.example; é 😀\n".repeat(240_000);
    shown(&s, "ann@corp.example", &[("EMAIL", "ann@corp.example")]);
    let out = s.protect(&text, &[], TokensHere::Foreign, None).unwrap();
    assert_eq!(out.tokens.len(), 240_000);
    assert_eq!(s.restore(&out.text).unwrap(), text);
}
