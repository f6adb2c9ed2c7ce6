//! The questions of one execution, and who is there to answer them.
//!
//! A client of the stateless era comes and goes; the questions stay until they are answered, or until the call
//! that they belong to is given up.

use super::answers::{required, usable};
use crate::client::Unanswered;
use crate::server::client::Agent;
use crate::server::protocol;
use outboard_types::ExecutionId;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

/// Executions with a post at most; those that nobody was behind for longest go first.
const POSTS: usize = 4_096;
/// Questions of one execution that may be open at once.
const OPEN: usize = 64;
/// Answers of one execution that may lie ready for questions to come.
const OFFERED: usize = 64;

/// Every post.
#[derive(Default)]
pub(in crate::server) struct Posts(Mutex<HashMap<ExecutionId, Arc<Post>>>);

/// The post of one execution.
#[derive(Default)]
pub(in crate::server) struct Post {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    agent: Option<Agent>,
    /// Tells apart who is attached, so that one who leaves late does not take the place of the next.
    attached: u64,
    capabilities: Value,
    offered: HashMap<String, Value>,
    open: Vec<Open>,
    next: u64,
    missing: Option<Value>,
    /// Whether the server has made a task of the call.
    task: bool,
    left: Option<Instant>,
}

struct Open {
    key: String,
    method: String,
    params: Value,
    asked: bool,
    reply: oneshot::Sender<Result<Value, String>>,
}

/// Somebody is behind the execution until this is dropped.
pub(in crate::server) struct Attached {
    post: Arc<Post>,
    number: u64,
}

impl Attached {
    /// Which one it is of those that were behind the execution.
    pub(in crate::server) fn number(&self) -> u64 {
        self.number
    }
}

impl std::ops::Deref for Attached {
    type Target = Post;
    fn deref(&self) -> &Post {
        &self.post
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        let mut state = self.post.lock();
        if state.attached == self.number {
            (state.agent, state.left) = (None, Some(Instant::now()));
        }
    }
}

impl Posts {
    pub(super) fn attach(&self, execution: &ExecutionId, agent: Agent, offered: HashMap<String, Value>) -> Attached {
        let post = self.of(execution);
        let mut state = post.lock();
        state.attached += 1;
        state.capabilities = agent.capabilities.clone();
        (state.agent, state.left) = (Some(agent), None);
        state.open.iter_mut().for_each(|open| open.asked = false);
        let number = state.attached;
        drop(state);
        post.offer(offered);
        Attached { post, number }
    }

    fn of(&self, execution: &ExecutionId) -> Arc<Post> {
        let mut posts = self.lock();
        if posts.len() >= POSTS {
            let left = |(id, post): (&ExecutionId, &Arc<Post>)| Some((post.lock().left?, id.clone()));
            if let Some((_, oldest)) = posts.iter().filter_map(left).min_by_key(|(since, _)| *since) {
                posts.remove(&oldest);
            }
        }
        posts.entry(execution.clone()).or_default().clone()
    }

    pub(in crate::server) fn get(&self, execution: &ExecutionId) -> Option<Arc<Post>> {
        self.lock().get(execution).cloned()
    }

