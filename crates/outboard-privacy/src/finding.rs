//! A finding, and how findings that overlap are settled.

use crate::Kind;
use std::borrow::Cow;
use std::ops::Range;

/// A piece of text that is private, and why the detector thinks so.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Bytes of the text that was given.
    pub range: Range<usize>,
    /// What it is.
    pub kind: Kind,
    /// How sure the rule is, from 0 to 1.
    pub confidence: f32,
    /// The rule that found it.
    pub rule: Cow<'static, str>,
}

impl Finding {
    pub(crate) fn new(range: Range<usize>, kind: Kind, confidence: f32, rule: &'static str) -> Finding {
        Finding { range, kind, confidence, rule: Cow::Borrowed(rule) }
    }
}

/// Sorts, and keeps of findings that overlap the surer one, then the longer one.
pub(crate) fn settle(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.retain(|finding| !finding.range.is_empty());
    findings.sort_by(|a, b| a.range.start.cmp(&b.range.start).then(b.range.end.cmp(&a.range.end)));
    let mut kept: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings {
        place(&mut kept, finding);
    }
    kept
}

fn place(kept: &mut Vec<Finding>, finding: Finding) {
    while let Some(last) = kept.last() {
        if last.range.end <= finding.range.start {
            break;
        }
        if !beats(&finding, last) {
            return;
        }
        kept.pop();
    }
    kept.push(finding);
}

fn beats(new: &Finding, old: &Finding) -> bool {
    let (a, b) = (new.confidence, old.confidence);
    a > b + 0.01 || ((a - b).abs() <= 0.01 && new.range.len() > old.range.len())
}
