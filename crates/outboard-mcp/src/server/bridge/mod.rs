//! Between servers that ask and tell in the middle of a call and the clients on whose behalf the call is made.
//!
//! A question goes through the gateway as an operation of its own, so that policy, records and limits hold for
//! it as for any call; only then does it wait in a [`post::Post`] for the client. Whichever era the client is
//! of, and whichever the server: both sides only know the post.

mod answers;
mod post;

use crate::client::{Agents, Question, Unanswered};
use crate::server::client::{Agent, Level, Way};
use crate::server::wire;
use futures::future::BoxFuture;
use outboard_border::{Notes, Place};
use outboard_catalog::Catalogue;
use outboard_execution::Executions;
use outboard_gateway::{Operation, Run, RunLimits};
use outboard_types::{Call, CallOrigin, ErrorCode, ExecutionId, Outcome, ToolError, ToolResult};
pub(super) use post::{Attached, Post, Posts};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where the numbers of questions begin, far above those of a program's own calls.
const FIRST: u64 = 1 << 40;

/// The bridge.
pub(super) struct Bridge {
    executions: Arc<Executions>,
    pub(super) posts: Posts,
    next: AtomicU64,
    /// The names of questions on their way through the gateway, by their number.
    keys: Mutex<HashMap<u64, String>>,
}

impl Bridge {
    pub(super) fn new(executions: Arc<Executions>) -> Arc<Self> {
        let (posts, next) = (Posts::default(), AtomicU64::new(FIRST));
        Arc::new(Self { executions, posts, next, keys: Mutex::default() })
    }

    /// The one behind an execution, for as long as its request is under way.
    pub(super) fn attach(&self, execution: &ExecutionId, agent: Agent, offered: HashMap<String, Value>) -> Attached {
        self.posts.attach(execution, agent, offered)
    }

    async fn put(&self, call: &Call, question: Question) -> Result<Box<RawValue>, Unanswered> {
        let refused = |why: &str| Unanswered::Refused(why.to_owned());
        let post = self.posts.get(&call.context.execution).ok_or(Unanswered::Missing("anything to be asked"))?;
        post.able(&question.method, &question.params)?;
        let operation = match question.method.as_str() {
            "elicitation/create" => Operation::Elicitation(question.params),
            "sampling/createMessage" => Operation::Sampling(question.params),
            "roots/list" => Operation::Roots,
            _ => return Err(refused("it is not known what is asked")),
        };
        let (id, arguments) = operation.subject(&call.id.server).map_err(|error| refused(&error.message))?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let _key = Key::keep(self, number, question.key);
        let limits = RunLimits { total: u64::MAX, ..RunLimits::default() };
        let run = Run::new((*call.context).clone(), Arc::new(Catalogue::build(0, Vec::new())), limits);
        let outcome = self.executions.deps().gateway.call_numbered(&run, number, id, arguments).await;
        let result = outcome.map_err(|error| refused(&error.message))?;
        result.structured.ok_or_else(|| refused("the client gave no answer"))
    }

    /// What crosses to the client is protected as results are; what comes back may hold tokens.
    async fn carry(&self, call: &Call) -> Outcome {
        let failed = |why: String| ToolError::new(ErrorCode::ToolFailed, why);
        let post = self.posts.get(&call.context.execution).ok_or_else(|| failed("nobody can be asked".into()))?;
        let (border, place) = (self.executions.deps().border.as_deref(), Place::of(&call.context));
        let params = match border {
            Some(border) => border.json(&place, &call.arguments, Some(&call.id), "question", &mut Notes::default()),
            None => (*call.arguments).to_owned(),
        };
        let params: Value = serde_json::from_str(params.get()).unwrap_or_default();
        let method = match call.id.tool.as_str() {
            "upstream:elicitation" => "elicitation/create",
            "upstream:sampling" => "sampling/createMessage",
            _ => "roots/list",
        };
        let key = self.keys().get(&call.number).cloned();
        let answer = post.put(key, method, params).await.map_err(|why| failed(format!("{why:?}")))?;
        let raw = to_raw_value(&answer).map_err(|error| failed(error.to_string()))?;
        let restored = border.map(|border| border.restored(&place, &raw)).transpose()?.flatten();
        Ok(ToolResult { structured: Some(restored.unwrap_or(raw)), ..ToolResult::default() })
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<u64, String>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn behind(&self, call: &Call) -> Option<Agent> {
        self.posts.get(&call.context.execution)?.agent()
    }
}

struct Key<'a>(&'a Bridge, u64);

