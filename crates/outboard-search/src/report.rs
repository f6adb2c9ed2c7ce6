//! What was measured.

use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// How well and how fast requests were answered.
///
/// Shows itself in four lines for people; as JSON it has times in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// How many tools were searched.
    pub tools: usize,
    /// How many requests were put.
    pub queries: usize,
    /// Mean share of the needed tools that stood first, in percent.
    pub recall_at_1: f64,
    /// Mean share among the first five, in percent.
    pub recall_at_5: f64,
    /// Mean share among the first ten, in percent.
    pub recall_at_10: f64,
    /// Requests with at least one needed tool among the first five, in percent.
    pub hit_at_5: f64,
    /// Mean reciprocal place of the first needed tool.
    pub mrr: f64,
    /// Requests that name a tool which the set does not have; they can not be answered in full.
    pub unanswerable: usize,
    /// Time to build the index.
    #[serde(rename = "build_ms", serialize_with = "milliseconds")]
    pub build: Duration,
    /// Half of the requests took no longer.
    #[serde(rename = "p50_ms", serialize_with = "milliseconds")]
    pub p50: Duration,
    /// 99 of 100 requests took no longer.
    #[serde(rename = "p99_ms", serialize_with = "milliseconds")]
    pub p99: Duration,
    /// What the index holds in memory, in bytes.
    pub index_bytes: usize,
    /// Each request's outcome, in the order of the set.
    #[serde(skip)]
    pub answers: Vec<Answer>,
}

/// What became of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// For each group of needed tools the place of the first found, from 0; none if not among those looked at.
    pub places: Vec<Option<usize>>,
    /// The tools found, best first, by their position in the set.
    pub found: Vec<usize>,
}

impl Answer {
    /// The share of the needed tools among the first `k`.
    pub fn recall(&self, k: usize) -> f64 {
        let found = self.places.iter().flatten().filter(|place| **place < k).count();
        found as f64 / self.places.len().max(1) as f64
    }

    /// The reciprocal place of the first needed tool; 0 if none was found.
    pub fn reciprocal(&self) -> f64 {
        self.places.iter().flatten().min().map_or(0.0, |place| 1.0 / (*place as f64 + 1.0))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r1, r5, r10] = [self.recall_at_1, self.recall_at_5, self.recall_at_10];
        let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
        writeln!(f, "{} tools, {} requests ({} name unknown tools)", self.tools, self.queries, self.unanswerable)?;
        writeln!(f, "R@1 {r1:.1}  R@5 {r5:.1}  R@10 {r10:.1}  Hit@5 {:.1}  MRR {:.3}", self.hit_at_5, self.mrr)?;
        writeln!(f, "request p50 {:.2} ms, p99 {:.2} ms", ms(self.p50), ms(self.p99))?;
        write!(f, "built in {:.0} ms, {:.1} MB", ms(self.build), self.index_bytes as f64 / 1e6)
    }
}

fn milliseconds<S: serde::Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(time.as_secs_f64() * 1_000.0)
}
