//! A model from a list of replies, tools from a function, and a watcher that remembers.

use futures::future::BoxFuture;
use outboard_agent::{
    CallAside, Conversation, Count, Mode, Model, ModelError, Names, Note, Options, Prompt, Provider, Received, Reply,
    Stop, ToolOutcome, ToolUse, Tools, TurnEnded, Usage, Watch,
};
use outboard_types::CancellationToken;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Mutex;

/// Answers from a list; remembers what it was asked.
#[derive(Default)]
pub(crate) struct Scripted {
    replies: Mutex<VecDeque<Result<Reply, ModelError>>>,
    /// The last entry's text and the most that may be written, of each prompt.
    pub(crate) asked: Mutex<Vec<(String, u64)>>,
}

impl Scripted {
    pub(crate) fn new(replies: impl IntoIterator<Item = Result<Reply, ModelError>>) -> Self {
        Self { replies: Mutex::new(replies.into_iter().collect()), ..Self::default() }
    }

    pub(crate) fn last_asked(&self) -> String {
        self.asked.lock().unwrap().last().unwrap().0.clone()
    }
}

impl Model for Scripted {
    fn reply<'a>(
        &'a self,
        prompt: Prompt<'a>,
        watch: &'a dyn Watch,
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Reply, ModelError>> {
        let last = prompt.entries.last().map(outboard_agent::Entry::text).unwrap_or_default();
        self.asked.lock().unwrap().push((last, prompt.max_output));
        let reply = self.replies.lock().unwrap().pop_front();
        Box::pin(async move {
            match reply {
                Some(reply) => {
                    watch.text("…");
                    reply
                }
                // A model that never answers.
                None => {
                    cancel.cancelled().await;
                    Err(ModelError::Stopped)
                }
            }
        })
    }
}

pub(crate) fn says(text: &str) -> Result<Reply, ModelError> {
    reply(vec![Received::Text(text.into())])
}

pub(crate) fn calls(calls: &[(&str, &str)]) -> Result<Reply, ModelError> {
    let call = |(at, (name, arguments)): (usize, &(&str, &str))| Received::Call {
        id: format!("c{at}"),
        name: (*name).into(),
        arguments: (*arguments).into(),
    };
    reply(calls.iter().enumerate().map(call).collect())
}

pub(crate) fn reply(parts: Vec<Received>) -> Result<Reply, ModelError> {
    let usage = Usage { input: 100, cached: 0, cache_write: 0, output: 10 };
    Ok(Reply { parts, stop: Stop::Done, usage })
}

/// Counts its calls and answers with a function of name and arguments.
pub(crate) struct Made<F> {
    answer: F,
    pub(crate) calls: Mutex<Vec<String>>,
}

pub(crate) fn tools<F: Fn(&str, &Value) -> String + Send + Sync>(answer: F) -> Made<F> {
    Made { answer, calls: Mutex::default() }
}

impl<F: Fn(&str, &Value) -> String + Send + Sync> Tools for Made<F> {
    fn call<'a>(&'a self, name: &'a str, arguments: &'a Value, aside: CallAside) -> BoxFuture<'a, ToolOutcome> {
        self.calls.lock().unwrap().push(format!("{name} {}", aside.traceparent.unwrap_or_default()));
        let text = (self.answer)(name, arguments);
        Box::pin(async move { ToolOutcome { text, is_error: false } })
    }
}

/// Remembers what it is told.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) notes: Mutex<Vec<Note>>,
    pub(crate) turns: Mutex<Vec<(u32, bool)>>,
    pub(crate) kept: Mutex<Option<Conversation>>,
    /// Fires at the first call.
    pub(crate) stop_at_call: Option<CancellationToken>,
}

impl Watch for Seen {
    fn turn_started(&self, turn: u32) -> Option<String> {
        Some(format!("trace-{turn}"))
    }

    fn turn_ended(&self, turn: &TurnEnded) {
        self.turns.lock().unwrap().push((turn.turn, turn.ok));
    }

    fn calling(&self, _call: &ToolUse) {
        if let Some(stop) = &self.stop_at_call {
            stop.cancel();
        }
    }

    fn note(&self, note: &Note) {
        self.notes.lock().unwrap().push(note.clone());
    }

    fn grew(&self, conversation: &Conversation) {
        *self.kept.lock().unwrap() = Some(conversation.clone());
    }
}

/// Four characters to a token.
pub(crate) struct Quarter;

impl Count for Quarter {
    fn count(&self, text: &str) -> u64 {
        text.len() as u64 / 4
    }
}

pub(crate) fn names() -> Names {
    Names::new(&["run_code", "search_tools", "call_tool", "wait"].map(|name| json!({"name": name})))
}

pub(crate) fn options() -> Options {
    Options::new(Mode::Code, "work".into())
}

pub(crate) fn task(text: &str) -> Conversation {
    let mut conversation = Conversation::new("ag_t", Provider::Chat, "m", Mode::Code);
    conversation.entries.push(outboard_agent::Entry::user(text));
    conversation
}