impl<'a> Key<'a> {
    fn keep(bridge: &'a Bridge, number: u64, key: Option<String>) -> Self {
        if let Some(key) = key {
            bridge.keys().insert(number, key);
        }
        Self(bridge, number)
    }
}

impl Drop for Key<'_> {
    fn drop(&mut self) {
        self.0.keys().remove(&self.1);
    }
}

impl Agents for Bridge {
    fn capabilities(&self, call: &Call) -> Value {
        self.posts.get(&call.context.execution).map_or_else(|| json!({}), |post| post.capabilities())
    }

    fn level(&self, call: &Call) -> Option<&'static str> {
        self.behind(call)?.level.map(Level::as_str)
    }

    fn wants_progress(&self, call: &Call) -> bool {
        self.behind(call).is_some_and(|agent| agent.progress_token.is_some() && agent.tell.is_some())
    }

    fn ask<'a>(&'a self, call: &'a Call, question: Question) -> BoxFuture<'a, Result<Box<RawValue>, Unanswered>> {
        Box::pin(self.put(call, question))
    }

    fn deliver<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Outcome> {
        Box::pin(self.carry(call))
    }

    fn progress(&self, call: &Call, mut params: Value) {
        let Some(agent) = self.behind(call) else { return };
        let (Some(token), Some(tell)) = (agent.progress_token, agent.tell) else { return };
        params["progressToken"] = token;
        let _ = tell(wire::notification("notifications/progress", &self.protected(call, params)));
    }

    fn log(&self, call: &Call, mut params: Value) {
        let Some(agent) = self.behind(call) else { return };
        let (Some(least), Some(tell)) = (agent.level, agent.tell) else { return };
        if params["level"].as_str().and_then(Level::parse).is_none_or(|level| level < least) {
            return;
        }
        let server = call.id.server.as_str();
        let logger = params["logger"].as_str().map_or_else(|| server.to_owned(), |inner| format!("{server}/{inner}"));
        params["logger"] = json!(logger);
        let _ = tell(wire::notification("notifications/message", &self.protected(call, params)));
    }

    fn wants_task(&self, call: &Call) -> bool {
        // A program waits for its calls; only a model's own call is handed over.
        call.context.origin == CallOrigin::Model
            && self.posts.get(&call.context.execution).is_some_and(|post| post.follows_tasks())
    }

    fn became_task(&self, call: &Call) {
        if let Some(post) = self.posts.get(&call.context.execution) {
            post.become_task();
        }
    }

    fn lacks(&self, call: &Call, required: Value) {
        if let Some(post) = self.posts.get(&call.context.execution) {
            post.lacks(required);
        }
    }
}

impl Bridge {
    fn protected(&self, call: &Call, params: Value) -> Value {
        let Some(border) = &self.executions.deps().border else { return params };
        let Ok(raw) = to_raw_value(&params) else { return Value::Null };
        let clean = border.json(&Place::of(&call.context), &raw, Some(&call.id), "notification", &mut Notes::default());
        serde_json::from_str(clean.get()).unwrap_or_default()
    }
}

/// Puts the questions of a post to a client that takes requests, as they come. Never ends.
pub(super) async fn put_all(post: &Post, way: &Way) {
    use futures::StreamExt as _;
    let Way::Ask(asker) = way else { return std::future::pending().await };
    let never = outboard_types::CancellationToken::new();
    let never = &never;
    let mut asked = futures::stream::FuturesUnordered::new();
    loop {
        tokio::select! {
            (key, method, params) = post.next() => {
                asked.push(async move {
                    let answer = asker.request(&method, &params, never).await;
                    (key, answer.and_then(|answer| serde_json::from_str::<Value>(answer.get()).ok()))
                });
            }
            Some((key, answer)) = asked.next(), if !asked.is_empty() => {
                if !answer.is_some_and(|answer| post.answer(&key, answer)) {
                    post.refuse(&key, "the client gave no usable answer");
                }
            }
        }
    }
}
