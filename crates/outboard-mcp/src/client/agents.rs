//! Who stands behind a call: what servers ask and tell in the middle of it goes there.
//!
//! Never here: how an agent's client is reached, or whether it may be asked (the gateway decides that).

use super::shared::Shared;
use crate::rpc::RpcError;
use futures::future::BoxFuture;
use outboard_gateway::CallClock;
use outboard_types::{Call, Outcome, ServerName};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a server asks in the middle of a call.
#[derive(Debug, Clone)]
pub struct Question {
    /// Its name within the call, where the server gives one.
    pub key: Option<String>,
    /// `elicitation/create`, `sampling/createMessage` or `roots/list`.
    pub method: String,
    /// Its parameters as they came.
    pub params: Value,
}

/// Why a question has no answer.
#[derive(Debug, Clone)]
pub enum Unanswered {
    /// The client behind the call did not declare what this needs.
    Missing(&'static str),
    /// It was refused, by policy or by the client.
    Refused(String),
}

/// The agents on whose behalf calls are made.
pub trait Agents: Send + Sync {
    /// What the client behind this call declared: the JSON of `ClientCapabilities`.
    fn capabilities(&self, call: &Call) -> Value;

    /// From which level on it wants log messages; none without one.
    fn level(&self, call: &Call) -> Option<&'static str>;

    /// Whether it wants to hear of progress.
    fn wants_progress(&self, call: &Call) -> bool;

    /// Puts a question, through the gateway's chain, and waits for the answer.
    fn ask<'a>(&'a self, call: &'a Call, question: Question) -> BoxFuture<'a, Result<Box<RawValue>, Unanswered>>;

    /// Carries out a permitted question: puts it to the client behind the call.
    fn deliver<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Outcome>;

    /// Progress of a call: the parameters of the server's notification.
    fn progress(&self, call: &Call, params: Value);

    /// A log message during a call: the parameters of the server's notification.
    fn log(&self, call: &Call, params: Value);

    /// The server refused the call because the client lacks these capabilities.
    fn lacks(&self, call: &Call, required: Value);

    /// Whether the client would rather follow this call as a task than wait for it.
    fn wants_task(&self, call: &Call) -> bool;

    /// The server has made a task of the call.
    fn became_task(&self, call: &Call);
}

/// A call that a server is working on.
pub(super) struct Active {
    pub(super) call: Call,
    pub(super) clock: CallClock,
    pub(super) number: u64,
}

impl Active {
    /// The token under which the server tells progress.
    pub(super) fn token(&self) -> String {
        format!("ob-{}", self.number)
    }
}

/// The calls that one server is working on, and who is told of what it asks meanwhile.
pub(super) struct UnderWay {
    server: ServerName,
    shared: Arc<Shared>,
    calls: Mutex<BTreeMap<u64, Arc<Active>>>,
    next: AtomicU64,
}

/// Takes its call off the list.
pub(super) struct Entered {
    under_way: Arc<UnderWay>,
    pub(super) active: Arc<Active>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.under_way.lock().remove(&self.active.number);
    }
}

impl UnderWay {
    pub(super) fn new(server: ServerName, shared: Arc<Shared>) -> Arc<Self> {
        Arc::new(Self { server, shared, calls: Mutex::default(), next: AtomicU64::new(1) })
    }

    /// Notes a call until the answer is dropped.
    pub(super) fn enter(self: &Arc<Self>, call: &Call, clock: &CallClock) -> Entered {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let active = Arc::new(Active { call: call.clone(), clock: clock.clone(), number });
        self.lock().insert(number, active.clone());
        Entered { under_way: self.clone(), active }
    }

    /// Whether it is working on none.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    pub(super) fn agents(&self) -> Option<Arc<dyn Agents>> {
        self.shared.agents()
    }

    /// The call on whose behalf a server asks that does not say which one it means: the latest, if all that
    /// are under way belong to one session of one principal. Else nobody is asked: it could be the wrong person.
    fn only(&self) -> Option<Arc<Active>> {
        let calls = self.lock();
        let latest = calls.values().next_back()?;
        let whose = |active: &Active| (active.call.context.principal.clone(), active.call.context.session.clone());
        calls.values().all(|active| whose(active) == whose(latest)).then(|| latest.clone())
    }

    /// Answers what the server asks. `active` is the call that it concerns, where the transport tells.
    pub(super) async fn answer(
        self: Arc<Self>,
        method: String,
        params: Option<Box<RawValue>>,
        active: Option<Arc<Active>>,
    ) -> Result<Box<RawValue>, RpcError> {
        match method.as_str() {
            "ping" => return Ok(super::http_answer::empty()),
            "elicitation/create" | "sampling/createMessage" | "roots/list" => {}
            _ => return Err(RpcError::new(RpcError::METHOD_NOT_FOUND, "the client does not offer this method")),
        }
        let nobody = |why: &str| RpcError::new(RpcError::METHOD_NOT_FOUND, why);
        let active = active.or_else(|| self.only()).ok_or_else(|| nobody("no call tells who is to be asked"))?;
        let agents = self.agents().ok_or_else(|| nobody("nobody can be asked here"))?;
        let params = params.and_then(|params| serde_json::from_str(params.get()).ok());
        let question = Question { key: None, method, params: params.unwrap_or_else(|| serde_json::json!({})) };
        let _held = active.clock.hold();
        agents.ask(&active.call, question).await.map_err(|unanswered| match unanswered {
            Unanswered::Missing(what) => nobody(&format!("the client behind the call did not declare {what}")),
            Unanswered::Refused(why) => RpcError::new(-1, why),
        })
    }

    /// Passes on what a server tells about a call.
    pub(super) fn tell(&self, method: &str, params: Option<&RawValue>, active: Option<&Arc<Active>>) {
        let Some(agents) = self.agents() else { return };
        let Some(params) = params.and_then(|params| serde_json::from_str::<Value>(params.get()).ok()) else { return };
        match method {
            "notifications/progress" => {
                if let Some(active) = self.by_token(&params["progressToken"]) {
                    agents.progress(&active.call, params);
                }
            }
            "notifications/message" => {
                tracing::debug!(server = %self.server, level = %params["level"], "the server logs");
                if let Some(active) = active.cloned().or_else(|| self.only()) {
                    agents.log(&active.call, params);
                }
            }
            _ => {}
        }
    }

    fn by_token(&self, token: &Value) -> Option<Arc<Active>> {
        let number = token.as_str()?.strip_prefix("ob-")?.parse().ok()?;
        self.lock().get(&number).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Active>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
