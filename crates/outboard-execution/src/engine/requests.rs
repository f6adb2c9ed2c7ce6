//! Requests of the program: looked up in the history, else made.

use super::Engine;
use super::answers::Given;
use super::attempt::{Attempt, Kind, Request};
use super::happen::What;
use super::script::{Step, intent};
use crate::Surface;
use crate::executions::Deps;
use crate::value::program_value;
use outboard_border::{Notes, Place};
use outboard_journal::{Effect, Intent};
use outboard_types::{CallContext, ErrorCode, ToolError, ToolId, now_ms};
use serde_json::value::{RawValue, to_raw_value};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Longest timer; longer than any execution.
const LONGEST_TIMER: Duration = Duration::from_secs(366 * 86_400);

/// Longest request of a search, as JSON, in bytes.
const LONGEST_SEARCH: usize = 16 << 10;

/// Where searches, fetches and our own functions are in a history: a server of ours that no upstream can be.
pub(super) const OURSELVES: &str = "outboard:";

impl Deps {
    /// A tool's answer as programs see it: with tokens in it, where they see no private values.
    fn inside(
        &self,
        context: &CallContext,
        id: &ToolId,
        value: Box<RawValue>,
        crossed: &Mutex<Notes>,
    ) -> Box<RawValue> {
        let Some(border) = &self.border else { return value };
        // Looking takes long, and other answers come meanwhile.
        let mut notes = Notes::default();
        let value = border.inside_answer(&Place::of(context), id, value, &mut notes);
        crossed.lock().unwrap_or_else(PoisonError::into_inner).append(notes);
        value
    }
}

impl Engine {
    /// A tool call, by names as the program wrote them. The error is one that it gets at once.
    pub(super) fn call(
        &mut self,
        attempt: &mut Attempt,
        (frame, line): (u64, Option<u32>),
        names: (String, String),
        arguments: Box<RawValue>,
    ) -> Result<(), ToolError> {
        let (server, tool) = names;
        if server == OURSELVES {
            return self.own(attempt, frame, &tool, arguments);
        }
        let id = self.run.resolve(&server, &tool).inspect_err(|error| self.tally.call(&server, &tool, Some(error)))?;
        let arguments: Arc<RawValue> = arguments.into();
        let (key, wanted) = attempt.script.key(id.server.as_str(), id.tool.as_str(), arguments.get());
        self.look_up(attempt, Request { frame, kind: Kind::Call(id), key, wanted, arguments, line: self.line(line) });
        Ok(())
    }

    /// A search of the program's own. The error is one that it gets at once.
    pub(super) fn search(
        &mut self,
        attempt: &mut Attempt,
        frame: u64,
        arguments: Box<RawValue>,
    ) -> Result<(), ToolError> {
        if arguments.get().len() > LONGEST_SEARCH {
            let text = format!("searchTools: what is searched for may have {} KiB", LONGEST_SEARCH >> 10);
            return Err(ToolError::new(ErrorCode::InvalidRequest, text).hint("say in a few words what a tool does"));
        }
        let arguments: Arc<RawValue> = arguments.into();
        let (key, wanted) = attempt.script.key(OURSELVES, "search_tools", arguments.get());
        self.look_up(attempt, Request { frame, kind: Kind::Search, key, wanted, arguments, line: None });
        Ok(())
    }

    pub(super) fn look_up(&mut self, attempt: &mut Attempt, request: Request) {
        let step = attempt.script.step(request.frame, &request.key, request.wanted);
        let number = match &step {
            Step::Recorded(number) | Step::Make { number, .. } | Step::InDoubt(number) => *number,
            Step::Later => return attempt.held.push(request),
        };
        if let Kind::Call(id) = &request.kind {
            attempt.names.insert(number, (id.server.to_string(), id.tool.to_string()));
        }
        if matches!(step, Step::Recorded(_)) {
            return;
        }
        let what = What::Call(number);
        attempt.frames.insert(what, request.frame);
        if self.under_way.contains(&what) {
            return;
        }
        if self.is_offline() {
            return self.unanswered(&request);
        }
        self.is_at(number, request.line);
        self.has_effects |= match &request.kind {
            Kind::Call(id) => self.effect(id) != Effect::ReadOnly,
            Kind::Own(own) => own.changes(),
            Kind::Search | Kind::Fetch(_) => false,
        };
        match step {
            Step::InDoubt(_) => self.doubt(number, request),
            Step::Make { written, .. } => {
                let bytes = request.arguments.get().len();
                let work = self.made(number, request, written);
                self.begin_holding(what, bytes, work);
            }
            Step::Recorded(_) | Step::Later => {}
        }
    }