    /// Forgets an execution that is over.
    pub(in crate::server) fn remove(&self, execution: &ExecutionId) {
        self.lock().remove(execution);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ExecutionId, Arc<Post>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Post {
    pub(super) fn agent(&self) -> Option<Agent> {
        self.lock().agent.clone()
    }

    pub(super) fn capabilities(&self) -> Value {
        self.lock().capabilities.clone()
    }

    /// Whether somebody was behind the execution after this one.
    pub(in crate::server) fn came_after(&self, number: u64) -> bool {
        self.lock().attached > number
    }

    /// Refuses what the client cannot be asked.
    pub(super) fn able(&self, method: &str, params: &Value) -> Result<(), Unanswered> {
        let mut state = self.lock();
        match required(&state.capabilities, method, params) {
            None => Ok(()),
            Some((words, needed)) => {
                state.missing = Some(needed);
                Err(Unanswered::Missing(words))
            }
        }
    }

    /// Notes that the server wants what the client cannot do.
    pub(super) fn lacks(&self, required: Value) {
        self.lock().missing = Some(required);
    }

    /// What the client would have had to declare.
    pub(in crate::server) fn missing(&self) -> Option<Value> {
        self.lock().missing.take()
    }

    /// Whether the client takes a task in place of a result.
    pub(super) fn follows_tasks(&self) -> bool {
        protocol::takes_tasks(&self.lock().capabilities)
    }

    /// Notes that the server has made a task of the call.
    pub(super) fn become_task(&self) {
        self.lock().task = true;
        self.changed.send_modify(|revision| *revision += 1);
    }

    /// Waits until the server has made a task of the call.
    pub(in crate::server) async fn became_task(&self) {
        self.until(|state| state.task).await;
    }

    /// Waits for the answer to a question, which may lie there already.
    pub(super) async fn put(&self, key: Option<String>, method: &str, params: Value) -> Result<Value, String> {
        let (key, answer) = {
            let mut state = self.lock();
            state.next += 1;
            let fresh = format!("{}-{}", method.split('/').next().unwrap_or_default(), state.next);
            let key = key.filter(|key| state.open.iter().all(|open| open.key != *key)).unwrap_or(fresh);
            let ready = state.offered.remove(&key).and_then(|answer| usable(method, &params, answer));
            if let Some(answer) = ready {
                return Ok(answer);
            }
            if state.open.len() >= OPEN {
                return Err("too many questions at a time".into());
            }
            let (reply, answer) = oneshot::channel();
            state.open.push(Open { key: key.clone(), method: method.to_owned(), params, asked: false, reply });
            (key, answer)
        };
        let _gone = Gone { post: self, key: &key };
        self.changed.send_modify(|revision| *revision += 1);
        answer.await.unwrap_or_else(|_| Err("the question was taken back".into()))
    }

    /// Takes answers; those to no open question are kept for questions to come.
    fn offer(&self, answers: HashMap<String, Value>) {
        for (key, answer) in answers {
            let open = self.lock().open.iter().any(|open| open.key == key);
            if open {
                self.answer(&key, answer);
            } else {
                let mut state = self.lock();
                if state.offered.len() < OFFERED {
                    state.offered.insert(key, answer);
                }
            }
        }
    }

    /// Takes one answer; false where it is none.
    pub(super) fn answer(&self, key: &str, answer: Value) -> bool {
        let mut state = self.lock();
        let Some(at) = state.open.iter().position(|open| open.key == key) else { return false };
        let Some(answer) = usable(&state.open[at].method, &state.open[at].params, answer) else { return false };
        let _ = state.open.remove(at).reply.send(Ok(answer));
        true
    }

    /// Ends a question without an answer.
    pub(super) fn refuse(&self, key: &str, why: &str) {
        let mut state = self.lock();
        if let Some(at) = state.open.iter().position(|open| open.key == key) {
            let _ = state.open.remove(at).reply.send(Err(why.to_owned()));
        }
    }

    /// The next question that nobody was asked yet.
    pub(super) async fn next(&self) -> (String, String, Value) {
        let mut changed = self.changed.subscribe();
        loop {
            if let Some(open) = self.lock().open.iter_mut().find(|open| !open.asked) {
                open.asked = true;
                return (open.key.clone(), open.method.clone(), open.params.clone());
            }
            if changed.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Waits until there is an open question.
    pub(in crate::server) async fn opened(&self) {
        self.until(|state| !state.open.is_empty()).await;
    }

    async fn until(&self, reached: impl Fn(&State) -> bool) {
        let mut changed = self.changed.subscribe();
        while !reached(&self.lock()) {
            if changed.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// The open questions as a client of the stateless era is given them.
    pub(in crate::server) fn requests(&self) -> Map<String, Value> {
        let request = |open: &Open| (open.key.clone(), json!({"method": open.method, "params": open.params}));
        self.lock().open.iter().map(request).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a question back whose asker gave up.
struct Gone<'a> {
    post: &'a Post,
    key: &'a str,
}

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.post.lock().open.retain(|open| open.key != self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent() -> Agent {
        Agent { capabilities: json!({"elicitation": {}}), ..Agent::default() }
    }

    #[tokio::test]
    async fn a_question_waits_for_whoever_comes_back() {
        let (posts, id) = (Arc::new(Posts::default()), ExecutionId::from_parts(1, 1));
        let first = posts.attach(&id, agent(), HashMap::new());
        let post = posts.get(&id).unwrap();
        let asked = tokio::spawn(async move { post.put(Some("k".into()), "elicitation/create", json!({})).await });
        first.opened().await;
        assert_eq!(first.requests()["k"]["method"], "elicitation/create");
        drop(first);
        let wrong = posts.attach(&id, agent(), HashMap::from([("k".into(), json!(1))]));
        assert_eq!(wrong.requests().len(), 1, "no answer");
        let reply = json!({"action": "decline"});
        let _second = posts.attach(&id, agent(), HashMap::from([("k".into(), reply.clone())]));
        assert_eq!(asked.await.unwrap(), Ok(reply));
        assert!(_second.requests().is_empty());
    }

    #[tokio::test]
    async fn answers_may_lie_ready_and_questions_go_with_their_asker() {
        let (posts, id) = (Posts::default(), ExecutionId::from_parts(1, 2));
        let reply = json!({"action": "accept", "content": {}});
        let attached = posts.attach(&id, agent(), HashMap::from([("k".into(), reply.clone())]));
        assert_eq!(attached.put(Some("k".into()), "elicitation/create", json!({})).await, Ok(reply));
        let late = attached.put(Some("k".into()), "elicitation/create", json!({}));
        assert!(tokio::time::timeout(std::time::Duration::from_millis(5), late).await.is_err());
        assert!(attached.requests().is_empty(), "taken back");
        assert!(matches!(attached.able("roots/list", &json!({})), Err(Unanswered::Missing("roots"))));
        assert_eq!(attached.missing(), Some(json!({"roots": {}})));
    }
}
