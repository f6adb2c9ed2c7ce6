//! The span of an execution.

use super::Canvas;
use super::tokens::Counts;
use crate::names as n;
use crate::span::{Link, Span};
use outboard_journal::{CallRecord, ExecutionRow, Mark, Status};
use outboard_types::{SessionName, SpanId};

impl Canvas<'_> {
    pub(super) fn root(&self, row: &ExecutionRow, calls: &[CallRecord], marks: &[Mark], counts: &Counts) -> Span {
        let (record, parent) = (&row.record, self.origin.map(|origin| origin.parent.span));
        let mut span = self.span(SpanId::of_run(self.id), parent, "execute_tool run_code", record.started_ms * 1_000);
        span.links.extend(self.link());
        span.set(n::OPERATION, n::EXECUTE_TOOL);
        span.set(n::TOOL_NAME, "run_code");
        span.set(n::TOOL_TYPE, "function");
        span.set(n::CALL_ID, self.id.as_str());
        let named = record.session != SessionName::default();
        span.set_some(n::CONVERSATION, named.then(|| record.session.as_str()));
        span.set(n::EXECUTION, self.id.as_str());
        span.set(n::STATUS, row.status.as_str());
        span.set(n::LANGUAGE, record.language.as_str());
        span.set(n::PRINCIPAL, &*record.principal.0);
        span.set(n::ISOLATION, record.isolation.as_str());
        span.set(n::GENERATION, record.generation);
        span.set_some(n::POLICY, row.durability.as_ref().map(|durability| durability.policy_version.to_string()));
        span.set(n::CALLS, calls.len() as u64);
        span.set(n::CALLS_FAILED, calls.iter().filter(|call| call.error.is_some()).count() as u64);
        counts.show_root(&mut span, calls, marks);
        ending(&mut span, row);
        span
    }

    /// The other span that a client named.
    pub(super) fn link(&self) -> Option<Link> {
        let link = self.origin?.link?;
        Some(Link { trace: link.trace, span: link.span, attributes: vec![(n::LINK, "http".into())] })
    }
}

fn ending(span: &mut Span, row: &ExecutionRow) {
    let Some(ending) = &row.ending else { return };
    // The row has whole milliseconds, and its last moment is part of the execution.
    span.end_us = (ending.ended_ms * 1_000 + 999).max(span.start_us);
    span.set(n::RESULT_BYTES, ending.result_bytes);
    span.set(n::CPU_MS, ending.cpu_ms);
    if row.status != Status::Succeeded {
        span.fail(ending.error_code.as_deref().unwrap_or(row.status.as_str()));
    }
}
