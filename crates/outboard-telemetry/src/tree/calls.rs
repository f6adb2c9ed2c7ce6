//! One span a call, and one for each question to a person.

use super::content::Texts;
use super::parallel::{Groups, Place};
use super::tokens::Counts;
use super::{Canvas, worker_starts};
use crate::names as n;
use crate::span::{Event, Kind, Link, Span};
use outboard_journal::{CallRecord, Mark};
use outboard_types::{ErrorCode, SpanId};

/// The calls, and what is needed to draw them.
pub(super) struct Calls<'a> {
    pub(super) calls: &'a [CallRecord],
    pub(super) marks: &'a [Mark],
    pub(super) parent: Option<SpanId>,
    pub(super) texts: &'a Texts,
    pub(super) counts: &'a Counts,
}

/// When a call began, in microseconds since 1970.
pub(super) fn start_us(call: &CallRecord) -> u64 {
    call.started_ms * 1_000 + call.trace.started_us
}

/// When it was over.
pub(super) fn end_us(call: &CallRecord) -> u64 {
    start_us(call) + call.duration_us
}

impl Canvas<'_> {
    pub(super) fn calls(&self, given: Calls<'_>) -> Vec<Span> {
        let groups = Groups::of(given.calls);
        let last_worker = worker_starts(given.marks).max();
        let mut spans = Vec::with_capacity(given.calls.len());
        for call in given.calls {
            let mut span = self.call(call, given.parent);
            given.counts.show_call(&mut span, call);
            // What was over before a worker began was given to the program from the record.
            span.set(n::REPLAYED, last_worker.is_some_and(|began| end_us(call) <= began));
            if let Some(place) = groups.place(call) {
                self.beside(&mut span, place);
            }
            given.texts.show_call(&mut span, call.number);
            let question = self.question(call, span.id);
            spans.push(span);
            spans.extend(question);
        }
        spans
    }

    fn call(&self, call: &CallRecord, parent: Option<SpanId>) -> Span {
        let method = method(call.trace.kind.as_deref());
        // Addresses of resources and the like are too many for names.
        let name = if method == "tools/call" { format!("{method} {}", call.tool) } else { method.to_owned() };
        let mut span = self.span(SpanId::of_call(self.id, call.number), parent, name, start_us(call));
        span.end_us = end_us(call);
        span.set(n::MCP_METHOD, method);
        span.set(n::OPERATION, n::EXECUTE_TOOL);
        span.set(n::TOOL_NAME, call.tool.as_str());
        span.set(n::CALL_ID, format!("{}/{}", self.id, call.number));
        span.set(n::SERVER, call.server.as_str());
        span.set(n::NUMBER, call.number);
        wire(&mut span, call);
        policy(&mut span, call);
        span.set(n::ARGUMENTS_BYTES, call.arguments_bytes);
        span.set(n::RESULT_BYTES, call.result_bytes);
        retries(&mut span, call);
        if let Some(code) = call.error {
            // The conventions have a word of their own for what a tool itself reports.
            span.fail(if code == ErrorCode::ToolFailed { "tool_error" } else { code.as_str() });
        }
        span
    }

    /// Names the first of those that ran at the same time.
    fn beside(&self, span: &mut Span, place: Place) {
        span.set(n::GROUP, place.group);
        span.set(n::GROUP_SIZE, place.size);
        if let Some(first) = place.first {
            let attributes = vec![(n::LINK, "parallel".into())];
            span.links.push(Link { trace: span.trace, span: SpanId::of_call(self.id, first), attributes });
        }
    }

    /// The time that a person was asked.
    fn question(&self, call: &CallRecord, parent: SpanId) -> Option<Span> {
        let asked = call.trace.asked.as_ref()?;
        let id = SpanId::of(self.id, &format!("approval {}", call.number));
        let mut span = self.span(id, Some(parent), "approval", start_us(call) + asked.at_us);
        span.end_us = span.start_us + asked.took_us;
        span.set_some(n::APPROVAL, asked.approval.as_deref());
        span.set(n::DECISION, call.decision.as_str());
        span.set_some(n::RULE, call.trace.rule.as_deref());
        Some(span)
    }
}

/// What was asked of the server, in the words of the protocol.
pub(crate) fn method(kind: Option<&str>) -> &'static str {
    match kind {
        None => "tools/call",
        Some("resource") => "resources/read",
        Some("prompt") => "prompts/get",
        Some("completion") => "completion/complete",
        Some("sampling") => "sampling/createMessage",
        Some("elicitation") => "elicitation/create",
        Some("roots") => "roots/list",
        Some(_) => "other",
    }
}

/// How it went to its server. One that never left asked nobody.
fn wire(span: &mut Span, call: &CallRecord) {
    let Some(wire) = &call.trace.wire else { return };
    span.kind = Kind::Client;
    span.set(n::TRANSPORT, wire.transport.as_str());
    span.set_some(n::ADDRESS, wire.address.as_deref());
    span.set_some(n::PORT, wire.port.map(u64::from));
    span.set_some(n::MCP_VERSION, wire.protocol.as_deref());
    span.set_some(n::REQUEST_ID, wire.request.map(|id| id.to_string()));
    span.set_some(n::RPC_STATUS, wire.status.map(|status| status.to_string()));
}

fn policy(span: &mut Span, call: &CallRecord) {
    span.set(n::DECISION, call.decision.as_str());
    span.set_some(n::RULE, call.trace.rule.as_deref());
    if let Some(asked) = &call.trace.asked {
        span.set_some(n::APPROVAL, asked.approval.as_deref());
        span.set(n::APPROVAL_WAIT, asked.took_us / 1_000);
    }
}

/// Each attempt after which it was sent again is a moment of the one span.
fn retries(span: &mut Span, call: &CallRecord) {
    span.set(n::ATTEMPTS, u64::from(call.trace.attempts));
    span.set_some(n::LINE, call.trace.line.map(u64::from));
    span.events = (1_u64..)
        .zip(&call.trace.failed)
        .map(|(attempt, failed)| Event {
            at_us: start_us(call) + failed.at_us,
            name: "retry",
            attributes: vec![(n::ATTEMPT, attempt.into()), (n::ERROR, failed.code.as_str().into())],
        })
        .collect();
}
