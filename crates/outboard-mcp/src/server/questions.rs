//! Questions to the person behind an agent's client: elicitation, whichever way the client's era has it.
//!
//! Never here: what is asked and what an answer means (see `approvals`).

use super::protocol;
use outboard_types::CancellationToken;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// What a client said to one question.
#[derive(Debug, Clone, Deserialize)]
pub struct Reply {
    /// `accept`, `decline` or `cancel`.
    pub action: String,
    /// The filled form, where accepted.
    #[serde(default)]
    pub content: Value,
}

/// How the person behind a request can be asked.
#[derive(Clone, Default)]
pub enum Elicitation {
    /// Not at all: the client did not declare it.
    #[default]
    Unable,
    /// By a request to the client while its own is under way.
    Ask(Asker),
    /// By an answer that makes the client repeat its request with the replies.
    Retry,
}

/// Questions of ours that wait for the client.
#[derive(Default)]
pub(super) struct Questions {
    waiting: Mutex<HashMap<String, oneshot::Sender<Option<Reply>>>>,
    declared: AtomicBool,
}

type Send = Arc<dyn Fn(String) -> bool + std::marker::Send + Sync>;

/// Sends questions over one connection.
#[derive(Clone)]
pub struct Asker {
    questions: Arc<Questions>,
    send: Send,
}

impl Questions {
    /// Notes what an `initialize` declares; later requests of the same connection go by it.
    pub(super) fn declare(&self, params: Option<&RawValue>) {
        self.declared.store(protocol::declares_elicitation(params), Ordering::Relaxed);
    }

    /// How the person behind this request can be asked. `send` puts one message on the way to the client.
    pub(super) fn of(self: &Arc<Self>, params: Option<&RawValue>, send: Send) -> Elicitation {
        match protocol::is_modern(params) {
            true if protocol::declares_elicitation(params) => Elicitation::Retry,
            false if self.declared.load(Ordering::Relaxed) => self.asking(send),
            _ => Elicitation::Unable,
        }
    }

    /// By requests of ours, for a client known to take them.
    pub(super) fn asking(self: &Arc<Self>, send: Send) -> Elicitation {
        Elicitation::Ask(Asker { questions: self.clone(), send })
    }

    /// Delivers the client's answer to a question; `None` where it failed.
    pub(super) fn answered(&self, id: &RawValue, result: Option<&RawValue>) {
        let Ok(id) = serde_json::from_str::<String>(id.get()) else { return };
        if let Some(waiting) = self.lock().remove(&id) {
            let _ = waiting.send(result.and_then(|result| serde_json::from_str(result.get()).ok()));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, oneshot::Sender<Option<Reply>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asker {
    /// Asks one question; `None` where the client could not answer it. Gives up when `over` fires.
    pub async fn ask(&self, params: &Value, over: &CancellationToken) -> Option<Reply> {
        let (id, reply) = self.open();
        let open = Open { questions: &self.questions, id: &id };
        let question = json!({"jsonrpc": "2.0", "id": id, "method": "elicitation/create", "params": params});
        if !(self.send)(question.to_string()) {
            return None;
        }
        let answer = tokio::select! {
            reply = reply => reply.ok().flatten(),
            () = over.cancelled() => {
                let gone = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
                (self.send)(gone.to_string());
                None
            }
        };
        drop(open);
        answer
    }

    /// An id that cannot be guessed: over HTTP the answer comes as a message of its own.
    fn open(&self) -> (String, oneshot::Receiver<Option<Reply>>) {
        let id = format!("q-{}", &super::http::fresh_token()[..32]);
        let (sender, receiver) = oneshot::channel();
        self.questions.lock().insert(id.clone(), sender);
        (id, receiver)
    }
}

/// Takes its question off the list, whatever way the asking ends.
struct Open<'a> {
    questions: &'a Questions,
    id: &'a str,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.questions.lock().remove(self.id);
    }
}
