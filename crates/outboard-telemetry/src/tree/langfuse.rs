//! What Langfuse calls things: attributes of its own, beside the conventions' and only where somebody wants them.

use crate::names as n;
use crate::span::{Span, Value};

/// Adds what Langfuse reads: the kind of an observation, its session, and its input and output where content is shown.
pub(super) fn mark(spans: &mut [Span]) {
    let session = spans.iter().find_map(|span| span.text(n::CONVERSATION)).map(str::to_owned);
    for span in spans {
        span.set(n::LANGFUSE_TYPE, observation(&span.name));
        span.set_some(n::LANGFUSE_SESSION, session.as_deref());
        for (ours, theirs) in [(n::CALL_ARGUMENTS, n::LANGFUSE_INPUT), (n::CALL_RESULT, n::LANGFUSE_OUTPUT)] {
            let text = span.text(ours).map(|text| Value::from(text.to_owned()));
            span.set_some(theirs, text);
        }
        if let Some(code) = span.failure.clone() {
            span.set(n::LANGFUSE_LEVEL, "ERROR");
            span.set(n::LANGFUSE_STATUS, code);
        }
    }
}

/// One of the kinds that Langfuse knows.
fn observation(name: &str) -> &'static str {
    match name.split_once(' ').map_or(name, |(first, _)| first) {
        "invoke_agent" => "agent",
        "chat" => "generation",
        "execute_tool" if name.ends_with("search_tools") => "retriever",
        "execute_tool" | "tools/call" => "tool",
        "approval" | "preflight" => "guardrail",
        _ => "span",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Kind;
    use outboard_types::{SpanId, TraceId};

    fn span(name: &str) -> Span {
        Span {
            trace: TraceId([1; 16]),
            id: SpanId([1; 8]),
            parent: None,
            state: None,
            name: name.into(),
            kind: Kind::Internal,
            start_us: 0,
            end_us: 1,
            attributes: Vec::new(),
            events: Vec::new(),
            links: Vec::new(),
            failure: None,
        }
    }

    /// The kinds as the documentation of Langfuse lists them.
    const KINDS: [&str; 10] =
        ["event", "span", "generation", "agent", "tool", "chain", "retriever", "evaluator", "embedding", "guardrail"];

    #[test]
    fn each_span_is_of_a_kind_that_langfuse_knows() {
        for (name, kind) in [
            ("invoke_agent outboard", "agent"),
            ("chat some-model", "generation"),
            ("execute_tool run_code", "tool"),
            ("execute_tool search_tools", "retriever"),
            ("tools/call get_page", "tool"),
            ("approval", "guardrail"),
            ("worker typescript", "span"),
            ("GET", "span"),
        ] {
            assert_eq!(observation(name), kind, "{name}");
            assert!(KINDS.contains(&kind));
        }
    }

    #[test]
    fn what_langfuse_reads_stands_under_its_documented_names() {
        let mut spans = [span("execute_tool run_code"), span("tools/call get_page")];
        spans[0].set(n::CONVERSATION, "s1");
        spans[1].set(n::CALL_ARGUMENTS, "{\"page\":1}");
        spans[1].set(n::CALL_RESULT, "no such page");
        spans[1].failure = Some("tool_failed".into());
        mark(&mut spans);
        for (name, text) in [
            ("langfuse.observation.type", "tool"),
            ("langfuse.session.id", "s1"),
            ("langfuse.observation.input", "{\"page\":1}"),
            ("langfuse.observation.output", "no such page"),
            ("langfuse.observation.level", "ERROR"),
            ("langfuse.observation.status_message", "tool_failed"),
        ] {
            assert_eq!(spans[1].text(name), Some(text), "{name}");
        }
        assert_eq!(spans[0].text("langfuse.observation.level"), None);
    }
}
