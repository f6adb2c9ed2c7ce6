//! A scripted upstream and a catalogue of one server.

use outboard_catalog::{Catalogue, Listing};
use outboard_gateway::{Answer, Gateway, Options, Permit, Run, RunLimits, Upstream, chain};
use outboard_journal::Journal;
use outboard_types::*;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Answers after a delay; counts what reached it, what runs at once, and what was dropped unanswered.
#[derive(Default)]
pub(crate) struct Scripted {
    pub(crate) delay: Duration,
    pub(crate) reached: AtomicUsize,
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
            self.reached.fetch_add(1, Ordering::SeqCst);
            let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            let mut inside = Inside(self, false);
            tokio::time::sleep(self.delay).await;
            inside.1 = true;
            Ok(ToolResult::text("done"))
        })
    }
}

pub(crate) struct Bench {
    pub(crate) upstream: Arc<Scripted>,
    pub(crate) gateway: Gateway,
    pub(crate) run: Arc<Run>,
    pub(crate) journal: Journal,
    pub(crate) cancel: CancellationToken,
}

pub(crate) fn bench(options: Options, delay: Duration, limits: RunLimits) -> Bench {
    let upstream = Arc::new(Scripted { delay, ..Scripted::default() });
    let journal = outboard_journal::memory().unwrap();
    let gateway = Gateway::new(chain(options, journal.clone()), upstream.clone());
    let cancel = CancellationToken::new();
    let context = CallContext {
        execution: ExecutionId::from_parts(1, 1),
        session: SessionName::default(),
        principal: Principal::default(),
        origin: CallOrigin::Program,
        cancel: cancel.clone(),
    };
    let run = Run::new(context, Arc::new(catalogue()), limits);
    Bench { upstream, gateway, run, journal, cancel }
}

fn catalogue() -> Catalogue {
    let tool = json!({
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
    let tools = [tool, broken, old].iter().map(|tool| to_raw_value(tool).unwrap()).collect();
    Catalogue::build(
        1,
        vec![Listing { server: ServerName::new("drive").unwrap(), title: None, instructions: None, tools }],
    )
}

impl Bench {
    pub(crate) async fn call(&self, tool: &str, arguments: serde_json::Value) -> Outcome {
        let raw: Arc<RawValue> = to_raw_value(&arguments).unwrap().into();
        self.gateway.call(&self.run, ToolId::new("drive", tool).unwrap(), raw).await
    }

    pub(crate) fn reached(&self) -> usize {
        self.upstream.reached.load(Ordering::SeqCst)
    }
}
