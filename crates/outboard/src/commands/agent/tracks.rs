//! Where a model's run is in traces: each turn is noted in the journal when it ends, and the run at its end.

use crate::compose::{self, App};
use outboard_agent::{Conversation, TurnEnded};
use outboard_journal::{Journal, Mark, MarkKind};
use outboard_telemetry::Telemetry;
use outboard_types::{ExecutionId, TraceOrigin, now_us};
use std::sync::Arc;

/// One run of a conversation.
pub(super) struct Tracks {
    journal: Journal,
    telemetry: Arc<Telemetry>,
    conversation: ExecutionId,
    origin: Option<TraceOrigin>,
    provider: String,
    model: String,
    mode: String,
    run_us: u64,
    turn_us: u64,
}

/// How a run ended, for its span.
pub(super) struct RunEnd {
    pub(super) turns: u32,
    pub(super) status: &'static str,
    pub(super) cost_usd: Option<f64>,
}

impl Tracks {
    /// Begins a run. A conversation that goes on stays in the trace in which it began.
    pub(super) fn begin(app: &App, conversation: &Conversation) -> Option<Self> {
        let journal = app.executions.deps().journal.clone();
        let id = ExecutionId(conversation.id.as_str().into());
        let known = journal.trace_origin(&id).ok().flatten();
        let origin = known.or_else(|| compose::origin().inspect(|origin| compose::note_origin(&journal, &id, origin)));
        let run_us = now_us();
        Some(Self {
            journal,
            telemetry: app.telemetry.clone()?,
            conversation: id,
            origin,
            provider: conversation.provider.to_string(),
            model: conversation.model.to_string(),
            mode: conversation.mode.to_string(),
            run_us,
            turn_us: run_us,
        })
    }

    /// A turn begins; its calls stand under the span that is named.
    pub(super) fn started(&mut self, turn: u32) -> Option<String> {
        self.turn_us = now_us();
        Some(self.telemetry.turn(&self.conversation, self.origin.as_ref(), (self.run_us, turn)).to_string())
    }

    /// The model has answered, or failed to.
    pub(super) fn ended(&self, turn: &TurnEnded) {
        self.note(
            self.turn_us,
            MarkKind::Turn {
                run_us: self.run_us,
                turn: turn.turn,
                provider: self.provider.clone(),
                model: self.model.clone(),
                took_us: now_us().saturating_sub(self.turn_us),
                input: turn.usage.input,
                cached: turn.usage.cached,
                output: turn.usage.output,
                calls: turn.calls as u64,
                ok: turn.ok,
            },
        );
    }

    /// The run is over.
    pub(super) fn over(&self, end: &RunEnd) {
        self.note(
            self.run_us,
            MarkKind::Agent {
                provider: self.provider.clone(),
                model: self.model.clone(),
                mode: self.mode.clone(),
                took_us: now_us().saturating_sub(self.run_us),
                turns: end.turns,
                status: end.status.to_owned(),
                cost_micros: end.cost_usd.map(|cost| (cost * 1e6) as u64),
            },
        );
    }

    fn note(&self, at_us: u64, what: MarkKind) {
        self.journal.mark(Mark { execution: self.conversation.clone(), at_us, what });
    }
}