    /// Requests that the history did not hold, once all of it was used.
    pub(super) fn go_on(&mut self, attempt: &mut Attempt) {
        if !attempt.held.is_empty() && !attempt.script.is_replaying() {
            for request in std::mem::take(&mut attempt.held) {
                self.look_up(attempt, request);
            }
        }
    }

    /// Calls a tool, through every layer of the gateway.
    pub(super) fn calling(
        &self,
        number: u64,
        id: ToolId,
        request: Request,
        written: bool,
    ) -> impl Future<Output = Given> + Send + 'static {
        let (deps, run, ledger) = (self.deps.clone(), self.run.clone(), self.ledger.clone());
        let crossed = self.crossed.clone();
        let (execution, workspace) = (self.id().clone(), self.workspace.clone());
        let effect = self.effect(&id);
        let (arguments, line) = (request.arguments, request.line);
        let idempotency_key = request.key.idempotency_key(&execution);
        let unsent = intent(&execution, number, request.key, arguments.get(), effect, now_ms());
        async move {
            match written {
                true => deps.intents.announce_again(&execution, number, idempotency_key),
                false => deps.intents.announce(unsent),
            }
            let outcome = deps.gateway.call_of_line(&run, (number, line), id.clone(), arguments.clone()).await;
            // Refused on its way: nothing happened outside, but the program was told, so its history needs it.
            if let Some(unsent) = deps.intents.over(&execution, number) {
                drop(deps.journal.intent(Intent { effect: Effect::ReadOnly, ..unsent }));
            }
            ledger.note(&arguments, outcome.as_ref().ok());
            let value = outcome.map(|result| program_value(run.catalogue().tool(&id), &result, &workspace));
            let tool = run.catalogue().tool(&id);
            if let (Some(learned), Some(tool)) = (&deps.learned, tool) {
                learned.used(&id, value.as_ref().err());
                value.iter().for_each(|value| learned.observe(&run.context().principal, tool, value));
            }
            if let (Some(border), Some(tool), Ok(value)) = (&deps.border, tool, &value) {
                let place = Place::of(run.context());
                border.learn_declared(&place, &id, tool.output_schema.as_ref(), value);
                border.remember(&place, id.server.as_str(), id.tool.as_str(), value);
            }
            value.map(|value| deps.inside(run.context(), &id, value, &crossed))
        }
    }

    /// What repeating a call may do, as far as its server says.
    fn effect(&self, id: &ToolId) -> Effect {
        let hints = self.run.catalogue().tool(id).map(|tool| tool.hints).unwrap_or_default();
        match (hints.read_only, hints.idempotent) {
            (Some(true), _) => Effect::ReadOnly,
            (_, Some(true)) => Effect::Repeatable,
            _ => Effect::Effectful,
        }
    }

    pub(super) fn write_search(&self, number: u64, request: &Request) {
        let arguments = request.arguments.get();
        let made = intent(self.id(), number, request.key.clone(), arguments, Effect::ReadOnly, now_ms());
        drop(self.deps.journal.intent(made));
    }

    /// A timer, counted from the program's own time: what is left of it may be less than it asked for.
    pub(super) fn timer(&mut self, attempt: &mut Attempt, frame: u64, ms: f64) {
        let (number, done) = attempt.script.timer(frame);
        if done {
            return;
        }
        if self.is_offline() {
            return self.unanswered_timer(ms);
        }
        let what = What::Timer(number);
        attempt.frames.insert(what, frame);
        if self.under_way.contains(&what) {
            return;
        }
        let asked = Duration::try_from_secs_f64(ms.max(0.0) / 1000.0).unwrap_or(LONGEST_TIMER).min(LONGEST_TIMER);
        let gone = match attempt.script.was_resumed() {
            true => Duration::from_millis(now_ms().saturating_sub(attempt.clock_ms)),
            false => Duration::ZERO,
        };
        let left = asked.saturating_sub(gone);
        self.begin(what, async move {
            tokio::time::sleep(left).await;
            Ok(RawValue::NULL.to_owned())
        });
    }
}

/// What a search finds.
pub(super) fn found(surface: &Surface, arguments: &RawValue) -> Given {
    serde_json::from_str(arguments.get())
        .map_err(|error| ToolError::new(ErrorCode::InvalidRequest, format!("searchTools: {error}")))
        .and_then(|request| surface.search(&request))
        .and_then(|hits| to_raw_value(&hits).map_err(|error| ToolError::new(ErrorCode::Internal, error.to_string())))
}
