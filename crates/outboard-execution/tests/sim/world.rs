//! The servers: what they answer is a function of the seed and the arguments; what they did is counted.

use super::dice::{Dice, both};
use outboard_catalog::Listing;
use outboard_execution::SurfaceSource;
use outboard_gateway::{Action, Answer, Decision, Permit, Request, Rules, Upstream};
use outboard_types::{Call, Digest, ErrorCode, Outcome, ServerName, ToolError, ToolResult};
use serde_json::json;
use serde_json::value::to_raw_value;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::time::Duration;

/// The three kinds of tools that there are for a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Tool {
    /// Changes nothing.
    Read,
    /// Doing it twice is the same as once.
    Put,
    /// Each time counts.
    Add,
}

impl Tool {
    pub(crate) fn random(dice: &mut Dice) -> Self {
        [Self::Read, Self::Put, Self::Add][dice.below(3) as usize]
    }

    pub(crate) fn name(self) -> &'static str {
        ["read", "put", "add"][self as usize]
    }
}

/// How a call ends when nothing comes in between.
pub(crate) enum Reply {
    Value(u64),
    Failed,
}

impl Reply {
    pub(crate) fn value(&self) -> u64 {
        match self {
            Self::Value(value) => *value,
            Self::Failed => error_value("tool_failed"),
        }
    }
}

/// What a program makes of an error.
pub(crate) fn error_value(code: &str) -> u64 {
    code.bytes().fold(7, |value, byte| both(value, byte.into()))
}

/// What the servers answer; a tenth of all calls fails without having done anything.
pub(crate) fn reply(seed: u64, tool: Tool, number: u64) -> Reply {
    let value = both(seed, both(tool as u64, number));
    if value.is_multiple_of(10) { Reply::Failed } else { Reply::Value(value >> 12) }
}

/// All servers, as they are also after a host has died.
pub(crate) struct World {
    pub(crate) seed: u64,
    /// Answers take so long at most, in milliseconds.
    pub(crate) slowest: u64,
    done: Mutex<HashMap<(&'static str, u64), u32>>,
    keys: Mutex<HashMap<String, String>>,
    dice: Mutex<Dice>,
}

impl World {
    pub(crate) fn new(seed: u64, slowest: u64) -> Self {
        let dice = Mutex::new(Dice::new(both(seed, 11)));
        Self { seed, slowest, done: Mutex::default(), keys: Mutex::default(), dice }
    }

    /// How many keys were seen, one for each call.
    pub(crate) fn keys(&self) -> usize {
        self.keys.lock().unwrap().len()
    }

    /// How often each call of this tool was done.
    pub(crate) fn all_done(&self, tool: Tool) -> Vec<(u64, u32)> {
        let done = self.done.lock().unwrap();
        done.iter()
            .filter(|((name, _), _)| *name == tool.name())
            .map(|((_, number), times)| (*number, *times))
            .collect()
    }

    fn note(&self, key: &str, what: String) {
        let mut keys = self.keys.lock().unwrap();
        let first = keys.entry(key.to_owned()).or_insert_with(|| what.clone());
        assert_eq!(*first, what, "a key is one call's alone");
    }

    /// The answer to one call. The work is done half way, so that a crash may come before or after it.
    async fn answer(&self, tool: &str, number: u64) -> Outcome {
        let tool = [Tool::Read, Tool::Put, Tool::Add].into_iter().find(|one| one.name() == tool).unwrap();
        let (way, back) = {
            let mut dice = self.dice.lock().unwrap();
            (dice.below(self.slowest / 2 + 1), dice.below(self.slowest / 2 + 1))
        };
        tokio::time::sleep(Duration::from_millis(way)).await;
        let reply = reply(self.seed, tool, number);
        if matches!(reply, Reply::Value(_)) {
            *self.done.lock().unwrap().entry((tool.name(), number)).or_default() += 1;
        }
        tokio::time::sleep(Duration::from_millis(back)).await;
        match reply {
            Reply::Value(value) => Ok(ToolResult::text(&value.to_string())),
            Reply::Failed => Err(ToolError::new(ErrorCode::ToolFailed, "it fails for these arguments")),
        }
    }
}

/// The world as one process reaches it.
pub(crate) struct Reached(pub(crate) std::sync::Arc<World>);

impl Upstream for Reached {
    fn call<'a>(&'a self, permit: Permit, call: &'a Call) -> Answer<'a> {
        assert!(permit.covers(call));
        Box::pin(async move {
            let arguments: serde_json::Value = serde_json::from_str(call.arguments.get()).unwrap();
            let (tool, number) = (call.id.tool.as_str(), arguments["n"].as_u64().unwrap());
            let key = call.idempotency_key.clone().expect("every call of a program has a key");
            self.0.note(&key, format!("{tool} {number}"));
            self.0.answer(tool, number).await
        })
    }
}

/// The tools of the world.
pub(crate) struct Listed;

impl SurfaceSource for Listed {
    fn listings(&self) -> Pin<Box<dyn Future<Output = Vec<Listing>> + Send + '_>> {
        let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
        let tool = |name: &str, hints: serde_json::Value| {
            to_raw_value(&json!({"name": name, "inputSchema": schema, "annotations": hints})).unwrap()
        };
        let tools = vec![
            tool("read", json!({"readOnlyHint": true})),
            tool("put", json!({"idempotentHint": true, "destructiveHint": false})),
            tool("add", json!({})),
        ];
        let listing = Listing { server: ServerName::new("world").unwrap(), title: None, instructions: None, tools };
        Box::pin(std::future::ready(vec![listing]))
    }
}

/// Everything is allowed.
pub(crate) struct Open;

impl Rules for Open {
    fn version(&self) -> Digest {
        Digest::of("open")
    }

    fn decide(&self, _request: &Request) -> Decision {
        Decision { action: Action::Allow, rule: "open".into(), reason: None }
    }
}
