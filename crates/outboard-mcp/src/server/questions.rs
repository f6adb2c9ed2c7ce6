//! Requests of ours to a client, and their answers.
//!
//! Never here: what is asked and what an answer means (see `approvals` and `bridge`).

use super::client::Tell;
use outboard_types::CancellationToken;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// What a client said to one question of ours.
#[derive(Debug, Clone, Deserialize)]
pub struct Reply {
    /// `accept`, `decline` or `cancel`.
    pub action: String,
    /// The filled form, where accepted.
    #[serde(default)]
    pub content: Value,
}

/// How the person behind a request can be asked by us.
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

/// The answer of a client; `None` where it failed.
type Answer = Option<Box<RawValue>>;

/// Questions of ours that wait for the client.
#[derive(Default)]
pub(super) struct Questions(Mutex<HashMap<String, oneshot::Sender<Answer>>>);

/// Sends questions over one connection.
#[derive(Clone)]
pub struct Asker {
    questions: Arc<Questions>,
    tell: Tell,
}

impl Questions {
    /// By requests of ours, for a client known to take them.
    pub(super) fn asker(self: &Arc<Self>, tell: Tell) -> Asker {
        Asker { questions: self.clone(), tell }
    }

    /// Delivers the client's answer to a question; `None` where it failed.
    pub(super) fn answered(&self, id: &RawValue, result: Option<Box<RawValue>>) {
        let Ok(id) = serde_json::from_str::<String>(id.get()) else { return };
        if let Some(waiting) = self.lock().remove(&id) {
            let _ = waiting.send(result);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, oneshot::Sender<Answer>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Asker {
    /// Puts one form; `None` where the client could not answer it. Gives up when `over` fires.
    pub async fn ask(&self, params: &Value, over: &CancellationToken) -> Option<Reply> {
        let answer = self.request("elicitation/create", params, over).await?;
        serde_json::from_str(answer.get()).ok()
    }

    /// Sends one request; `None` where it failed. Gives up when `over` fires.
    pub(super) async fn request(&self, method: &str, params: &Value, over: &CancellationToken) -> Answer {
        let (id, answer) = self.open();
        let mut open = Open { asker: self, id: &id, sent: false };
        let question = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        open.sent = (self.tell)(question.to_string());
        if !open.sent {
            return None;
        }
        tokio::select! {
            answer = answer => {
                open.sent = false;
                answer.ok().flatten()
            }
            () = over.cancelled() => None,
        }
    }

    /// An id that cannot be guessed: over HTTP the answer comes as a message of its own.
    fn open(&self) -> (String, oneshot::Receiver<Answer>) {
        let id = format!("q-{}", &super::http::fresh_token()[..32]);
        let (sender, receiver) = oneshot::channel();
        self.questions.lock().insert(id.clone(), sender);
        (id, receiver)
    }
}

/// Takes its question off the list, whatever way the asking ends, and back from the client where it has it.
struct Open<'a> {
    asker: &'a Asker,
    id: &'a str,
    sent: bool,
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.asker.questions.lock().remove(self.id);
        if self.sent {
            let gone = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": self.id}});
            let _ = (self.asker.tell)(gone.to_string());
        }
    }
}
