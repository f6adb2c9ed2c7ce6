//! A scripted upstream, scripted rules and a catalogue of two servers.

use outboard_catalog::{Catalogue, Listing};
use outboard_gateway::approvals::{
    Answer as Said, ApprovalDesk, ApprovalScope, DeskOptions, MemoryApprovals, Question,
};
use outboard_gateway::{
    Action, Answer, Decision, Gateway, Options, Permit, Request, Rulebook, Rules, Run, RunLimits, Upstream, chain,
};
use outboard_journal::Journal;
use outboard_types::*;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a scripted upstream does with a call: answers so much later with this.
pub(crate) type Play = (Duration, Outcome);

/// Answers by its script, then with the arguments themselves after a delay. Counts what reached it, what
/// runs at once, and what was dropped unanswered.
#[derive(Default)]
pub(crate) struct Scripted {
    pub(crate) delay: Mutex<Duration>,
    pub(crate) script: Mutex<VecDeque<Play>>,
    pub(crate) reached: Mutex<Vec<(ToolId, String)>>,
    pub(crate) now: AtomicUsize,
    pub(crate) most: AtomicUsize,
    pub(crate) dropped: AtomicUsize,
}

struct Inside<'a>(&'a Scripted, bool);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
        self.0.dropped.fetch_add(usize::from(!self.1), Ordering::SeqCst);
    }
}

impl Upstream for Scripted {
    fn call<'a>(&'a self, permit: Permit, call: &'a Call) -> Answer<'a> {
        assert!(permit.covers(call));
        Box::pin(async move {
            self.reached.lock().unwrap().push((call.id.clone(), call.arguments.get().to_owned()));
            let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            let mut inside = Inside(self, false);
            let play = self.script.lock().unwrap().pop_front();
            let delay = *self.delay.lock().unwrap();
            let (delay, outcome) = play.unwrap_or_else(|| (delay, Ok(ToolResult::text(call.arguments.get()))));
            // Even a sleep of nothing takes a millisecond of a clock that runs.
            if delay.is_zero() {
                tokio::task::yield_now().await;
            } else {
                tokio::time::sleep(delay).await;
            }
            inside.1 = true;
            outcome
        })
    }
}

/// Rules that are a function.
pub(crate) struct By(pub(crate) &'static str, pub(crate) fn(&Request) -> Action);

impl Rules for By {
    fn version(&self) -> Digest {
        Digest::of(self.0)
    }

    fn decide(&self, request: &Request) -> Decision {
        Decision { action: (self.1)(request), rule: format!("rules {}", self.0), reason: Some("because".into()) }
    }
}

/// Everything is allowed.
pub(crate) fn open() -> Options {
    Options::new(Rulebook::new(By("open", |_| Action::Allow)))
}

/// Calls of `crm.delete` are asked about, at a desk in memory.
pub(crate) fn asking() -> (Options, ApprovalDesk) {
    let desk = ApprovalDesk::new(Arc::new(MemoryApprovals::default()), DeskOptions::default());
    (asking_at(&desk), desk)
}

pub(crate) fn asking_at(desk: &ApprovalDesk) -> Options {
    let mut options = Options::new(Rulebook::new(By("asking", ask_about_deletes)));
    options.desk = Some(desk.clone());
    options
}

pub(crate) fn ask_about_deletes(request: &Request) -> Action {
    if request.call.id.tool.as_str() == "delete" { Action::Ask } else { Action::Allow }
}

pub(crate) fn yes(scope: ApprovalScope) -> Said {
    Said { approve: true, scope, by: "Ada".into(), channel: "test".into(), reason: None }
}

pub(crate) fn no(reason: &str) -> Said {
    Said { approve: false, reason: Some(reason.into()), ..yes(ApprovalScope::Once) }
}

/// The only open question, once there is one.
pub(crate) async fn question(desk: &ApprovalDesk) -> Question {
    questions(desk, 1).await.remove(0)
}

/// The open questions, once there are so many.
pub(crate) async fn questions(desk: &ApprovalDesk, count: usize) -> Vec<Question> {
    for _ in 0..100_000 {
        let pending = desk.pending().unwrap();
        if pending.len() == count && desk.waiting() == count {
            return pending;
        }
        tokio::task::yield_now().await;
    }
    panic!("{count} questions were expected, there are {:?}", desk.pending());
}

pub(crate) struct Bench {
    pub(crate) upstream: Arc<Scripted>,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) run: Arc<Run>,
    pub(crate) journal: Journal,
    pub(crate) cancel: CancellationToken,
}

