//! What models did themselves: runs with their turns, and requests that ran no program.

use super::Canvas;
use super::calls::end_us;
use crate::names as n;
use crate::span::{Kind, Span};
use outboard_journal::{CallRecord, Mark, MarkKind};
use outboard_types::{ExecutionId, SpanId};

/// The span of a model's run, known from when it began.
pub(crate) fn run_span(conversation: &ExecutionId, run_us: u64) -> SpanId {
    SpanId::of(conversation, &format!("agent {run_us}"))
}

/// The span of one of its turns.
pub(crate) fn turn_span(conversation: &ExecutionId, run_us: u64, turn: u32) -> SpanId {
    SpanId::of(conversation, &format!("turn {run_us} {turn}"))
}

/// Whether there is something here to draw.
pub(super) fn is_of_model(mark: &Mark) -> bool {
    matches!(mark.what, MarkKind::Request { .. } | MarkKind::Turn { .. } | MarkKind::Agent { .. })
}

/// Whether every run with a turn is over.
pub(super) fn is_over(marks: &[Mark]) -> bool {
    let over = |run: u64| marks.iter().any(|mark| mark.at_us == run && matches!(mark.what, MarkKind::Agent { .. }));
    marks.iter().all(|mark| if let MarkKind::Turn { run_us, .. } = mark.what { over(run_us) } else { true })
}

impl Canvas<'_> {
    /// Each run of a conversation, with its turns below it.
    pub(super) fn conversation(&self, marks: &[Mark]) -> Vec<Span> {
        let mut runs: Vec<u64> = marks.iter().filter_map(run_of).collect();
        runs.sort_unstable();
        runs.dedup();
        runs.into_iter().flat_map(|run| self.model_run(run, marks)).collect()
    }

    fn model_run(&self, run: u64, marks: &[Mark]) -> Vec<Span> {
        let parent = self.origin.map(|origin| origin.parent.span);
        let mut root = self.span(run_span(self.id, run), parent, "invoke_agent outboard", run);
        root.links.extend(self.link());
        root.set(n::OPERATION, n::INVOKE_AGENT);
        root.set(n::AGENT_NAME, "outboard");
        root.set(n::CONVERSATION, self.id.as_str());
        let turns: Vec<Span> =
            marks.iter().filter(|mark| run_of(mark) == Some(run)).filter_map(|mark| self.turn(mark, root.id)).collect();
        let sum = |name: &str| turns.iter().filter_map(|turn| turn.number(name)).sum::<i64>().unsigned_abs();
        root.set(n::USAGE_INPUT, sum(n::USAGE_INPUT));
        root.set(n::USAGE_OUTPUT, sum(n::USAGE_OUTPUT));
        root.end_us = turns.iter().map(|turn| turn.end_us).max().unwrap_or(run);
        let ends = marks.iter().filter(|mark| mark.at_us == run);
        ends.for_each(|mark| ended(&mut root, &mark.what));
        let shown = if self.options.inner { turns } else { Vec::new() };
        std::iter::once(root).chain(shown).collect()
    }

    fn turn(&self, mark: &Mark, parent: SpanId) -> Option<Span> {
        let MarkKind::Turn { run_us, turn, provider, model, took_us, input, cached, output, calls, ok } = &mark.what
        else {
            return None;
        };
        let id = turn_span(self.id, *run_us, *turn);
        let mut span = self.span(id, Some(parent), format!("{} {model}", n::CHAT), mark.at_us);
        span.kind = Kind::Client;
        span.end_us += took_us;
        span.set(n::OPERATION, n::CHAT);
        span.set(n::PROVIDER, provider.as_str());
        span.set(n::REQUEST_MODEL, model.as_str());
        span.set(n::CONVERSATION, self.id.as_str());
        span.set(n::USAGE_INPUT, *input);
        span.set(n::USAGE_CACHED, *cached);
        span.set(n::USAGE_OUTPUT, *output);
        span.set(n::TURN, u64::from(*turn));
        span.set(n::CALLS, *calls);
        if !ok {
            span.fail("model_failed");
        }
        Some(span)
    }

    /// The span of a request, around its call where it made one.
    pub(super) fn asked_for(&self, marks: &[Mark], calls: &[CallRecord]) -> Option<Span> {
        let (at_us, tool, took_us, error) = marks.iter().find_map(|mark| match &mark.what {
            MarkKind::Request { tool, took_us, error, .. } => Some((mark.at_us, tool, took_us, error)),
            _ => None,
        })?;
        let parent = self.origin.map(|origin| origin.parent.span);
        let is_tool = !tool.contains('/');
        let name = if is_tool { format!("{} {tool}", n::EXECUTE_TOOL) } else { tool.clone() };
        let mut span = self.span(SpanId::of(self.id, "request"), parent, name, at_us);
        let last = calls.iter().map(end_us).max().unwrap_or(0);
        span.end_us = (at_us + took_us.unwrap_or(0)).max(last);
        span.set(n::MCP_METHOD, if is_tool { "tools/call" } else { tool.as_str() });
        if is_tool {
            span.set(n::OPERATION, n::EXECUTE_TOOL);
            span.set(n::TOOL_NAME, tool.as_str());
            span.set(n::TOOL_TYPE, "function");
            span.set(n::CALL_ID, self.id.as_str());
        }
        let failed = calls.iter().rev().find_map(|call| call.error).map(|code| code.as_str().to_owned());
        if let Some(code) = error.clone().or(failed) {
            span.fail(&code);
        }
        Some(span)
    }
}

fn run_of(mark: &Mark) -> Option<u64> {
    match mark.what {
        MarkKind::Turn { run_us, .. } => Some(run_us),
        MarkKind::Agent { .. } => Some(mark.at_us),
        _ => None,
    }
}

fn ended(root: &mut Span, what: &MarkKind) {
    let MarkKind::Agent { provider, model, mode, took_us, turns, status, cost_micros } = what else { return };
    root.end_us = root.start_us + took_us;
    root.set(n::PROVIDER, provider.as_str());
    root.set(n::REQUEST_MODEL, model.as_str());
    root.set(n::MODE, mode.as_str());
    root.set(n::TURNS, u64::from(*turns));
    root.set(n::STATUS, status.as_str());
    root.set_some(n::COST, *cost_micros);
    if status != "succeeded" {
        root.fail(status);
    }
}
