//! What happened around the program: the look before it ran, and its workers.

use super::Canvas;
use crate::names as n;
use crate::span::Span;
use outboard_journal::{Mark, MarkKind};
use outboard_types::SpanId;

impl Canvas<'_> {
    pub(super) fn workers(&self, marks: &[Mark], root: SpanId) -> Vec<Span> {
        let mut spans = Vec::new();
        for (at, mark) in marks.iter().enumerate() {
            // Several processes may have had a first worker: the place among the marks tells them apart.
            let id = SpanId::of(self.id, &format!("mark {at}"));
            let mut span = self.span(id, Some(root), "", mark.at_us);
            match &mark.what {
                MarkKind::Preflight { took_us, refused } => {
                    span.name = "preflight".into();
                    span.end_us += took_us;
                    refused.iter().for_each(|code| span.fail(code));
                }
                MarkKind::Worker { attempt, engine, ready_us, took_us, cpu_us, peak_memory, end } => {
                    span.name = format!("worker {engine}");
                    span.end_us += took_us;
                    span.set(n::ATTEMPT, u64::from(*attempt));
                    span.set(n::WORKER_READY, ready_us / 1_000);
                    span.set(n::CPU_MS, cpu_us / 1_000);
                    span.set(n::WORKER_MEMORY, *peak_memory);
                    span.set(n::WORKER_END, end.as_str());
                    if end == "lost" {
                        span.fail("worker_lost");
                    }
                }
                _ => continue,
            }
            spans.push(span);
        }
        spans
    }
}
