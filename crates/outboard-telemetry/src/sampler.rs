//! Which traces are recorded, by the rules of `OTEL_TRACES_SAMPLER`.

use outboard_types::{TraceId, TraceParent};

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampler {
    /// Whether the client's decision counts, where there is one.
    pub parent_based: bool,
    /// The share of the others that is recorded.
    pub ratio: f64,
}

impl Default for Sampler {
    /// `parentbased_always_on`.
    fn default() -> Self {
        Self { parent_based: true, ratio: 1.0 }
    }
}

impl Sampler {
    /// The words of `OTEL_TRACES_SAMPLER`.
    pub const WORDS: &'static [&'static str] = &[
        "always_on",
        "always_off",
        "traceidratio",
        "parentbased_always_on",
        "parentbased_always_off",
        "parentbased_traceidratio",
    ];

    /// Reads a rule by its word, and the share where it takes one.
    pub fn parse(word: &str, argument: Option<&str>) -> Option<Self> {
        if !Self::WORDS.contains(&word) {
            return None;
        }
        let (parent_based, kind) = match word.strip_prefix("parentbased_") {
            Some(kind) => (true, kind),
            None => (false, word),
        };
        let ratio = match kind {
            "always_off" => 0.0,
            "traceidratio" => argument.map_or(Some(1.0), |text| text.trim().parse().ok())?,
            _ => 1.0,
        };
        (0.0..=1.0).contains(&ratio).then_some(Self { parent_based, ratio })
    }

    /// Whether a trace is recorded. The same trace gets the same answer everywhere.
    pub fn samples(&self, trace: TraceId, parent: Option<&TraceParent>) -> bool {
        if let Some(parent) = parent.filter(|_| self.parent_based) {
            return parent.sampled;
        }
        let [.., a, b, c, d, e, f, g, h] = trace.0;
        let drawn = u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 1;
        self.ratio >= 1.0 || (drawn as f64) < self.ratio * (1_u64 << 63) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_types::{ExecutionId, SpanId};

    #[test]
    fn the_clients_decision_counts_only_where_it_is_to() {
        let trace = TraceId([7; 16]);
        let parent = |sampled| TraceParent { trace, span: SpanId([1; 8]), sampled };
        let rule = |word| Sampler::parse(word, None).unwrap();
        assert!(!rule("parentbased_always_on").samples(trace, Some(&parent(false))));
        assert!(rule("parentbased_always_off").samples(trace, Some(&parent(true))));
        assert!(rule("always_on").samples(trace, Some(&parent(false))));
        assert!(!rule("always_off").samples(trace, Some(&parent(true))));
    }

    #[test]
    fn a_share_is_a_share() {
        let quarter = Sampler::parse("traceidratio", Some("0.25")).unwrap();
        let traces = (0..4_000).map(|number| TraceId::of(&ExecutionId::from_parts(1, number)));
        let kept = traces.filter(|trace| quarter.samples(*trace, None)).count();
        assert!((800..1_200).contains(&kept), "{kept}");
        assert_eq!(Sampler::parse("traceidratio", Some("2")), None);
        assert_eq!(Sampler::parse("jaeger_remote", None), None);
    }
}
