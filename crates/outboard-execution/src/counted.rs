//! What is noted of a model's requests, and what of an execution was counted.

use crate::executions::{Executions, fresh_id};
use crate::ledger::Tokens;
use crate::report::Report;
use crate::traced;
use outboard_journal::{MarkKind, TextPart};
use outboard_ledger::{Estimate, TokenCounter};
use outboard_types::{ExecutionId, Principal, TraceOrigin};
use std::time::{Duration, Instant};

/// What a model asked for that ran no program.
pub struct Asked<'a> {
    /// The tool of ours, or the method.
    pub tool: &'a str,
    /// On whose authority.
    pub principal: &'a Principal,
    /// The trace that its client named.
    pub origin: Option<&'a TraceOrigin>,
    /// When it came.
    pub since: Instant,
    /// What the model wrote for it.
    pub arguments: &'a str,
    /// What the model read.
    pub answer: (TextPart, &'a str),
    /// The code of its error.
    pub error: Option<String>,
}

impl Executions {
    /// What an execution put through a model's context, where its report was shown as this text. Waits for what is
    /// still to be counted; where nothing is, a token is taken for every four bytes.
    pub async fn ledger(&self, report: &Report, text: &str) -> Tokens {
        let Report { model_out, direct_equivalent, .. } = *report;
        let estimate =
            Tokens { model_in: text.len() as u64 / 4, model_out, direct_equivalent, counter: Estimate.label().into() };
        let Some(counting) = &self.deps().counting else { return estimate };
        counting.settled().await;
        let sums = self.deps().journal.token_sums(&report.execution).unwrap_or_default();
        let sum = |parts: &[TextPart]| sums.iter().filter(|(part, _)| parts.contains(part)).map(|(_, sum)| sum).sum();
        if !counting.is_whole() || !sums.iter().any(|(part, _)| *part == TextPart::Code) {
            return estimate;
        }
        Tokens {
            model_in: counting.counter().count(text),
            model_out: sum(&[TextPart::Code]),
            direct_equivalent: sum(&[TextPart::Arguments, TextPart::Results]),
            counter: counting.counter().label().to_owned(),
        }
    }

    /// Notes what a model was told of an execution or a direct call.
    pub fn told(&self, id: &ExecutionId, text: &str) {
        self.count(id, TextPart::Reports, text);
    }

    /// Notes a request that ran no program and called nothing.
    pub fn asked(&self, asked: Asked<'_>) {
        let id = ExecutionId(fresh_id().as_str().replacen("ex_", "rq_", 1).into());
        let took = asked.since.elapsed();
        asked.origin.iter().for_each(|origin| self.note_origin(&id, origin));
        let (tool, principal) = (asked.tool.to_owned(), asked.principal.0.to_string());
        let what = MarkKind::Request { tool, principal, took_us: Some(took.as_micros() as u64), error: asked.error };
        traced::note(&self.deps().journal, &id, took, what);
        self.count(&id, TextPart::Arguments, asked.arguments);
        self.count(&id, asked.answer.0, asked.answer.1);
    }

    /// Notes a request for one call, under the id of the call, before it is made.
    pub fn asked_for_call(&self, id: &ExecutionId, principal: &Principal, arguments: &str) {
        let (tool, principal) = ("call_tool".to_owned(), principal.0.to_string());
        let what = MarkKind::Request { tool, principal, took_us: None, error: None };
        traced::note(&self.deps().journal, id, Duration::ZERO, what);
        self.count(id, TextPart::Arguments, arguments);
    }

    /// Counts the answer of such a request.
    pub fn answered_call(&self, id: &ExecutionId, text: &str) {
        self.count(id, TextPart::Results, text);
    }

    fn count(&self, id: &ExecutionId, part: TextPart, text: &str) {
        self.deps().counting.iter().for_each(|counting| counting.text(id, part, text));
    }
}