impl Bench {
    pub(crate) fn new(options: Options) -> Self {
        Self::with(options, RunLimits { total: 100_000, concurrent: 1_000 })
    }

    pub(crate) fn with(options: Options, limits: RunLimits) -> Self {
        let upstream = Arc::new(Scripted::default());
        let journal = outboard_journal::memory().unwrap();
        let gateway = Arc::new(Gateway::new(chain(options, journal.clone()), upstream.clone()));
        let cancel = CancellationToken::new();
        let run = Run::new(context(1, cancel.clone()), Arc::new(catalogue()), limits);
        Self { upstream, gateway, run, journal, cancel }
    }

    /// Answers take so long.
    pub(crate) fn slow(self, delay: Duration) -> Self {
        *self.upstream.delay.lock().unwrap() = delay;
        self
    }

    /// The first answers are these.
    pub(crate) fn plays(self, plays: impl IntoIterator<Item = Play>) -> Self {
        self.upstream.script.lock().unwrap().extend(plays);
        self
    }

    /// Another execution through the same door.
    pub(crate) fn another_run(&self, number: u64) -> Arc<Run> {
        let limits = self.run.limits();
        Run::new(context(number, CancellationToken::new()), Arc::new(catalogue()), limits)
    }

    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Outcome {
        self.call_in(&self.run, tool, arguments).await
    }

    pub(crate) async fn call_in(&self, run: &Arc<Run>, tool: &str, arguments: Value) -> Outcome {
        let (server, tool) = tool.split_once('.').unwrap();
        self.gateway.call(run, ToolId::new(server, tool).unwrap(), raw(&arguments)).await
    }

    /// A call in the background.
    pub(crate) fn spawn(&self, tool: &'static str, arguments: Value) -> tokio::task::JoinHandle<Outcome> {
        self.spawn_in(&self.run, tool, arguments)
    }

    pub(crate) fn spawn_in(
        &self,
        run: &Arc<Run>,
        tool: &'static str,
        arguments: Value,
    ) -> tokio::task::JoinHandle<Outcome> {
        let (gateway, run) = (self.gateway.clone(), run.clone());
        let (server, tool) = tool.split_once('.').unwrap();
        let id = ToolId::new(server, tool).unwrap();
        tokio::spawn(async move { gateway.call(&run, id, raw(&arguments)).await })
    }

    pub(crate) fn reached(&self) -> usize {
        self.upstream.reached.lock().unwrap().len()
    }
}

pub(crate) fn raw(arguments: &Value) -> Arc<RawValue> {
    to_raw_value(arguments).unwrap().into()
}

pub(crate) fn context(number: u64, cancel: CancellationToken) -> CallContext {
    CallContext {
        execution: ExecutionId::from_parts(1, number),
        session: SessionName::default(),
        principal: Principal::default(),
        origin: CallOrigin::Program,
        cancel,
    }
}

pub(crate) fn error(code: ErrorCode) -> ToolError {
    ToolError::new(code, format!("scripted {code}"))
}

pub(crate) fn catalogue() -> Catalogue {
    let document = json!({
        "name": "get_document",
        "inputSchema": {
            "type": "object",
            "properties": {
                "documentId": {"type": "string"},
                "pages": {"type": "array", "items": {"type": "object", "properties": {"number": {"type": "integer"}}}}
            },
            "required": ["documentId"],
            "additionalProperties": false
        }
    });
    let broken =
        json!({"name": "broken_schema", "inputSchema": {"type": "object", "properties": {"a": {"type": "nonsense"}}}});
    let old = json!({
        "name": "old",
        "inputSchema": {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
            "properties": {"pair": {"type": "array", "items": [{"type": "string"}, {"type": "integer"}]}}}
    });
    let any = json!({"type": "object"});
    let crm = [
        json!({"name": "read", "inputSchema": any, "annotations": {"readOnlyHint": true}}),
        json!({"name": "set", "inputSchema": any, "annotations": {"idempotentHint": true, "destructiveHint": false}}),
        json!({"name": "create", "inputSchema": any}),
        json!({"name": "delete", "description": "Deletes a record for ever.", "inputSchema": any,
            "annotations": {"destructiveHint": true}}),
    ];
    Catalogue::build(1, vec![listing("drive", &[document, broken, old]), listing("crm", &crm)])
}

fn listing(server: &str, tools: &[Value]) -> Listing {
    let tools = tools.iter().map(|tool| to_raw_value(tool).unwrap()).collect();
    Listing { server: ServerName::new(server).unwrap(), title: None, instructions: None, tools }
}
