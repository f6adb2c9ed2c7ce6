//! Tokens of spans: counted where the journal has counts, by size elsewhere; `outboard.tokens.counter` says which.

use crate::names as n;
use crate::span::Span;
use outboard_journal::{CallRecord, Counted, Mark, MarkKind, TextPart};
use std::collections::HashMap;

/// What stands for a tokenizer where none counted.
const ESTIMATE: &str = "estimate";

/// What was counted of one execution or direct call.
pub(super) struct Counts {
    texts: HashMap<(TextPart, u64), u64>,
    counter: Option<String>,
}

impl Counts {
    pub(super) fn of(rows: Vec<Counted>) -> Self {
        let counter = rows.first().map(|row| row.counter.clone());
        Self { texts: rows.into_iter().map(|row| ((row.part, row.call), row.tokens)).collect(), counter }
    }

    /// Tokens of a call's arguments and of its answer.
    fn call(&self, number: u64) -> Option<(u64, u64)> {
        let text = |part| self.texts.get(&(part, number)).copied();
        Some((text(TextPart::Arguments)?, text(TextPart::Results)?))
    }

    /// Says what a call took.
    pub(super) fn show_call(&self, span: &mut Span, call: &CallRecord) {
        match (self.call(call.number), &self.counter) {
            (Some((there, back)), Some(counter)) => {
                span.set(n::TOKENS_ARGUMENTS, there);
                span.set(n::TOKENS_RESULT, back);
                span.set(n::TOKENS_COUNTER, counter.as_str());
            }
            _ => {
                span.set(n::TOKENS_ARGUMENTS, call.arguments_bytes / 4);
                span.set(n::TOKENS_RESULT, call.result_bytes / 4);
                span.set(n::TOKENS_COUNTER, ESTIMATE);
            }
        }
    }

    /// Says what an execution took. What models read of it is told by the size of its report in any case: each client
    /// reads its own cut of it, and some later than this is drawn.
    pub(super) fn show_root(&self, span: &mut Span, calls: &[CallRecord], marks: &[Mark]) {
        let found = marks.iter().rev().find_map(|mark| match mark.what {
            MarkKind::Tokens { model_out, model_in, direct_equivalent, bytes } => {
                Some((model_out, model_in, direct_equivalent, bytes))
            }
            _ => None,
        });
        let Some((mut written, read, mut direct, bytes)) = found else { return };
        let mut counter = ESTIMATE;
        if let (Some((code, through)), Some(label)) = (self.whole(calls), &self.counter) {
            (written, direct, counter) = (code, through, label);
        }
        span.set(n::TOKENS_OUT, written);
        span.set(n::TOKENS_IN, read);
        span.set(n::TOKENS_DIRECT, direct);
        span.set(n::TOKENS_SAVED, direct.saturating_sub(written + read));
        span.set(n::TOKENS_COUNTER, counter);
        span.set(n::BYTES, bytes);
    }

    /// Tokens of the program, and of all its calls; none unless each of these texts was counted.
    fn whole(&self, calls: &[CallRecord]) -> Option<(u64, u64)> {
        let code = *self.texts.get(&(TextPart::Code, 0))?;
        let tools = calls.iter().filter(|call| call.trace.kind.is_none());
        let sums = tools.map(|call| self.call(call.number).map(|(there, back)| there + back));
        Some((code, sums.sum::<Option<u64>>()?))
    }
}
