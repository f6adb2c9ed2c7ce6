//! Tells a person what the loop does, keeps the conversation as it grows, and notes each turn for its trace.

use super::store::Store;
use super::tracks::{RunEnd, Tracks};
use crate::output;
use outboard_agent::{Conversation, Note, ToolOutcome, ToolUse, TurnEnded, Watch};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Characters of arguments and results that are shown.
const SHOWN: usize = 160;

/// Calls of one tool: those that gave a result, and those that failed.
pub(super) type Calls = BTreeMap<String, (u64, u64)>;

/// Shows and keeps.
pub(super) struct Teller {
    store: Store,
    /// Whether the model's words are shown as they come.
    live: bool,
    state: Mutex<State>,
    tracks: Mutex<Option<Tracks>>,
}

#[derive(Default)]
struct State {
    calls: Calls,
    notes: Vec<String>,
    /// Whether a line is begun on the terminal.
    begun: bool,
    failed_to_keep: bool,
}

impl Teller {
    pub(super) fn new(store: Store, json: bool) -> Self {
        Self {
            store,
            live: !json && std::io::stderr().is_terminal(),
            state: Mutex::default(),
            tracks: Mutex::default(),
        }
    }

    /// What happened since it was asked last.
    pub(super) fn taken(&self) -> (Calls, Vec<String>) {
        let mut state = self.state();
        (std::mem::take(&mut state.calls), std::mem::take(&mut state.notes))
    }

    /// The turns that begin from now on belong to this run, or to none.
    pub(super) fn track(&self, tracks: Option<Tracks>) {
        *self.tracks.lock().unwrap_or_else(PoisonError::into_inner) = tracks;
    }

    /// The run is over.
    pub(super) fn over(&self, end: &RunEnd) {
        if let Some(tracks) = self.tracks.lock().unwrap_or_else(PoisonError::into_inner).take() {
            tracks.over(end);
        }
    }

    /// Tells a line of its own.
    pub(super) fn say(&self, line: &str) {
        if std::mem::take(&mut self.state().begun) {
            output::talk("");
        }
        output::talk(&harmless(line));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch for Teller {
    fn turn_started(&self, turn: u32) -> Option<String> {
        self.tracks.lock().unwrap_or_else(PoisonError::into_inner).as_mut()?.started(turn)
    }

    fn turn_ended(&self, turn: &TurnEnded) {
        if let Some(tracks) = &*self.tracks.lock().unwrap_or_else(PoisonError::into_inner) {
            tracks.ended(turn);
        }
    }

    fn text(&self, piece: &str) {
        if self.live {
            self.state().begun = true;
            output::talk_piece(&harmless(piece));
        }
    }

    fn calling(&self, call: &ToolUse) {
        self.say(&format!("→ {} {}", call.name, short(&call.arguments.to_string())));
    }

    fn called(&self, call: &ToolUse, outcome: &ToolOutcome) {
        let mark = if outcome.is_error { "failed" } else { "ok" };
        self.say(&format!("← {} {mark}: {}", call.name, short(&outcome.text)));
        let mut state = self.state();
        let counted = state.calls.entry(call.name.clone()).or_default();
        if outcome.is_error { counted.1 += 1 } else { counted.0 += 1 }
    }

    fn note(&self, note: &Note) {
        let text = match note {
            Note::Retry { reason, wait } => format!("asked again after {:.1} s: {reason}", wait.as_secs_f64()),
            Note::Trimmed { results, chars } => {
                format!("{results} old results were shortened by {chars} characters to stay within the model's context")
            }
            Note::Corrected { what } => format!("the model was put right: {}", short(what)),
        };
        self.say(&format!("note: {text}"));
        self.state().notes.push(text);
    }

    fn grew(&self, conversation: &Conversation) {
        if let Err(error) = self.store.keep(conversation) {
            let first = !std::mem::replace(&mut self.state().failed_to_keep, true);
            if first {
                self.say(&format!("warning: the conversation cannot be kept: {error}"));
            }
        }
    }
}

fn short(text: &str) -> String {
    let line: String = text.chars().take(SHOWN).map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let more = if text.chars().nth(SHOWN).is_some() { " …" } else { "" };
    format!("{line}{more}")
}

/// Text of a model without what a terminal would obey.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}
